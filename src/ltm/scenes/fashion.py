"""The built-in source `fashion`: Fashion-MNIST (Xiao et al. 2017), 70,000 pictures of clothes of 28×28 pixels.

Its four files come with Debian's package dataset-fashion-mnist, or lie in a folder that the chart names. Brains learn
from the 60,000 of the published training set; `ltm eval` takes the 10,000 of the test set.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from ltm.chart.base import Part
from ltm.errors import DataError
from ltm.scenes.idx import read_idx
from ltm.scenes.lines import Row
from ltm.scenes.pictures import drawn_rows, picture_columns

LABELS = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot")
SIDE = 28
COLUMNS = picture_columns(SIDE, 4, LABELS)
FOLDERS = (
    Path("/usr/share/datasets/fashion-mnist"),
    Path("/usr/share/dataset-fashion-mnist"),
    Path("/usr/share/fashion-mnist"),
)
"""Where packages put the files."""
COMMAND = "apt-get install dataset-fashion-mnist"
_TRAIN, _TEST = "train", "t10k"


class FashionOptions(Part):
    """Where the pictures are."""

    folder: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """Folder with the four files `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-…`, packed (`.gz`) or
    not; those of Debian's package when absent."""


def learn(options: FashionOptions, count: int, seed: int) -> Iterator[Row]:
    """Yields at most `count` pictures of the training set, drawn by the seed."""
    return _rows(options, _TRAIN, count, seed)


def judge(options: FashionOptions, count: int, seed: int) -> Iterator[Row]:
    """Yields at most `count` pictures of the test set, drawn by the seed."""
    return _rows(options, _TEST, count, seed)


def _rows(options: FashionOptions, part: str, count: int, seed: int) -> Iterator[Row]:
    folder = _folder(options)
    images_file, labels_file = (_file(folder, f"{part}-{rest}") for rest in ("images-idx3-ubyte", "labels-idx1-ubyte"))
    images, labels = read_idx(images_file, 3), read_idx(labels_file, 1)
    if images.shape[1:] != (SIDE, SIDE):
        raise DataError(f"{images_file}: pictures of {images.shape[1]}×{images.shape[2]}, expected {SIDE}×{SIDE}")
    if len(images) != len(labels):
        raise DataError(f"{labels_file}: {len(labels):,} labels for {len(images):,} pictures")
    if len(labels) and labels.max() >= len(LABELS):
        raise DataError(f"{labels_file}: label {labels.max()}; expected 0 to {len(LABELS) - 1}")
    return drawn_rows(images, np.array(LABELS)[labels], count, seed)


def _folder(options: FashionOptions) -> Path:
    if options.folder is not None:
        folder = Path(options.folder).expanduser()
        if not folder.is_dir():
            raise DataError(f"scenes.options.folder: there is no folder {folder}")
        return folder
    for folder in FOLDERS:
        if folder.is_dir():
            return folder
    raise DataError(
        f"the source fashion needs Fashion-MNIST: {COMMAND}; or name the folder of its files in scenes.options.folder"
    )


def _file(folder: Path, name: str) -> Path:
    for file in (folder / f"{name}.gz", folder / name):
        if file.exists():
            return file
    raise DataError(f"{folder}: there is no file {name}.gz or {name} in it")
