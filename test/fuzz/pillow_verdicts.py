"""Reads paths from standard input, one a line; for each prints what Pillow's strict decoding says: nothing if it is whole."""

import sys
import warnings

from PIL import Image

try:
    import pillow_heif

    pillow_heif.register_heif_opener()
except ImportError:
    pass

Image.MAX_IMAGE_PIXELS = None
warnings.simplefilter("ignore")


def verdict(path: str) -> str:
    try:
        with Image.open(path) as image:
            image.load()
    except Image.UnidentifiedImageError:
        # What this Pillow has no decoder for says nothing.
        return "" if path.endswith((".avif", ".heic")) else "cannot identify the image"
    except Exception as error:  # noqa: BLE001: whatever it says is the verdict
        return f"{type(error).__name__}: {error}".replace("\n", " ")
    return ""


for line in sys.stdin:
    print(verdict(line.rstrip("\n")))
