"""Values as pretrained models take them: tokens of their own vocabulary, pixels of their size, samples of their rate.

Shapes: L tokens, R rows, C columns, N samples.
"""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.errors import DataError
from ltm.pretrained.facts import Facts
from ltm.pretrained.models import numbers_of, stamp_of, vocabulary_of
from ltm.pretrained.speaking import Numbers
from ltm.senses.audio import samples_of
from ltm.senses.image import open_image
from ltm.senses.sound_file import read_sound
from ltm.senses.tokenizer import NoTokenizer, keep, tokenizer_of

GREY = 128
"""Half of all brightness."""
LOUDEST = 32767
"""The largest sample; the one below the smallest marks places outside of values."""


def tokens(model: str, text: str) -> npt.NDArray[np.int32]:
    """Returns the tokens of a text `[L]`, those included that the model wants at its ends.

    Raises:
        DataError: the package tokenizers is missing, or the model has no vocabulary.
    """
    return np.array(_numbers(model, stamp_of(model))(text), dtype=np.int32)


def ends_closed(model: str) -> bool:
    """Returns whether a model wants the same token at the end of every text."""
    return bool(tokens(model, "a")[-1] == tokens(model, "1")[-1])


@functools.lru_cache(maxsize=8)
def _numbers(model: str, stamp: tuple[Any, ...]) -> Numbers:
    numbers = numbers_of(model)
    if numbers is not None:
        return numbers
    try:
        # How long texts may be is the sense's affair, and nothing is padded.
        tokenizer = tokenizer_of(keep(vocabulary_of(model)))
    except NoTokenizer as problem:
        raise DataError(f"model {model!r}: its vocabulary: {problem}") from None
    return lambda text: list(tokenizer.encode(text).ids)


def pixels(value: Any, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Returns a picture's brightnesses `[R, C, 3]`, resized where it has another size; greys count for all colours.

    Args:
        value: a file's name, its bytes, nested lists or an array `[rows, columns]` or `[rows, columns, 1 or 3]`.
        size: rows and columns wanted.

    Raises:
        DataError: not a picture, or Pillow is missing.
    """
    image = _image(value)
    if image.size != size[::-1]:
        image = image.resize(size[::-1], resample=2)  # bilinear
    return np.asarray(image, dtype=np.uint8)


def line(value: Any, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Returns a picture of a line of text `[R, C, 3]`: its rows scaled to the size's, its columns likewise.

    Grey stands behind a line that ends before the size's columns; one that doesn't is squeezed into them.

    Args:
        value: as for `pixels`.
        size: rows and columns wanted.

    Raises:
        DataError: not a picture, or Pillow is missing.
    """
    image, (rows, columns) = _image(value), size
    reaches = min(columns, math.ceil(image.width * rows / image.height))
    whole = np.full((rows, columns, 3), GREY, dtype=np.uint8)
    whole[:, :reaches] = image.resize((reaches, rows), resample=2)  # bilinear
    return whole


def _image(value: Any) -> Any:
    if isinstance(value, str | Path | bytes):
        return open_image(value if isinstance(value, bytes) else Path(value), "RGB")
    try:
        from PIL import Image
    except ImportError:
        raise DataError("pictures for a pretrained model need Pillow: pip install 'ltm[images]'") from None
    try:
        array = np.asarray(value)
    except ValueError:
        raise DataError("rows differ in length") from None
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] == 3)) or not array.size:
        raise DataError("expected the name of a picture file, or brightnesses [rows, columns] or [rows, columns, 3]")
    if not (np.issubdtype(array.dtype, np.integer) and 0 <= array.min() and array.max() <= 255):
        raise DataError("brightnesses must be whole numbers from 0 to 255")
    return Image.fromarray(np.ascontiguousarray(array.astype(np.uint8))).convert("RGB")


def samples(value: Any, facts: Facts, count: int) -> npt.NDArray[np.int16]:
    """Returns the first samples of a sound `[N]` at the model's rate, silence after its end.

    Args:
        value: a file's name, its bytes, or samples of one channel at the model's rate.
        facts: of the model.
        count: how many samples.

    Raises:
        DataError: not a sound.
    """
    if isinstance(value, str | Path | bytes):
        sound = read_sound(value if isinstance(value, bytes) else Path(value), count / facts.rate)
        heard = resampled(sound.samples[: math.ceil(count / facts.rate * sound.rate)], sound.rate, facts.rate)
    else:
        try:
            array = np.asarray(value)
        except ValueError:
            raise DataError("expected samples one after another") from None
        if array.ndim != 1 or not (np.issubdtype(array.dtype, np.number) or not array.size):
            raise DataError("expected the name of a sound file, or a list of samples")
        heard = samples_of(array)
    whole = np.zeros(count, dtype=np.int16)
    heard = heard[:count]
    whole[: len(heard)] = np.clip(np.rint(heard * 32768), -LOUDEST, LOUDEST)
    return whole


def resampled(sound: npt.NDArray[np.float64], rate: int, wanted: int) -> npt.NDArray[np.float64]:
    """Returns a sound at another rate: its spectrum, cut off or filled up with silence, turned back into samples."""
    if rate == wanted or not len(sound):
        return sound
    # Silence behind it keeps the end from running into the beginning.
    padded = len(sound) + rate // 50
    length = max(1, round(padded * wanted / rate))
    found = np.fft.irfft(np.fft.rfft(sound, padded), length) * (length / padded)
    kept: npt.NDArray[np.float64] = found[: round(len(sound) * wanted / rate)]
    return kept
