"""Writes a JPEG as HEIC, in HEVC by x265, its colour profile with it: heic.py PHOTO.jpg PHOTO.heic"""

import sys

import pillow_heif
from PIL import Image

pillow_heif.register_heif_opener()
jpeg, heic = sys.argv[1:]
photo = Image.open(jpeg)
photo.save(heic, quality=60, icc_profile=photo.info["icc_profile"])
print("true")
