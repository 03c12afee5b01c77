"""Writes phone-split.csv: which phone photos train and which judge, so that no shelf is on both sides.

    python scenes.py --shared ../../../shared

The dataset's numbers are shuffled: ten photos of one box of kiwis lie anywhere in a class. So each class is cut where
its photos are least alike: single linkage over likeness (ImageNet features' cosine and colour histograms'
intersection, equally), at the loosest level at which some union of its groups holds 30 to 50 % of the class. What
trains is cut once more in the same way: phone-halves.csv, for learned.py.
"""

import argparse
import csv
from pathlib import Path

import numpy as np
import torch
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

import data
from evaluate import features
from network import load_imagenet

SHARE = (0.3, 0.5)


def colour_histogram(pixels):
    """Share of each of 8x8x8 colours in uint8 [H, W, 3]."""
    index = (pixels >> 5).astype(int) @ np.array([64, 8, 1])
    return np.bincount(index.ravel(), minlength=512) / index.size


def likeness(pixels, net):
    """Pairwise likeness of N photos [N, N], standardised, both measures equally."""
    found = torch.nn.functional.normalize(features(net, torch.from_numpy(pixels).permute(0, 3, 1, 2)))
    cosine = (found @ found.T).numpy()
    histograms = np.sqrt(np.stack([colour_histogram(p) for p in pixels]))
    colour = histograms @ histograms.T
    standard = lambda m: (m - m.mean()) / m.std()
    return (standard(cosine) + standard(colour)) / 2


def held_out_groups(groups):
    """The groups (by subset sum) whose photos come nearest to 40 % of all, or None if none lies within SHARE."""
    sizes = np.bincount(groups)
    reach = {0: ()}
    for group, size in enumerate(sizes):
        reach.update({total + size: kept + (group,) for total, kept in list(reach.items()) if total + size not in reach})
    wanted = len(groups) * sum(SHARE) / 2
    total = min(reach, key=lambda t: abs(t - wanted))
    return reach[total] if SHARE[0] * len(groups) <= total <= SHARE[1] * len(groups) else None


def split(pixels, net):
    """Scene number and held-out flag of each photo of one class."""
    like = likeness(pixels, net)
    tree = linkage(squareform(like.max() - like, checks=False), "single")
    for count in range(2, len(pixels) + 1):
        groups = fcluster(tree, count, "maxclust") - 1
        held = held_out_groups(groups)
        if held is not None:
            return groups, np.isin(groups, held)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(__file__).parent / "../../../shared")
    args = parser.parse_args()
    torch.set_num_threads(2)
    net = load_imagenet(args.shared / "weights" / "mobilenetv2_1.0_224")
    halves = [("photo", "half")]
    with data.PHONE_SPLIT.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["photo", "scene", "held_out"])
        for folder in data.phone_folders(args.shared):
            paths = sorted(folder.glob("*.jpg"))
            pixels = np.stack([data.read_input(p) for p in paths])
            groups, held = split(pixels, net)
            kept = [path for path, is_held in zip(paths, held) if not is_held]
            halves += [(path.stem, int(half)) for path, half in zip(kept, split(pixels[~held], net)[1])]
            print(f"{folder.name}: {groups.max() + 1} scenes, {held.sum()} of {len(paths)} held out", flush=True)
            writer.writerows((p.stem, g, int(h)) for p, g, h in zip(paths, groups, held))
    with data.PHONE_HALVES.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(halves)


if __name__ == "__main__":
    main()
