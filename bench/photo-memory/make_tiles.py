"""Makes the tiles that bench/photo-memory puts HEICs together of: python3 make_tiles.py (pip install pillow==12.3.0 pillow-heif==1.8.1).

Noise, which leaves HEVC no square without residuals: 256 × 256 in 8 bits 4:2:0 and in 12 bits 4:4:4.
"""

from pathlib import Path

import numpy as np
import pillow_heif

HERE = Path(__file__).parent
noise = np.random.default_rng(1).integers(0, 65536, (256, 256, 3)).astype(np.uint16)

eight = pillow_heif.from_bytes(mode="RGB", size=(256, 256), data=(noise >> 8).astype(np.uint8).tobytes())
eight.save(HERE / "tile-8-bit-420.heic", quality=50, chroma=420, save_nclx_profile=False)
pillow_heif.options.SAVE_HDR_TO_12_BIT = True
twelve = pillow_heif.from_bytes(mode="RGB;16", size=(256, 256), data=noise.tobytes())
twelve.save(HERE / "tile-12-bit-444.heic", quality=50, chroma=444, save_nclx_profile=False)
