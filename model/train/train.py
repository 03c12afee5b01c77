"""Trains Verger's MobileNetV2 from random weights by distillation from the ImageNet network's features.

    python train.py --shared ../../../shared --work ~/verger-train --minutes 90

Started again with the same folder, it goes on from the last checkpoint. The schedule is warm-up, constant,
decay (Hägele et al. 2024, arXiv:2405.18392) over elapsed time, so that a busy machine gives fewer steps but
still a whole decay. `before-decay.pt` is kept: put it in place of `checkpoint.pt` and give more --minutes to
train longer.
"""

import argparse
import csv
import math
import os
import shutil
import time
from pathlib import Path

import torch
import torch.nn.functional as F

import data
from augment import Views
from evaluate import accuracy, phone_task, read_task, studio_task
from network import FEATURES, MobileNetV2, load_teacher

SEED = 20261121
PEAK_LR, WARM_UP_STEPS, DECAY_FROM, WEIGHT_DECAY = 2e-3, 200, 0.75, 0.02
EMA_DECAY = 0.998
# (until this share of the time, side of the views, batch): most steps at small sides, the last at the network's own
SIZES = [(0.7, 96, 32), (0.85, 128, 32), (0.95, 160, 32), (1.01, 224, 24)]
# Weight of each map's distance: ends of stages, last block and last convolution 1, the other blocks 0.5.
HINTS = {i: 1.0 if i in (2, 5, 9, 12, 15, 16, 17) else 0.5 for i in range(18)}
# A teacher's map may stand in for the student's before the next block, so that late blocks learn before early ones
# are ready (blockwise distillation: Li et al. 2020, arXiv:1911.13053). The help fades out over so many views.
FORCED_SHARE, FORCED_VIEWS = 0.6, 120_000
LOG_EVERY_S, CHECKPOINT_EVERY_S, JUDGE_EVERY_CPU_S = 20, 180, 900


def learning_rate(step, share):
    decay = 1.0 if share < DECAY_FROM else max(0.003, 0.5 * (1 + math.cos(math.pi * (share - DECAY_FROM) / (1 - DECAY_FROM))))
    return PEAK_LR * min(1.0, (step + 1) / WARM_UP_STEPS) * decay


def forcing(seen, share):
    """Probability that a block's map is replaced by the teacher's: falls to 0, and is 0 in the decay."""
    return max(0.0, FORCED_SHARE * (1 - seen / FORCED_VIEWS)) if share < DECAY_FROM else 0.0


class Judge(torch.nn.Module):
    """Cosine classifier over varieties and grocery classes: the labels' small part in the loss."""

    def __init__(self, classes):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(classes, FEATURES) * 0.02)

    def forward(self, features, labels):
        logits = 16 * F.linear(F.normalize(features - features.mean(1, keepdim=True)), F.normalize(self.weight))
        return -(labels * F.log_softmax(logits, 1)).sum(1).mean()


def distance(student, teacher):
    """Squared error over the teacher's variance around its channel means: 1 means nothing learnt, 0 the same."""
    teacher, student = teacher.float(), student.float()
    dims = (0, 2, 3) if teacher.dim() == 4 else (0,)
    spread = (teacher - teacher.mean(dims, keepdim=True)).square().mean()
    return (student - teacher).square().mean() / spread


def step_loss(net, judge, teacher, views, labels, forced_share, label_weight):
    with torch.autocast("cpu", torch.bfloat16):
        with torch.no_grad():
            target = teacher.maps(views)
        def replace(i, x):
            if forced_share == 0:
                return x
            forced = (torch.rand(len(x)) < forced_share).view(-1, 1, 1, 1)
            return torch.where(forced, target[i].to(x.dtype), x)

        maps = net.maps(views, replace)
    hints = [weight * distance(maps[i], target[i]) for i, weight in HINTS.items()]
    pooled = maps[-1].float().mean((2, 3))
    feature = distance(pooled, target[-1].float().mean((2, 3)))
    label = judge(pooled, labels)
    return sum(hints) + 2 * feature + label_weight * label, {"hint": sum(hints).item() / sum(HINTS.values()), "map": hints[-1].item(), "feature": feature.item(), "label": label.item()}


def load_views(shared, work):
    """All training photos, with one label a variety and one a grocery class; decoded once, kept in work/photos.pt."""
    cache = work / "photos.pt"
    if not cache.exists():
        torch.save(read_photos(shared), cache.with_suffix(".part"))
        os.replace(cache.with_suffix(".part"), cache)
    return Views(*torch.load(cache, weights_only=True))


def read_photos(shared):
    """What Views takes: cut-outs, their labels, phone photos, their labels, the number of labels."""
    cutouts, cutout_labels, photos, photo_labels = [], [], [], []
    varieties, phone = data.studio_varieties(shared)[0], data.phone_classes(shared)
    for label, folder in enumerate(varieties):
        for path in data.studio_frames(folder):
            cutouts.append(torch.from_numpy(data.read_cutout(path)))
            cutout_labels.append(label)
    for label, (_, kept, _) in enumerate(phone):
        for path in kept:
            photos.append(torch.from_numpy(data.read_input(path).copy()))
            photo_labels.append(len(varieties) + label)
    to_planes = lambda images: torch.stack(images).permute(0, 3, 1, 2).contiguous()
    return to_planes(cutouts), torch.tensor(cutout_labels), to_planes(photos), torch.tensor(photo_labels), len(varieties) + len(phone)


def ema_update(ema, net, step):
    decay = min(EMA_DECAY, (1 + step) / (10 + step))
    with torch.no_grad():
        for mine, theirs in zip(ema.state_dict().values(), net.state_dict().values()):
            mine.lerp_(theirs, 1 - decay) if mine.is_floating_point() else mine.copy_(theirs)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=Path(__file__).parent / "../../../shared")
    parser.add_argument("--work", type=Path, required=True, help="folder for the checkpoint, the log and the pid")
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--label-weight", type=float, default=0.1)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    (args.work / "pid").write_text(str(os.getpid()))
    torch.set_num_threads(2)
    torch.manual_seed(SEED)

    views = load_views(args.shared, args.work)
    print(f"{len(views.cutouts)} studio photos, {len(views.photos)} phone photos, {views.classes} labels", flush=True)
    teacher = load_teacher(args.shared / "weights" / "mobilenetv2_1.0_224")
    net = MobileNetV2().to(memory_format=torch.channels_last)
    ema = MobileNetV2().to(memory_format=torch.channels_last).requires_grad_(False)
    judge = Judge(views.classes)
    decayed = [p for p in net.parameters() if p.dim() > 1]
    plain = [p for p in net.parameters() if p.dim() == 1]
    optimizer = torch.optim.AdamW([{"params": decayed, "weight_decay": WEIGHT_DECAY}, {"params": plain + list(judge.parameters()), "weight_decay": 0.0}], fused=True)
    parts = {"net": net, "ema": ema, "judge": judge, "optimizer": optimizer}
    step, seen, before, cpu_before = 0, 0, 0.0, 0.0
    checkpoint = args.work / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        for name, part in parts.items():
            part.load_state_dict(saved[name])
        step, seen, before, cpu_before = saved["step"], saved["seen"], saved["elapsed"], saved["cpu"]
        torch.manual_seed(SEED + step)
        print(f"going on from step {step}, {before / 60:.1f} minutes", flush=True)
    else:
        ema.load_state_dict(net.state_dict())

    tasks = {"studio": read_task(studio_task(args.shared, step=4)), "phone": read_task(phone_task(args.shared))}
    net.train()
    ema.eval()
    log_path, budget = args.work / "log.csv", args.minutes * 60
    fields = ["minutes", "cpu_minutes", "step", "seen", "size", "lr", "forcing", "hint", "map", "feature", "label", "studio", "phone"]
    if not log_path.exists():
        log_path.write_text(",".join(fields) + "\n")

    def write(**row):
        with log_path.open("a", newline="") as file:
            row = {"cpu_minutes": (cpu_before + time.process_time()) / 60, **row}
            csv.DictWriter(file, fields).writerow({k: f"{v:.5g}" if isinstance(v, float) else v for k, v in row.items()})

    def save(elapsed):
        torch.save({**{k: v.state_dict() for k, v in parts.items()}, "step": step, "seen": seen, "elapsed": elapsed, "cpu": cpu_before + time.process_time()}, checkpoint.with_suffix(".part"))
        os.replace(checkpoint.with_suffix(".part"), checkpoint)

    start = time.monotonic() - before
    logged = saved_at = before
    judged, sums, count = time.process_time(), {}, 0
    while (elapsed := time.monotonic() - start) < budget:
        share = elapsed / budget
        size, batch = next((size, batch) for until, size, batch in SIZES if share < until)
        lr, forced = learning_rate(step, share), forcing(seen, share)
        for group in optimizer.param_groups:
            group["lr"] = lr
        x, labels = views.batch(batch, size)
        loss, values = step_loss(net, judge, teacher, x, labels, forced, args.label_weight)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        step, seen, count = step + 1, seen + batch, count + 1
        ema_update(ema, net, step)
        sums = {k: sums.get(k, 0.0) + v for k, v in values.items()}
        if elapsed - logged > LOG_EVERY_S:
            write(minutes=elapsed / 60, step=step, seen=seen, size=size, lr=lr, forcing=forced, **{k: v / count for k, v in sums.items()})
            sums, count, logged = {}, 0, elapsed
        if time.process_time() - judged > JUDGE_EVERY_CPU_S:
            write(minutes=elapsed / 60, step=step, seen=seen, size=size, **{name: accuracy(ema, task, bf16=True) for name, task in tasks.items()})
            judged = time.process_time()
        if elapsed - saved_at > CHECKPOINT_EVERY_S:
            save(elapsed)
            if share < DECAY_FROM:
                shutil.copyfile(checkpoint, args.work / "before-decay.pt")
            saved_at = elapsed
    write(minutes=elapsed / 60, step=step, seen=seen, size=SIZES[-1][1], **{name: accuracy(ema, task) for name, task in tasks.items()})
    save(elapsed)
    print("done", flush=True)


if __name__ == "__main__":
    main()
