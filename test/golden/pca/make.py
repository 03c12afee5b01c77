"""Makes the PCA golden files beside it: python make.py (NumPy 2.4, LAPACK's SVD of the centred rows).

The rows are float32, as features are; everything is computed from them in float64 by another route than Verger's,
which never sees all rows at once and decomposes a variance matrix.
"""

import base64
import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent


def rows_of(name, generator):
    if name == "tall":  # decaying spectrum, all columns correlated, means beside zero
        return generator.normal(size=(60, 16)) * 0.8 ** np.arange(16) @ generator.normal(size=(16, 16)) + 3
    if name == "wide":  # fewer rows than columns
        return generator.normal(size=(12, 24)) @ generator.normal(size=(24, 24))
    if name == "large-mean":  # the mean is a hundred thousand times the spread
        return generator.normal(size=(80, 6)) @ generator.normal(size=(6, 6)) + 3e5
    if name == "low-rank":  # rank 6 in 32 columns, of which two are constant
        rows = generator.normal(size=(40, 6)) @ generator.normal(size=(6, 32))
        rows[:, 5] = 0.1
        rows[:, 20] = 0
        return rows
    if name == "beyond-small":  # more columns than the small solver takes
        return generator.normal(size=(100, 80)) * 0.93 ** np.arange(80) @ generator.normal(size=(80, 80)) + 1
    if name == "few-rows":  # so few that the rank of the variance matrix is far below its size
        return generator.normal(size=(20, 90)) @ generator.normal(size=(90, 90)) + 1
    raise ValueError(name)


def fit(rows, standardize, k):
    mean = rows.mean(axis=0)
    deviations = rows - mean
    varying = np.ptp(rows, axis=0) > 0
    deviations[:, ~varying] = 0
    scale = np.ones(rows.shape[1])
    if standardize:
        scale[varying] = np.sqrt((deviations[:, varying] ** 2).sum(axis=0) / (len(rows) - 1))
    centred = deviations / scale
    _, singular, components = np.linalg.svd(centred, full_matrices=False)
    variance = singular**2 / (len(rows) - 1)
    components = components[:k]
    for row in components:
        near = np.abs(row) >= np.abs(row).max() * (1 - 1e-8)
        row *= np.sign(row[near.argmax()])
    return {
        "standardize": standardize,
        "mean": mean.tolist(),
        "scale": scale.tolist(),
        "explained_variance": variance[:k].tolist(),
        "total_variance": variance.sum(),
        "components": components.tolist(),
        "centered": (centred[:5] @ components.T).tolist(),
        "spark": (rows[:5] / scale @ components.T).tolist(),
    }


for name, k in [
    ("tall", 16),
    ("wide", 11),
    ("few-rows", 19),
    ("large-mean", 6),
    ("low-rank", 6),
    ("beyond-small", 10),
]:
    rows = rows_of(name, np.random.default_rng(20240607)).astype(np.float32)
    golden = {
        "made_by": f"make.py, NumPy {np.__version__}",
        "shape": rows.shape,
        "rows": base64.b64encode(rows.astype("<f4").tobytes()).decode(),
        "fits": [fit(rows.astype(np.float64), standardize, k) for standardize in (True, False)],
    }
    (HERE / f"{name}.json").write_text(json.dumps(golden) + "\n")
