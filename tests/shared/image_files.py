"""Files of pictures, for tests: one picture, and archives of the form that Fashion-MNIST comes in."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np

PIXELS = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10


def picture(file: Path, pixels: np.ndarray = PIXELS) -> Path:
    from PIL import Image

    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)
    return file


def idx(array: np.ndarray, kind: int = 8) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, kind, array.ndim, *array.shape) + array.tobytes()


def clothes(folder: Path, part: str, count: int, seed: int) -> None:
    """Pictures of chance, each class as often as any other."""
    drawn = np.random.default_rng(seed)
    images = drawn.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    labels = (np.arange(count) % 10).astype(np.uint8)
    (folder / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(images)))
    (folder / f"{part}-labels-idx1-ubyte").write_bytes(idx(labels))
