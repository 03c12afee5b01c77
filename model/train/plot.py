"""Draws the log of training runs.

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
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained", sharex=True)
    for axis, column, title in zip(axes, ("phone_loss", "studio_loss"), ("phone photos", "studio photos")):
        for run in dict.fromkeys(row["run"] for row in rows):
            kept = [row for row in rows if row["run"] == run]
            axis.plot([int(row["step"]) for row in kept], [float(row[column]) for row in kept], label=run, linewidth=1)
        axis.set(title=title, xlabel="step", ylabel="loss (augmented views)")
        axis.set_ylim(bottom=0)
    axes[0].legend(frameon=False)
    figure.savefig(target, dpi=80)


if __name__ == "__main__":
    main(*sys.argv[1:])
