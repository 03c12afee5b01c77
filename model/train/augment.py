"""Random views of training photos, made in batches with tensor operations on one thread."""

import math

import torch
import torch.nn.functional as F


def uniform(n, low, high):
    return torch.rand(n) * (high - low) + low


def chance(n, p):
    return torch.rand(n) < p


def column(t):
    return t.view(-1, 1, 1, 1)


def phone_views(photos, size):
    """Crops of uint8 [n, 3, H, W]: log-uniform in side from half the photo to all of it."""
    scale = torch.exp(uniform(len(photos), math.log(0.5), math.log(1.05)))
    return colour(sample(photos.float() / 255, crops(scale, size), "reflection"))


def white_views(cutouts, size):
    """Studio photos uint8 [n, 4, h, w], cropped like phone photos: a whole one would be smaller than at inference."""
    scale = torch.exp(uniform(len(cutouts), math.log(0.55), math.log(1.05)))
    return colour(sample(cutouts[:, :3].float() / 255, crops(scale, size), "border"))


def pasted_views(cutouts, photos, size):
    """Fruit cut out of its white background, on a part of a shop photo, each under its own light."""
    fruit, n = cutouts.float() / 255, len(cutouts)
    scale = torch.exp(uniform(n, math.log(0.55), math.log(1.4)))
    alpha = fruit[:, 3:]
    layer = sample(torch.cat([fruit[:, :3] * alpha, alpha], 1), crops(scale, size, shift=(scale - 0.6).clamp(min=0.1)), "zeros")
    return colour(layer[:, :3]).clamp_(0, 1) * layer[:, 3:] + (1 - layer[:, 3:]) * phone_views(photos, size)


def crops(scale, size, shift=None):
    """Sampling grids [n, size, size, 2]: crop side, up to 20 degrees of rotation, mirror, aspect, centre."""
    n = len(scale)
    shift = (1 - scale).abs().clamp(min=0.05) if shift is None else shift
    turn, aspect = uniform(n, -math.pi / 9, math.pi / 9), torch.exp(torch.randn(n) * 0.1)
    mirror = torch.where(chance(n, 0.5), 1.0, -1.0)
    cos, sin = torch.cos(turn) * scale, torch.sin(turn) * scale
    tx, ty = uniform(n, -1, 1) * shift, uniform(n, -1, 1) * shift
    theta = torch.stack([cos * aspect * mirror, -sin / aspect, tx, sin * aspect * mirror, cos / aspect, ty], 1)
    return F.affine_grid(theta.view(n, 2, 3), (n, 3, size, size), align_corners=False)


def sample(images, grid, padding):
    return F.grid_sample(images, grid, padding_mode=padding, align_corners=False)


def colour(x):
    """Brightness, contrast, white balance and saturation of 80 % of the views."""
    n = len(x)
    on = column(chance(n, 0.8).float())
    x = x * (1 + on * (column(torch.randn(n) * 0.2).clamp(-0.5, 0.5) + torch.randn(n, 3, 1, 1) * 0.06))
    mean = x.mean((1, 2, 3), keepdim=True)
    x = mean + (x - mean) * (1 + on * column(torch.randn(n) * 0.2).clamp(-0.5, 0.6))
    grey = (x * torch.tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    return grey + (x - grey) * (1 + on * column(torch.randn(n).clamp(-2, 2) * 0.25))


def blur(x):
    """Gaussian blur of 15 % of the views, of one width a batch."""
    blurred = chance(len(x), 0.15)
    if blurred.any():
        t = torch.arange(-4.0, 5)
        kernel = torch.exp(-(t**2) / (2 * float(uniform(1, 0.4, 1.8)) ** 2))
        kernel = (kernel / kernel.sum()).expand(3, 1, 9)
        y = F.conv2d(F.pad(x[blurred], (4, 4, 4, 4), mode="reflect"), kernel[:, :, None, :], groups=3)
        x[blurred] = F.conv2d(y, kernel[:, :, :, None], groups=3)
    return x


def box(size, low, high):
    """A random box whose sides are low to high of the view's: (rows, columns, share of the view)."""
    h, w = uniform(2, low, high).mul(size).int().tolist()
    top, left = int(torch.randint(size - h, ())), int(torch.randint(size - w, ()))
    return slice(top, top + h), slice(left, left + w), h * w / size**2


def cutout(x):
    """A grey box on 30 % of the views (DeVries & Taylor 2017, arXiv:1708.04552)."""
    for i in chance(len(x), 0.3).nonzero().flatten().tolist():
        rows, columns, _ = box(x.shape[-1], 0.15, 0.4)
        x[i, :, rows, columns] = 0.5
    return x


def mix(x, labels):
    """Mixup (Zhang et al. 2018) on 15 % of the views, CutMix (Yun et al. 2019) on another 15 %."""
    other, other_labels = x.roll(1, 0), labels.roll(1, 0)
    dice = torch.rand(len(x))
    for i in (dice < 0.3).nonzero().flatten().tolist():
        if dice[i] < 0.15:
            share = float(uniform(1, 0.2, 0.8))
            x[i] = x[i] * (1 - share) + other[i] * share
        else:
            rows, columns, share = box(x.shape[-1], 0.25, 0.75)
            x[i, :, rows, columns] = other[i, :, rows, columns]
        labels[i] = labels[i] * (1 - share) + other_labels[i] * share
    return x, labels


def finish(x, labels):
    """Views [n, 3, size, size] in -1..1 and soft labels [n, classes], of views in 0..1 and one-hot labels."""
    x, labels = mix(cutout(blur(x.clamp_(0, 1))), labels)
    return x.mul_(2).sub_(1), labels
