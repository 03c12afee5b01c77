"""scikit-learn's IncrementalPCA over rows in memory: python incremental_pca.py FILE ROWS BATCH -> JSON."""

import json
import sys
import time

from rows import read_rows
from sklearn.decomposition import IncrementalPCA

path, count, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
rows = read_rows(path, count, "f4")
pca = IncrementalPCA(n_components=64)
start = time.perf_counter()
for first in range(0, count, batch):
    pca.partial_fit(rows[first : first + batch])
print(json.dumps({"seconds": time.perf_counter() - start}))
