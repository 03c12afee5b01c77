"""What Pillow makes of made-up photos: digests.json, the SHA-256 of each resized photo's bytes.

    pip install pillow==11.3.0 numpy==2.3.5
    python test/golden/resize/make.py

The photos are noise by a formula that test/core/photo/resize.test.ts computes too: black and white, on which the cubic overshoots
most, or of all levels.
"""

import hashlib
import json
from pathlib import Path

import numpy as np
import PIL
from PIL import Image

# width, height → width, height
SIZES = [
    (100, 100, 224, 224),
    (348, 464, 224, 224),
    (225, 223, 224, 224),
    (224, 91, 224, 224),
    (1, 1, 224, 224),
    (1, 500, 224, 224),
    (500, 1, 224, 224),
    (3, 2, 224, 224),
    (2, 3001, 224, 224),
    (32767, 4, 224, 224),
    (4, 32767, 224, 224),
    (4032, 3024, 224, 224),
    (1999, 1333, 160, 160),
    (641, 480, 299, 299),
    (100, 77, 96, 61),
    (50, 40, 1, 1),
]


def noise(width, height, seed, levels):
    """uint8 [height, width, 3]: the mixing steps of MurmurHash3 over each sample's index."""
    x = np.arange(width * height * 3, dtype=np.uint32) + np.uint32(seed)
    x = (x ^ (x >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    x = (x ^ (x >> np.uint32(16))) >> np.uint32(24)
    samples = x if levels == 256 else (x & np.uint32(1)) * np.uint32(255)
    return samples.astype(np.uint8).reshape(height, width, 3)


found = []
for seed, (width, height, to_width, to_height) in enumerate(SIZES):
    for levels in (2, 256):
        photo = Image.fromarray(noise(width, height, seed, levels))
        resized = photo.resize((to_width, to_height), Image.Resampling.BICUBIC)
        digest = hashlib.sha256(np.asarray(resized).tobytes()).hexdigest()
        found.append(dict(width=width, height=height, seed=seed, levels=levels,
                          toWidth=to_width, toHeight=to_height, sha256=digest))
lines = ",\n    ".join(json.dumps(one) for one in found)
text = f'{{\n  "pillow": "{PIL.__version__}",\n  "resized": [\n    {lines}\n  ]\n}}\n'
Path(__file__).with_name("digests.json").write_text(text)
