"""Which photos train the network and which judge it, and how they are read. Deterministic: no seed, names only.

Studio photos (Fruits-360: 100x100 on white, frames of one spun fruit): whole kinds are held out, so that no
variety, and no numbered sister of it (`Apple Golden 1`, `2`, `3`), is on both sides.
Phone photos (Grocery Store Dataset): phone-split.csv, made by scenes.py, names each side; no shelf is on both.
"""

import csv
import re
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

SIDE = 224  # the network's input
STUDIO_HELD_OUT = tuple((Path(__file__).parent / "studio-held-out.txt").read_text().splitlines())
STUDIO_KEPT = ("Peach Flat",)  # a variety of its own, whatever its first word says
PHONE_SPLIT = Path(__file__).parent / "phone-split.csv"
PHONE_HALVES = Path(__file__).parent / "phone-halves.csv"


def studio_varieties(shared):
    """(training, held out) lists of variety folders below fruits-360/sample and fruits-360/more."""
    folders = sorted(p for part in ("sample", "more") for p in (Path(shared) / "fruits-360" / part).iterdir() if p.is_dir())

    def held_out(name):
        return name not in STUDIO_KEPT and any(name == kind or name.startswith(f"{kind} ") for kind in STUDIO_HELD_OUT)

    return [f for f in folders if not held_out(f.name)], [f for f in folders if held_out(f.name)]


def studio_frames(folder):
    """Photos of one variety in the order in which the fruit was spun: axis (none, r, r2, r3), then frame number."""

    def order(path):
        axis, frame = re.fullmatch(r"(?:(r\d*)_)?(\d+)_100", path.stem).groups()
        return axis or "", int(frame)

    return sorted(folder.glob("*.jpg"), key=order)


def phone_folders(shared):
    """The 28 class folders: the innermost ones, by name."""
    return sorted({p.parent for p in (Path(shared) / "grocery-photos" / "train").rglob("*.jpg")}, key=lambda f: f.name)


def phone_classes(shared):
    """[(class, training paths, held-out paths)] of grocery-photos/train; the innermost folder is the class."""
    with PHONE_SPLIT.open(newline="") as file:
        held = {row["photo"] for row in csv.DictReader(file) if row["held_out"] == "1"}
    sides = lambda paths: ([p for p in paths if p.stem not in held], [p for p in paths if p.stem in held])
    return [(folder.name, *sides(sorted(folder.glob("*.jpg")))) for folder in phone_folders(shared)]


def training_photos(shared, everything):
    """([(class, paths)] of phone photos, [(variety, paths)] of studio photos): all, or those that the splits leave for training."""
    kept, held = studio_varieties(shared)
    phone = [(name, train + rest if everything else train) for name, train, rest in phone_classes(shared)]
    return phone, [(folder.name, studio_frames(folder)) for folder in kept + (held if everything else [])]


def read_input(picture):
    """Pixels of a path or Pillow image as the network gets them at inference: uint8 [224, 224, 3], Pillow's bicubic."""
    return np.array(opened(picture).resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def opened(picture):
    return (picture if isinstance(picture, Image.Image) else Image.open(picture)).convert("RGB")


def read_photo(path):
    """A phone photo to crop views from: uint8 [256, 256, 3]."""
    return np.array(opened(path).resize((256, 256), Image.Resampling.BICUBIC))


def read_cutout(path):
    """A studio photo with its fruit's mask: uint8 [100, 100, 4]. Background is what is near white and not enclosed."""
    rgb = np.asarray(opened(path))
    fruit = ndimage.binary_fill_holes(ndimage.binary_opening(rgb.min(axis=2) < 236, iterations=1))
    alpha = ndimage.gaussian_filter(ndimage.binary_erosion(fruit, iterations=1).astype(np.float32), 0.6)
    return np.dstack([rgb, (alpha * 255).round().astype(np.uint8)])
