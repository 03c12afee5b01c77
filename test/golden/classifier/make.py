"""Makes golden.json beside it: python make.py (NumPy 2.4, LAPACK's LU).

The formulas of the classifier over all rows at once, in float64; Verger adds up sums in chunks and uses Cholesky.
"""

import base64
import json
from pathlib import Path

import numpy as np

generator = np.random.default_rng(20260607)
d, kinds = 24, 6
counts = [14, 9, 25, 3, 11, 2]  # the last is of too few photos to be told apart
means = generator.normal(size=(kinds, d)) * 2 + 3
mix = generator.normal(size=(d, d)) * 0.9 ** np.arange(d)
places = np.concatenate([np.full(n, c) for c, n in enumerate(counts)] + [np.full(7, -1)])  # -1: in no folder
rows = np.concatenate([means[c] + generator.normal(size=(n, d)) @ mix for c, n in enumerate(counts)]
                      + [generator.normal(size=(7, d)) @ mix + 3])
order = generator.permutation(len(rows))
rows, places = rows[order].astype(np.float32).astype(np.float64), places[order]

n = len(rows)
mean = rows.mean(axis=0)
total = (rows - mean).T @ (rows - mean)
within = total.copy()
for c in np.unique(places):
    of = rows[places == c]
    apart = (of.mean(axis=0) - mean)[:, None]
    within -= len(of) * apart @ apart.T
kept = [c for c in range(kinds) if counts[c] >= 3]
class_means = np.array([rows[places == c].mean(axis=0) for c in kept])
origin = class_means.mean(axis=0)
between = (class_means - origin).T @ (class_means - origin) / len(kept)
gram = within / n + between
ridge = 0.1 * np.trace(gram) / d
weights = np.linalg.inv(gram + ridge * np.eye(d)) @ (class_means - origin).T / len(kept)
bias = 1 / len(kept) - origin @ weights
scores = rows @ weights + bias
shares = np.exp(scores / 0.1)
shares /= shares.sum(axis=1, keepdims=True)

golden = {
    "made_by": f"make.py, NumPy {np.__version__}",
    "shape": rows.shape,
    "rows": base64.b64encode(rows.astype("<f4").tobytes()).decode(),
    "labels": [None if c < 0 else f"kind {c}" for c in places.tolist()],
    "classes": [f"kind {c}" for c in kept],
    "origin": origin.tolist(),
    "weights": weights.tolist(),
    "scores": scores.tolist(),
    "probabilities_at_0.1": shares.tolist(),
}
(Path(__file__).parent / "golden.json").write_text(json.dumps(golden) + "\n")
