"""Trains Verger's MobileNetV2 on both collections, from the published ImageNet weights.

    python train.py --shared ../../../shared --work ~/verger-train            # what the split leaves for training
    python train.py --shared ../../../shared --work ~/verger-train --all      # all photos: the shipped weights
    python train.py --shared ../../../shared --work ~/verger-train --half cut-0   # half of what it would be: learned.py

Writes WORK/split-SEED.safetensors or WORK/all-SEED.safetensors (float32, see export.py), of a half split-SEED-cut-0.safetensors
and so on, and its rows of WORK/log.csv.
The number of steps is fixed by the photos, so a slower machine takes longer and does the same.
"""

import argparse
import csv
import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

import augment
import data
from evaluate import features
from halves import WAYS, halves
from network import FEATURES, MobileNetV2, load_imagenet, manifest_tensors

SEED = 1
SIZE, EPOCHS, PHONE_BATCH, STUDIO_BATCH, PASTED_SHARE = 160, 6, 24, 12, 1 / 3
LR, HEAD_LR, WARM_UP, WEIGHT_DECAY, EMA_DECAY = 2e-4, 1e-3, 0.1, 0.02, 0.99
SCALE, MARGIN = 24.0, 0.1
LOG_EVERY = 10


class CosFace(torch.nn.Module):
    """Cosine classifier with an additive margin (Wang et al. 2018, arXiv:1801.09414), for soft labels; begun from means."""

    def __init__(self, means):
        super().__init__()
        self.weight = torch.nn.Parameter(F.normalize(means))

    def forward(self, features, labels):
        """Mean cross entropy of features [n, 1280] under labels [n, classes]."""
        cosine = F.linear(F.normalize(features), F.normalize(self.weight))
        return -(labels * F.log_softmax(SCALE * (cosine - MARGIN * labels), 1)).sum(1).mean()


class Collection:
    """Photos uint8 [N, C, H, W] with the labels of one collection; drawn in shuffled rounds."""

    def __init__(self, photos, labels):
        self.photos, self.labels, self.classes = photos, labels, int(labels.max()) + 1
        self.waiting = torch.empty(0, dtype=torch.long)

    def draw(self, n):
        """n photos and their one-hot labels."""
        while len(self.waiting) < n:
            self.waiting = torch.cat([self.waiting, torch.randperm(len(self.photos))])
        chosen, self.waiting = self.waiting[:n], self.waiting[n:]
        return self.photos[chosen], F.one_hot(self.labels[chosen], self.classes).float()

    def class_means(self, net, most=20):
        """Means [classes, 1280] of the features of at most so many photos a class, spread evenly."""
        means = []
        for label in range(self.classes):
            photos = self.photos[self.labels == label]
            photos = photos[:: math.ceil(len(photos) / most)][:, :3]
            means.append(features(net, F.interpolate(photos.float(), size=(SIZE, SIZE), mode="bilinear"), bf16=True).mean(0))
        return torch.stack(means)


def read_collections(groups):
    """(phone, studio) of the paths that data.training_photos gives."""
    phone, studio = ([paths for _, paths in of] for of in groups)
    planes = lambda images: torch.stack([torch.from_numpy(image.copy()) for image in images]).permute(0, 3, 1, 2).contiguous()
    labels = lambda groups: torch.tensor([label for label, group in enumerate(groups) for _ in group])
    read = lambda groups, reader: Collection(planes(reader(path) for group in groups for path in group), labels(groups))
    return read(phone, data.read_photo), read(studio, data.read_cutout)


def batch(phone, studio):
    """Views of both collections and the soft labels of each."""
    photos, photo_labels = phone.draw(PHONE_BATCH)
    fruit, fruit_labels = studio.draw(STUDIO_BATCH)
    pasted = round(STUDIO_BATCH * PASTED_SHARE)
    behind = phone.photos[torch.randint(len(phone.photos), (pasted,))]
    studio_views = [augment.pasted_views(fruit[:pasted], behind, SIZE), augment.white_views(fruit[pasted:], SIZE)]
    shops, photo_labels = augment.finish(augment.phone_views(photos, SIZE), photo_labels)
    studios, fruit_labels = augment.finish(torch.cat(studio_views), fruit_labels)
    return torch.cat([shops, studios]).to(memory_format=torch.channels_last), photo_labels, fruit_labels


def learning_rate(step, steps):
    """Share of the peak: linear warm-up, then half a cosine down to 0."""
    warm_up = steps * WARM_UP
    return min((step + 1) / warm_up, 0.5 * (1 + math.cos(math.pi * max(0.0, step - warm_up) / (steps - warm_up))))


def ema_update(ema, net, step):
    decay = min(EMA_DECAY, (1 + step) / (10 + step))
    with torch.no_grad():
        for mine, its in zip(ema.parameters(), net.parameters()):
            mine.lerp_(its, 1 - decay)


def train(phone, studio, start, log):
    """The averaged network after EPOCHS over the phone photos. log(**row) is called every LOG_EVERY steps."""
    ema = start
    net = MobileNetV2().to(memory_format=torch.channels_last)
    net.load_state_dict(ema.state_dict())
    heads = torch.nn.ModuleList([CosFace(c.class_means(ema)) for c in (phone, studio)])
    groups = [
        {"params": [p for p in net.parameters() if p.dim() > 1], "lr": LR, "weight_decay": WEIGHT_DECAY},
        {"params": [p for p in net.parameters() if p.dim() == 1], "lr": LR, "weight_decay": 0.0},
        {"params": heads.parameters(), "lr": HEAD_LR, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, fused=True)
    steps = round(EPOCHS * len(phone.photos) / PHONE_BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: learning_rate(step, steps))
    sums = torch.zeros(2)
    for step in range(steps):
        x, photo_labels, fruit_labels = batch(phone, studio)
        with torch.autocast("cpu", torch.bfloat16):
            found = net(x)
        losses = torch.stack([heads[0](found[: len(photo_labels)], photo_labels), heads[1](found[len(photo_labels) :], fruit_labels)])
        optimizer.zero_grad()
        # Each view counts the same, of whichever collection.
        ((losses[0] * PHONE_BATCH + losses[1] * STUDIO_BATCH) / (PHONE_BATCH + STUDIO_BATCH)).backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        schedule.step()
        ema_update(ema, net, step)
        sums += losses.detach()
        if (step + 1) % LOG_EVERY == 0 or step + 1 == steps:
            phone_loss, studio_loss = (sums / (step % LOG_EVERY + 1)).tolist()
            log(step=step + 1, lr=schedule.get_last_lr()[0], phone_loss=phone_loss, studio_loss=studio_loss)
            sums.zero_()
    return ema


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(__file__).parent / "../../../shared")
    parser.add_argument("--work", type=Path, required=True, help="folder for weights and logs")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="train on all photos of both collections")
    which.add_argument("--half", choices=[f"{way}-{half}" for way in WAYS for half in (0, 1)], help="train on a half of each class and variety")
    parser.add_argument("--seed", type=int, default=SEED)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    start = load_imagenet(args.shared / "weights" / "mobilenetv2_1.0_224")
    groups = data.training_photos(args.shared, args.all)
    if args.half:
        way, half = args.half.split("-")
        groups = halves(groups, way, start)[int(half)]
    phone, studio = read_collections(groups)
    print(f"{len(phone.photos)} phone photos of {phone.classes} classes, {len(studio.photos)} studio photos of {studio.classes}", flush=True)
    name = f"{'all' if args.all else 'split'}-{args.seed}" + (f"-{args.half}" if args.half else "")
    begun, cpu_begun = time.monotonic(), time.process_time()
    log_path, columns = args.work / "log.csv", ["run", "cpu_minutes", "minutes", "step", "lr", "phone_loss", "studio_loss"]
    if not log_path.exists():
        log_path.write_text(",".join(columns) + "\n")

    def log(**row):
        row |= {"run": name, "cpu_minutes": (time.process_time() - cpu_begun) / 60, "minutes": (time.monotonic() - begun) / 60}
        with log_path.open("a", newline="") as file:
            csv.DictWriter(file, columns, lineterminator="\n").writerow({k: f"{v:.4g}" if isinstance(v, float) else v for k, v in row.items()})

    net = train(phone, studio, start, log)
    save_file(manifest_tensors(net), args.work / f"{name}.safetensors")
    print(f"{name}: {(time.process_time() - cpu_begun) / 60:.1f} minutes of processor time", flush=True)


if __name__ == "__main__":
    main()
