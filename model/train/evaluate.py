"""1-nearest-neighbour accuracy by cosine in feature space, on photos that training never saw.

(a) studio: the held-out varieties; gallery = the first 30 % of each spin's frames, queries = the last 50 %.
(b) phone: gallery = training photos, queries = held-out photos, 28 classes.

    python evaluate.py --shared ../../../shared [--fruit ../fruit.safetensors]
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file

import data
from network import load_folded, load_teacher


def studio_task(shared, step=1):
    """(gallery paths, labels, query paths, labels) of task (a); step thins the frames out."""
    gallery, query = [], []
    for folder in data.studio_varieties(shared)[1]:
        frames = data.studio_frames(folder)
        gallery += [(p, folder.name) for p in frames[: round(len(frames) * 0.3)][::step]]
        query += [(p, folder.name) for p in frames[round(len(frames) * 0.5) :][::step]]
    return gallery, query


def phone_task(shared):
    """The same for task (b)."""
    classes = data.phone_classes(shared)
    return [(p, name) for name, kept, _ in classes for p in kept], [(p, name) for name, _, held in classes for p in held]


def read_task(task):
    """((gallery pixels uint8 [N, 3, 224, 224], labels), (query pixels, labels))."""
    return tuple(
        (torch.from_numpy(np.stack([data.read_input(p) for p, _ in side])).permute(0, 3, 1, 2), np.array([name for _, name in side]))
        for side in task
    )


@torch.no_grad()
def features(net, pixels, batch=16, bf16=False):
    """Features [N, 1280] of uint8 pixels [N, 3, 224, 224]."""
    out = []
    for x in pixels.split(batch):
        x = (x.float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            out.append(net(x))
    return torch.cat(out)


def nearest_neighbour_accuracy(gallery, gallery_labels, query, query_labels):
    """Share of queries whose nearest gallery photo by cosine has their label."""
    unit = torch.nn.functional.normalize
    nearest = (unit(query) @ unit(gallery).T).argmax(1).numpy()
    return float((gallery_labels[nearest] == query_labels).mean())


def accuracy(net, task, bf16=False):
    (gallery, gallery_labels), (query, query_labels) = task
    return nearest_neighbour_accuracy(features(net, gallery, bf16=bf16), gallery_labels, features(net, query, bf16=bf16), query_labels)


def load_fruit(path):
    """The exported student (float16 or float32 tensors named `<layer>/kernel` and `<layer>/bias`)."""
    tensors = load_file(path)
    return load_folded(lambda name: (tensors[f"{name}/kernel"], tensors[f"{name}/bias"]))


def main():
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=here / "../../../shared")
    parser.add_argument("--fruit", type=Path, default=here / "../fruit.safetensors")
    args = parser.parse_args()
    torch.set_num_threads(2)
    nets = {"imagenet": load_teacher(args.shared / "weights" / "mobilenetv2_1.0_224")}
    if args.fruit.exists():
        nets["fruit"] = load_fruit(args.fruit)
    for title, task in (("(a) studio, unseen varieties", studio_task(args.shared)), ("(b) phone, unseen photos", phone_task(args.shared))):
        pixels = read_task(task)
        print(f"{title}: {len(task[0])} gallery, {len(task[1])} queries, {len(set(pixels[0][1]))} classes")
        for name, net in nets.items():
            print(f"  {name}: 1-NN {accuracy(net, pixels):.2%}", flush=True)


if __name__ == "__main__":
    main()
