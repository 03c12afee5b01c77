"""What PyTorch makes of model/fruit.safetensors: features.npy, float32 [4, 1280], a row for each photo beside it by name.

The network is that of model/train, the resize Pillow's; neither has anything of the exporter's graph. The photos are
Verger's own samples (one cut to 80 x 56, one enlarged to 256 x 256, in 32 colours), kept as PNG so that no decoder's rounding comes in.

    python test/golden/fruit/make.py       # model/train/requirements.txt; PyTorch on the CPU is enough
"""

import sys
from pathlib import Path

import numpy as np
import torch

here = Path(__file__).parent
model = here / "../../../model"
sys.path.insert(0, str(model / "train"))

from data import read_input  # noqa: E402
from evaluate import features, load_fruit  # noqa: E402

photos = sorted(here.glob("*.png"))
pixels = torch.from_numpy(np.stack([read_input(photo) for photo in photos])).permute(0, 3, 1, 2)
rows = features(load_fruit(model / "fruit.safetensors"), pixels).numpy()
np.save(here / "features.npy", rows)
print([photo.name for photo in photos], rows.shape, rows.min(), rows.max())
