"""Writes functions/adapters/learned.json: which photos our weights have learned, and how sure they may be of others.

    for way in cut likeness; do for half in 0 1; do
      python train.py --work WORK --half $way-$half        # a network that has learned one half of the training photos
    done; done
    python learned.py --work WORK --split-id split@<first 12 digits of the SHA-256 of its ONNX file>

Each network is asked about the half that it has not learned, by a classifier of the half that it has, as a snapshot of learned photos
will be about new ones. None of these photos is held out by the split: those stay to judge what comes of it.
"""

import argparse
import base64
import hashlib
import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar

import data
from evaluate import features_of, least_squares
from halves import WAYS, halves
from network import load_folded, load_imagenet
from safetensors.numpy import load_file

HERE = Path(__file__).parent
STUDIO_EVERY = 6  # frames of a spin that follow on each other are near-duplicates
NAMES = {
    "cut": "in training: each class cut where its photos are least alike",
    "likeness": "in training: two groups of each class by likeness",
    "studio": "in training: contiguous halves of each variety",
}


def prefixes(paths):
    """First 4 bytes of the MD5 of each file, ascending, in base64."""
    return base64.b64encode(b"".join(sorted(hashlib.md5(path.read_bytes()).digest()[:4] for path in paths))).decode()


def answers(told, told_labels, asked, asked_labels):
    """Scores [n, C] of the photos asked about whose class is told, and the places of their own classes."""
    names, weights, intercepts = least_squares(told, told_labels)
    known = np.isin(asked_labels, names)
    return asked[known] @ weights + intercepts, np.searchsorted(names, asked_labels[known])


def probabilities(scores, temperature):
    shares = np.exp((scores - scores.max(1, keepdims=True)) / temperature)
    return shares / shares.sum(1, keepdims=True)


def describe(trials):
    """What functions/core/classifier/calibration.ts makes of trials: {way: [(scores, own), ...]}."""
    every = [one for trial in trials.values() for one in trial]
    surprise = lambda t: -sum(np.log(np.maximum(probabilities(s, np.exp(t))[np.arange(len(own)), own], 1e-12)).sum() for s, own in every)
    temperature = float(np.exp(minimize_scalar(surprise, bounds=(np.log(0.01), 0), method="bounded").x))

    def judged(some):
        shares = [(probabilities(s, temperature), own) for s, own in some]
        place = np.concatenate([(p > p[np.arange(len(own)), own][:, None]).sum(1) for p, own in shares])
        return np.concatenate([p.max(1) for p, _ in shares]), place

    confidence, place = judged(every)
    least = 1.0
    for step in range(19, 3, -1):
        near = abs(confidence - step / 20) <= 0.1
        if near.any() and (place[near] == 0).mean() < 0.5:
            break
        least = step / 20
    validation = []
    for way, trial in trials.items():
        confidence, place = judged(trial)
        bins = np.minimum(9, (confidence * 10).astype(int))
        apart = sum(abs((confidence[bins == b] - (place[bins == b] == 0)).sum()) for b in range(10))
        figures = {"accuracy": (place == 0).mean(), "topFive": (place < 5).mean(), "calibrationError": apart / len(place)}
        validation.append({"halves": NAMES[way], "rows": len(place)} | {name: round(float(value), 4) for name, value in figures.items()})
    return {"temperature": round(temperature, 4), "confidence": least, "validation": validation}


def trials_of(shared, work):
    """(trials of phone photos, of studio photos) with the networks in `work`."""
    groups = data.training_photos(shared, False)
    start = load_imagenet(shared / "weights" / "mobilenetv2_1.0_224")
    phone, studio = {way: [] for way in WAYS}, []
    for way in WAYS:
        sides = halves(groups, way, start)
        for half in (0, 1):
            tensors = load_file(work / f"split-1-{way}-{half}.safetensors")
            net = load_folded(lambda name: (tensors[f"{name}/kernel"], tensors[f"{name}/bias"]))

            def rows(side, of, every):
                pairs = [(path, name) for name, paths in sides[side][of] for path in paths[::every]]
                return features_of(net, [path for path, _ in pairs]), np.array([name for _, name in pairs])

            phone[way].append(answers(*rows(half, 0, 1), *rows(1 - half, 0, 1)))
            if way == "likeness":
                studio.append(answers(*rows(half, 1, STUDIO_EVERY), *rows(1 - half, 1, STUDIO_EVERY)))
    return phone, {"studio": studio}


def write(shared, split_id, phone, studio):
    manifest = json.loads((HERE / "../fruit.json").read_text())
    all_photos, kept = data.training_photos(shared, True), data.training_photos(shared, False)
    collections = []
    for everything, mine, trials in zip(all_photos, kept, (phone, studio)):
        learned = [path for _, paths in mine for path in paths]
        held_out = {path for _, paths in everything for path in paths} - set(learned)
        collections.append({**describe(trials), "photos": {"split": prefixes(learned), "held out": prefixes(held_out)}})
    models = {f"{manifest['name']}@{manifest['onnx']['sha256'][:12]}": ["split", "held out"], split_id: ["split"]}
    (HERE / "../../functions/adapters/learned.json").write_text(json.dumps({"models": models, "collections": collections}, indent=2) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=HERE / "../../../shared")
    parser.add_argument("--work", type=Path, required=True, help="folder where train.py wrote the four networks")
    parser.add_argument("--split-id", required=True, help="model id of split.safetensors")
    args = parser.parse_args()
    write(args.shared, args.split_id, *trials_of(args.shared, args.work))


if __name__ == "__main__":
    main()
