"""Random views of training photos, made in batches with tensor operations.

The teacher is run on the same views (function matching: Beyer et al. 2022, arXiv:2106.05237), so that any
distortion is a fair question to ask of the student.
"""

import math

import torch
import torch.nn.functional as F

SIDE = 224


def uniform(n, low, high):
    return torch.rand(n) * (high - low) + low


def chance(n, p):
    return torch.rand(n) < p


class Views:
    """Batches of views from cut-outs uint8 [S, 4, 100, 100] and phone photos uint8 [P, 3, 224, 224]."""

    def __init__(self, cutouts, cutout_labels, photos, photo_labels, classes, phone_share=0.55, white_share=0.15):
        self.cutouts, self.cutout_labels = cutouts, cutout_labels
        self.photos, self.photo_labels = photos, photo_labels
        self.classes, self.phone_share, self.white_share = classes, phone_share, white_share

    def batch(self, n, size):
        """n views [n, 3, size, size] in -1..1 and their soft labels [n, classes]."""
        n_phone, n_white = round(n * self.phone_share), round(n * self.white_share)
        n_pasted = n - n_phone - n_white
        phone = torch.randint(len(self.photos), (n_phone,))
        studio = torch.randint(len(self.cutouts), (n_white + n_pasted,))
        fruit = F.interpolate(self.cutouts[studio].float() / 255, size=(SIDE, SIDE), mode="bicubic", antialias=True).clamp_(0, 1)
        views = torch.cat([
            self.phone_views(phone, size),
            white_views(fruit[:n_white, :3], size),
            self.pasted_views(fruit[n_white:], size),
        ])
        labels = F.one_hot(torch.cat([self.photo_labels[phone], self.cutout_labels[studio]]), self.classes).float()
        order = torch.randperm(n)
        views, labels = mix(blur_and_noise(colour(views[order])), labels[order])
        return views.clamp_(0, 1).mul_(2).sub_(1).to(memory_format=torch.channels_last), labels

    def phone_views(self, index, size):
        """Crops: log-uniform in side, from the network's own scale (1 pixel to 1) up to the whole photo."""
        n = len(index)
        smallest = min(size / SIDE, 0.8) * 0.8
        scale = torch.exp(uniform(n, math.log(smallest), math.log(1.05)))
        turn = torch.where(chance(n, 0.15), torch.randint(4, (n,)) * (math.pi / 2), torch.zeros(n)) + torch.randn(n) * 0.2
        grid = homographies(scale, turn, shift=(1 - scale).clamp(min=0.05), tilt=0.12, size=size)
        return sample(self.photos[index].float() / 255, grid, scale * SIDE / size, "reflection")

    def pasted_views(self, fruit, size):
        """Fruit cut out of its white background, under another light, on a part of a phone photo or a made-up background."""
        n = len(fruit)
        scale = torch.exp(uniform(n, math.log(0.55), math.log(2.4)))
        grid = homographies(scale, torch.rand(n) * 2 * math.pi, shift=(scale - 0.4).clamp(min=0.15), tilt=0.2, size=size)
        alpha = fruit[:, 3:]
        layer = sample(torch.cat([fruit[:, :3] * alpha, alpha], 1), grid, scale * SIDE / size, "zeros")
        light = uniform(n, 0.55, 1.15).view(n, 1, 1, 1) * (1 + torch.randn(n, 3, 1, 1) * 0.06)
        behind = self.phone_views(torch.randint(len(self.photos), (n,)), size)
        coarse = [F.interpolate(torch.rand(1, 3, k, k), size=(size, size), mode="bilinear") for k in torch.randint(1, 9, (n,)).tolist()]
        behind = torch.where(chance(n, 0.35).view(n, 1, 1, 1), torch.cat(coarse), behind)
        return layer[:, :3] * light + (1 - layer[:, 3:]) * behind


def white_views(fruit, size):
    """The studio photo nearly as it is: what the network meets at inference."""
    n = len(fruit)
    scale = torch.where(chance(n, 0.5), torch.ones(n), uniform(n, min(size / SIDE, 0.8), 1.2))
    grid = homographies(scale, torch.randn(n) * 0.3, shift=(1 - scale).abs().clamp(min=0.02), tilt=0.08, size=size)
    return sample(fruit, grid, scale * SIDE / size, "border")


def homographies(scale, turn, shift, tilt, size):
    """Sampling grids [n, size, size, 2]: crop side, rotation, mirror, aspect, centre and a little perspective."""
    n = len(scale)
    aspect = torch.exp(torch.randn(n) * 0.08)
    mirror = torch.where(chance(n, 0.5), 1.0, -1.0)
    cos, sin = torch.cos(turn) * scale, torch.sin(turn) * scale
    tx, ty = uniform(n, -1, 1) * shift, uniform(n, -1, 1) * shift
    px, py = (torch.rand(2, n) * 2 - 1) * tilt * chance(n, 0.5)
    one = torch.ones(n)
    h = torch.stack([cos * aspect * mirror, -sin / aspect, tx, sin * aspect * mirror, cos / aspect, ty, px, py, one], 1).view(n, 3, 3)
    axis = (torch.arange(size) * 2 + 1) / size - 1
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)], -1).view(1, -1, 3) @ h.transpose(1, 2)
    return (points[..., :2] / points[..., 2:]).view(n, size, size, 2)


def sample(images, grid, shrink, padding):
    """Bilinear sampling; where the view shrinks the photo by more than 1.4, from its half-size version."""
    out = images.new_empty(len(images), images.shape[1], *grid.shape[1:3])
    small = shrink > 1.4
    for chosen, level in ((~small, lambda x: x), (small, lambda x: F.avg_pool2d(x, 2))):
        if chosen.any():
            out[chosen] = F.grid_sample(level(images[chosen]), grid[chosen], padding_mode=padding, align_corners=False)
    return out


def colour(x):
    """Brightness, contrast, saturation, white balance; now and then grey."""
    n = len(x)
    column = lambda t: t.view(n, 1, 1, 1)
    on = column(chance(n, 0.8).float())
    x = x * (1 + on * (column(torch.randn(n) * 0.2).clamp(-0.5, 0.5) + torch.randn(n, 3, 1, 1) * 0.06))
    mean = x.mean((1, 2, 3), keepdim=True)
    x = mean + (x - mean) * (1 + on * column(torch.randn(n) * 0.2).clamp(-0.5, 0.6))
    grey = (x * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    saturation = torch.where(chance(n, 0.03), torch.zeros(n), 1 + torch.randn(n).clamp(-2, 2) * 0.25)
    return grey + (x - grey) * column(saturation)


def blur_and_noise(x):
    blurred = chance(len(x), 0.15)
    if blurred.any():
        sigma = float(uniform(1, 0.4, 1.8))
        t = torch.arange(-4.0, 5)
        kernel = torch.exp(-(t**2) / (2 * sigma**2))
        kernel = (kernel / kernel.sum()).expand(3, 1, 9)
        y = F.conv2d(F.pad(x[blurred], (4, 4, 4, 4), mode="reflect"), kernel[:, :, None, :], groups=3)
        x[blurred] = F.conv2d(y, kernel[:, :, :, None], groups=3)
    noisy = chance(len(x), 0.15)
    x[noisy] += torch.randn_like(x[noisy]) * float(uniform(1, 0.01, 0.06))
    return x


def mix(x, labels):
    """Mixup (Zhang et al. 2018) on 12 % of the views, CutMix (Yun et al. 2019) on another 18 %."""
    n, size = len(x), x.shape[-1]
    other, other_labels = x.roll(1, 0), labels.roll(1, 0)
    dice = torch.rand(n)
    for i in (dice < 0.30).nonzero().flatten().tolist():
        if dice[i] < 0.12:
            share = float(uniform(1, 0.2, 0.8))
            x[i] = x[i] * (1 - share) + other[i] * share
        else:
            h, w = (torch.rand(2) * 0.5 + 0.25).mul(size).int().tolist()
            top, left = int(torch.randint(size - h, ())), int(torch.randint(size - w, ()))
            x[i, :, top : top + h, left : left + w] = other[i, :, top : top + h, left : left + w]
            share = h * w / size**2
        labels[i] = labels[i] * (1 - share) + other_labels[i] * share
    return x, labels
