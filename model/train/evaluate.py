"""What features are worth on photos that training never saw: nearest neighbours, a classifier, and what is not fruit.

(a) studio: the held-out varieties; gallery = the first 30 % of each spin's frames, queries = the last 50 %.
(b) phone: gallery = training photos, queries = held-out photos, 28 classes.
(c) not fruit: made pictures and those of --other, told from the queries of (b) by the distance to the gallery of (b).

    python evaluate.py --shared ../../../shared [--weights split.safetensors ...] [--other FOLDER]
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.numpy import load_file
from scipy.stats import rankdata

import data
from network import load_folded, load_imagenet
from not_fruit import made_pictures

HERE = Path(__file__).parent


def studio_task(shared):
    """(gallery paths, labels, query paths, labels) of task (a)."""
    gallery, query = [], []
    for folder in data.studio_varieties(shared)[1]:
        frames = data.studio_frames(folder)
        gallery += [(p, folder.name) for p in frames[: round(len(frames) * 0.3)]]
        query += [(p, folder.name) for p in frames[round(len(frames) * 0.5) :]]
    return gallery, query


def phone_task(shared):
    """The same for task (b)."""
    classes = data.phone_classes(shared)
    return [(p, name) for name, kept, _ in classes for p in kept], [(p, name) for name, _, held in classes for p in held]


@torch.no_grad()
def features(net, pixels, batch=16, bf16=False):
    """Features [N, 1280] of uint8 pixels [N, 3, H, W]."""
    out = []
    for x in pixels.split(batch):
        x = (x.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            out.append(net(x))
    return torch.cat(out)


def features_of(net, pictures):
    """Features [N, 1280], float64, of paths or Pillow images."""
    pixels = (torch.from_numpy(data.read_input(picture)).permute(2, 0, 1)[None] for picture in pictures)
    return np.concatenate([features(net, one).numpy() for one in pixels]).astype(np.float64)


def cosines(a, b):
    unit = lambda rows: rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit(a) @ unit(b).T


def least_squares(rows, labels, ridge=0.1):
    """Verger's classifier: least squares with every class weighted alike, from class means and the total scatter.

    Returns (class names, weights [1280, C], intercepts [C])."""
    names, place = np.unique(labels, return_inverse=True)
    counts, n, d = np.bincount(place), len(rows), rows.shape[1]
    mean, means = rows.mean(0), np.stack([rows[place == c].mean(0) for c in range(len(names))])
    total = (rows - mean).T @ (rows - mean)
    within = total - ((means - mean).T * counts) @ (means - mean)
    centre = means.mean(0)
    g = within / n + (means - centre).T @ (means - centre) / len(names)
    weights = np.linalg.solve(g + ridge * np.trace(g) / d * np.eye(d), (means - centre).T / len(names))
    return names, weights, 1 / len(names) - centre @ weights


def area_under_curve(higher, lower):
    """Probability that one of the first exceeds one of the second."""
    ranks = rankdata(np.concatenate([higher, lower]))
    return (ranks[: len(higher)].mean() - (len(higher) + 1) / 2) / len(lower)


def load_fruit(path):
    """Exported weights: float16 or float32 tensors named `<layer>/kernel` and `<layer>/bias`."""
    tensors = load_file(path)
    return load_folded(lambda name: (tensors[f"{name}/kernel"], tensors[f"{name}/bias"]))


def judge(net, shared, others):
    """Lines of figures for one network."""
    for title, task in (("(a) studio", studio_task(shared)), ("(b) phone", phone_task(shared))):
        (gallery, labels), (query, truth) = ((features_of(net, [p for p, _ in side]), np.array([name for _, name in side])) for side in task)
        near = cosines(query, gallery)
        line = f"{title}: {len(gallery)} gallery, {len(query)} queries, {len(set(labels))} classes: 1-NN {np.mean(labels[near.argmax(1)] == truth):.1%}"
        if title.startswith("(b)"):
            names, weights, intercepts = least_squares(gallery, labels)
            best = names[np.argsort(-(query @ weights + intercepts), axis=1)[:, :5]]
            line += f", least squares top-1 {np.mean(best[:, 0] == truth):.1%}, top-5 {np.mean((best == truth[:, None]).any(1)):.1%}"
        yield line
    strange = cosines(features_of(net, others), gallery).max(1)
    yield f"(c) {len(others)} pictures of other things: area under the ROC curve {area_under_curve(near.max(1), strange):.1%}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=HERE / "../../../shared")
    parser.add_argument("--weights", type=Path, nargs="*", default=[HERE / "split.safetensors"])
    parser.add_argument("--other", type=Path, help="a folder of photos of anything but fruit and vegetables")
    args = parser.parse_args()
    torch.set_num_threads(1)
    others = made_pictures() + [p for p in sorted(args.other.rglob("*")) if p.suffix.lower() in Image.registered_extensions()] if args.other else made_pictures()
    nets = {"imagenet": load_imagenet(args.shared / "weights" / "mobilenetv2_1.0_224"), **{str(path): load_fruit(path) for path in args.weights}}
    for name, net in nets.items():
        print(name, *judge(net, args.shared, others), sep="\n  ", flush=True)


if __name__ == "__main__":
    main()
