"""Writes the trained network as a plain weights file: batch norm folded, manifest names and layouts, float16.

    python export.py --shared ../../../shared --work ~/verger-train --out ../fruit.safetensors

First the batch norm statistics are measured afresh for the averaged weights, on training views at the network's
own size. It prints what folding and float16 cost. The same checkpoint gives the same bytes.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file

from evaluate import accuracy, features, load_fruit, phone_task, read_task
from network import MobileNetV2, manifest_tensors
from train import SEED, load_views

STATISTICS_BATCHES = 24


@torch.no_grad()
def measure_statistics(net, views):
    """Sets each batch norm's mean and variance to their average over training views at 224."""
    torch.manual_seed(SEED)
    norms = [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # cumulative average
    net.train()
    for _ in range(STATISTICS_BATCHES):
        net(views.batch(32, 224)[0])
    net.eval()


def main():
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=here / "../../../shared")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=here / "../fruit.safetensors")
    args = parser.parse_args()
    torch.set_num_threads(2)
    saved = torch.load(args.work / "checkpoint.pt", weights_only=True)
    net = MobileNetV2().to(memory_format=torch.channels_last).eval().requires_grad_(False)
    net.load_state_dict(saved["ema"])
    measure_statistics(net, load_views(args.shared, args.work))
    save_file(manifest_tensors(net, np.float16), args.out, metadata={"name": "verger_fruit_mobilenetv2_1.0_224"})
    print(f"{args.out}: {args.out.stat().st_size:,} bytes", flush=True)
    task = read_task(phone_task(args.shared))
    exported = load_fruit(args.out)
    print(f"phone 1-NN: float32 {accuracy(net, task):.2%}, folded and float16 {accuracy(exported, task):.2%}", flush=True)
    pixels = task[1][0][:100]
    exact, rounded = features(net, pixels), features(exported, pixels)
    cosine = torch.nn.functional.cosine_similarity(exact, rounded)
    print(f"float16: features at cosine {cosine.min():.7f} or more, largest difference {(exact - rounded).abs().max():.2g}")


if __name__ == "__main__":
    main()
