"""Made pictures that are not fruit: noise fine and coarse, gradients, charts, text. Seeded."""

import numpy as np
from PIL import Image, ImageDraw

SIDE = 256


def noise(random):
    """Coloured noise, as fine as a pixel or as coarse as half the picture."""
    side = int(random.choice([2, 4, 8, 32, SIDE]))
    return Image.fromarray(random.integers(0, 256, (side, side, 3), np.uint8)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)


def gradient(random):
    ends, axis = random.integers(0, 256, (2, 3)), np.linspace(0, 1, SIDE)
    ramp = np.outer(np.ones(SIDE), axis) if random.random() < 0.5 else np.add.outer(axis, axis) / 2
    return Image.fromarray((ends[0] + ramp[..., None] * (ends[1] - ends[0])).astype(np.uint8))


def chart(random):
    """Bars and a line over white, in three colours."""
    picture = Image.new("RGB", (SIDE, SIDE), "white")
    draw, values = ImageDraw.Draw(picture), random.uniform(0.1, 0.9, 12) * SIDE
    colours = [tuple(int(v) for v in colour) for colour in random.integers(0, 230, (3, 3))]
    for i, value in enumerate(values):
        draw.rectangle((12 + 20 * i, SIDE - value, 24 + 20 * i, SIDE - 10), fill=colours[i % 2])
    draw.line([(18 + 20 * i, value) for i, value in enumerate(random.permutation(values))], fill=colours[2], width=3)
    return picture


def text(random):
    picture = Image.new("RGB", (SIDE, SIDE), tuple(int(v) for v in random.integers(150, 256, 3)))
    for y in range(8, SIDE, 16):
        ImageDraw.Draw(picture).text((8, y), "".join(chr(c) for c in random.integers(33, 123, 36)), fill="black")
    return picture


def made_pictures(each=10, seed=1):
    """Pillow images, each of SIDE x SIDE: so many of each kind."""
    random = np.random.default_rng(seed)
    return [make(random) for make in (noise, gradient, chart, text) for _ in range(each)]
