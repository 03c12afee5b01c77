"""Draws the log of a training run.

    python plot.py log.csv log.png
"""

import csv
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt


def main(source, target):
    with open(source, newline="") as file:
        rows = list(csv.DictReader(file))

    def series(column):
        kept = [r for r in rows if r[column]]
        return [float(r["minutes"]) for r in kept], [float(r[column]) for r in kept]

    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    for column, name in (("hint", "all matched maps"), ("map", "7×7 map"), ("feature", "pooled features")):
        left.plot(*series(column), label=name, linewidth=1)
    left.set(xlabel="minutes", ylabel="squared error / teacher's variance", ylim=(0, 1.6))
    left.legend(frameon=False)
    sizes = [(float(r["minutes"]), r["size"]) for r in rows]
    for i, (minute, size) in enumerate(sizes):
        if i == 0 or sizes[i - 1][1] != size:
            left.axvline(minute, color="0.8", linewidth=0.8, zorder=0)
            left.text(minute, 0.02, f" {size} px", fontsize=7, color="0.4", rotation=90)
    for column, name in (("studio", "unseen studio varieties"), ("phone", "unseen phone photos")):
        right.plot(*series(column), "o-", label=name, markersize=3)
    right.set(xlabel="minutes", ylabel="1-NN accuracy of the student", xlim=left.get_xlim(), ylim=(0, 1))
    right.legend(frameon=False, loc="lower left")
    figure.savefig(target, dpi=80)


if __name__ == "__main__":
    main(*sys.argv[1:])
