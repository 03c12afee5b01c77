"""Averages trained networks and writes them as a plain weights file: manifest names and layouts, float16.

    python export.py --out ../fruit.safetensors ~/verger-train/all-*.safetensors

Networks trained from the same start are averaged weight by weight (Wortsman et al. 2022, arXiv:2203.05482); one alone
is written as it is. It prints what float16 costs. The same files give the same bytes.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

import data
from evaluate import features, load_fruit, phone_task
from network import load_folded

NAME = "verger_fruit_mobilenetv2_1.0_224"


def average(paths):
    """Tensors by name, float64."""
    all_tensors = [load_file(path) for path in paths]
    return {name: sum(tensors[name].astype(np.float64) for tensors in all_tensors) / len(paths) for name in all_tensors[0]}


def main():
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weights", type=Path, nargs="+", help="files that train.py wrote")
    parser.add_argument("--shared", type=Path, default=here / "../../../shared")
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    torch.set_num_threads(1)
    tensors = average(sorted(args.weights))
    save_file({name: tensor.astype(np.float16) for name, tensor in tensors.items()}, args.out, metadata={"name": NAME})
    print(f"{args.out}: {args.out.stat().st_size:,} bytes", flush=True)
    pixels = torch.stack([torch.from_numpy(data.read_input(p)).permute(2, 0, 1) for p, _ in phone_task(args.shared)[1][::4]])
    exact = features(load_folded(lambda name: (tensors[f"{name}/kernel"], tensors[f"{name}/bias"])), pixels)
    rounded = features(load_fruit(args.out), pixels)
    cosine = torch.nn.functional.cosine_similarity(exact, rounded)
    print(f"float16: features of {len(pixels)} photos at cosine {cosine.min():.7f} or more, largest difference {(exact - rounded).abs().max():.2g}")


if __name__ == "__main__":
    main()
