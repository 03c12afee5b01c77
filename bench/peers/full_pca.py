"""scikit-learn's StandardScaler and full PCA, then pyarrow's Parquet: python full_pca.py FILE ROWS DTYPE SOLVER FOLDER -> JSON.

SOLVER is one of PCA's exact ones: `full`, which decomposes all rows by SVD, or `covariance_eigh`, the fastest at this
shape. `auto` would take the randomized one, which is not exact.
"""

import json
import resource
import sys
import time

from rows import read_rows, write_parts
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

path, count, dtype, solver, folder = sys.argv[1], int(sys.argv[2]), *sys.argv[3:6]
start, begun = time.perf_counter(), time.process_time()
rows = read_rows(path, count, dtype)
loaded = time.perf_counter()
standardized = StandardScaler().fit_transform(rows)
pca = PCA(n_components=64, svd_solver=solver)
projected = pca.fit_transform(standardized)
fitted = time.perf_counter()
write_parts(folder, count, features=rows, pca_features=projected)
written = time.perf_counter()
print(
    json.dumps(
        {
            "seconds": written - start,
            "processorSeconds": time.process_time() - begun,
            "load": loaded - start,
            "fit": fitted - loaded,
            "write": written - fitted,
            "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
            "explainedVarianceRatio": pca.explained_variance_ratio_.tolist(),
        }
    )
)
