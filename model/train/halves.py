"""Halves of what a network is trained on: one is to be learned, the other to be asked about (learned.py)."""

import csv

import numpy as np

import data
from evaluate import features_of

WAYS = ("cut", "likeness")


def halves(groups, way, net):
    """Two of what data.training_photos gives.

    Phone photos, whose numbers are shuffled, in two ways, of those that the split leaves for training. `cut`: where the photos
    of a class are least alike, as phone-halves.csv says. `likeness`: two groups that look alike to `net`, which has learned none.
    Studio photos: contiguous halves of each variety's frames, in both."""
    phone, studio = groups
    which = [cut(paths) if way == "cut" else two_groups(features_of(net, paths)) for _, paths in phone]
    middle = lambda paths: -(-len(paths) // 2)
    side = lambda half: (
        [(name, [path for path, of in zip(paths, ofs) if of == half]) for (name, paths), ofs in zip(phone, which)],
        [(name, paths[middle(paths) :] if half else paths[: middle(paths)]) for name, paths in studio],
    )
    return side(0), side(1)


def cut(paths):
    """For each photo 0 or 1, out of phone-halves.csv."""
    with data.PHONE_HALVES.open(newline="") as file:
        half = {row["photo"]: int(row["half"]) for row in csv.DictReader(file)}
    return [half[path.stem] for path in paths]


def two_groups(rows):
    """For each row 0 or 1: what functions/core/classifier/folds.ts does by likeness."""
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    first = unit[np.argmin(unit @ unit.mean(0))]
    centres = np.stack([first, unit[np.argmin(unit @ first)]])
    for _ in range(20):
        of = (unit @ (centres / np.linalg.norm(centres, axis=1, keepdims=True)).T).argmax(1)
        if of.min() == of.max():
            break
        centres = np.stack([unit[of == half].mean(0) for half in (0, 1)])
    return of
