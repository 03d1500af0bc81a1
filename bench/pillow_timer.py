"""Times Pillow on request: one line `resize FILE SIZE` or `whole FILE SIZE` in, milliseconds and the crop's SHA-256 out."""

import hashlib
import io
import sys
import time

from PIL import Image

opened: dict[str, Image.Image] = {}


def crop(image: Image.Image, size: int) -> Image.Image:
    width, height = image.size
    if width <= height:
        target = (size, int(size * height / width))
    else:
        target = (int(size * width / height), size)
    image = image.resize(target, Image.Resampling.BICUBIC)
    left, top = (image.width - size) // 2, (image.height - size) // 2
    return image.crop((left, top, left + size, top + size))


for line in sys.stdin:
    what, path, size = line.split()
    data = open(path, "rb").read()
    if what == "resize":
        if path not in opened:
            opened[path] = Image.open(io.BytesIO(data)).convert("RGB")
            opened[path].load()
        start = time.perf_counter()
        result = crop(opened[path], int(size))
    else:
        start = time.perf_counter()
        result = crop(Image.open(io.BytesIO(data)).convert("RGB"), int(size))
    milliseconds = (time.perf_counter() - start) * 1000
    print(f"{milliseconds:.4f} {hashlib.sha256(result.tobytes()).hexdigest()}", flush=True)
