"""Pictures of the parts of one scene: the cells of a board, or the tokens of a sequence, however they are given.

One picture of the whole is cut into cells; a folder or a list holds a picture each; an array holds all of them, or
those of many scenes. A picture of one brightness shows nothing.

Shapes: N scenes, R rows, C columns, L places in a sequence, h and w pixels.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.errors import DataError, nearest
from ltm.scenes.arrays import arrays_of
from ltm.scenes.questions import MOST_BYTES, standard_input
from ltm.senses.image import ENDINGS, ImageSpec, open_image, pillow

FLAT = 24
"""A picture whose brightnesses differ by less shows nothing."""
ALMOST = 0.02
"""How far the width of a strip may be from a whole number of its height."""
_NAMED = re.compile(r"\D*(\d+)\D+(\d+)\D*")
Picture = npt.NDArray[np.uint8] | None
"""Brightnesses `[h, w, channels]` in the size that the eye sees; None where there is nothing to see."""


@dataclass(frozen=True)
class Pictured:
    """How pictures are read.

    Attributes:
        spec: of the eye that sees them.
        sides: rows and columns of the board; None for a sequence.
        cells: rows and columns into which one picture is cut; the board's when absent, squares of a strip otherwise.
        margin: share of a cell that is cut off at each side, where lines are.
        invert: whether dark and light change places.
    """

    spec: ImageSpec
    sides: tuple[int, int] | None
    cells: tuple[int, int] | None = None
    margin: float = 0.0
    invert: bool = False

    def scenes(self, given: Sequence[str]) -> Iterator[tuple[str, list[Picture]]]:
        """Yields scenes, each with where it is and its pictures.

        Args:
            given: names of pictures, folders and arrays; `-` is a picture from standard input. Names of as many
                pictures as the board has cells are its cells, with `.` for one without a picture; those for a sequence
                are its tokens.

        Raises:
            DataError: nothing there, or what can't be read or cut.
        """
        whole = self._never_cut(given)
        if whole and (self.margin or self.cells):
            raise DataError(f"{whole}: --cells and --margin cut one picture of everything, which this isn't")
        if self._apart(given):
            yield f"{len(given)} pictures", self._seen([None if name == "." else Path(name) for name in given])
            return
        for name in given:
            path = Path(name)
            if name == "-":
                data = standard_input().read(MOST_BYTES + 1)
                yield "standard input", self._cut(data, "standard input")
            elif path.is_dir():
                yield name, self._seen(self._in_folder(path))
            elif path.suffix.lower() in (".npz", ".npy"):
                yield from self._in_array(path)
            elif path.suffix.lower() in ENDINGS or path.is_file():
                yield name, self._cut(path, name)
            else:
                known = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
                raise DataError(f"{name}: there is no such picture, folder or array{nearest(path.name, known)}")

    def _apart(self, given: Sequence[str]) -> bool:
        """Returns whether every picture is one of a cell, or of a token."""
        singles = all(name == "." or name.lower().endswith(ENDINGS) for name in given)
        count = None if self.sides is None else self.sides[0] * self.sides[1]
        return singles and len(given) > 1 and count in (None, len(given))

    def _never_cut(self, given: Sequence[str]) -> str:
        """Returns the first of what is given that isn't one picture of everything; empty where all are."""
        if self._apart(given):
            return f"{len(given)} pictures"
        arrays = (".npz", ".npy")
        return next((name for name in given if Path(name).is_dir() or Path(name).suffix.lower() in arrays), "")

    def _seen(self, files: Sequence[Path | None]) -> list[Picture]:
        return self._without_end([None if file is None else self._fitted(self._open(file)) for file in files])

    def _open(self, file: Path | bytes) -> Any:
        return open_image(file, "L" if self.spec.channels == 1 else "RGB")

    def _fitted(self, image: Any) -> Picture:
        pixels = self.spec.fitted(image)
        if self.invert:
            pixels = 255 - pixels
        return None if int(pixels.max()) - int(pixels.min()) < FLAT else pixels

    def _without_end(self, pictures: list[Picture]) -> list[Picture]:
        """Returns a sequence without what is empty at its end; a board as it is."""
        while self.sides is None and pictures and pictures[-1] is None:
            pictures.pop()
        return pictures

    def _cut(self, file: Path | bytes, name: str) -> list[Picture]:
        image = self._open(file)
        rows, columns = self.cells or self.sides or self._squares(image.size, name)
        if image.width < columns or image.height < rows:
            raise DataError(f"{name}: {image.width}×{image.height} pixels can't be cut into {rows} rows of {columns}")
        tall, wide = image.height / rows, image.width / columns
        down, across = self.margin * tall, self.margin * wide
        pictures = []
        for row in range(rows):
            for column in range(columns):
                left, top = column * wide + across, row * tall + down
                right, bottom = (column + 1) * wide - across, (row + 1) * tall - down
                box = (int(left), int(top), max(int(left) + 1, round(right)), max(int(top) + 1, round(bottom)))
                pictures.append(self._fitted(image.crop(box)))
        return self._without_end(pictures)

    def _squares(self, size: tuple[int, int], name: str) -> tuple[int, int]:
        wide, tall = size
        count = round(wide / tall)
        if count < 1 or abs(wide / tall - count) > ALMOST * max(1, count):
            raise DataError(f"{name}: a strip of {wide}×{tall} pixels isn't made of squares; say --cells, such as 1x7")
        return 1, count

    def _in_folder(self, folder: Path) -> list[Path | None]:
        files = [file for file in folder.iterdir() if file.suffix.lower() in ENDINGS and not file.name.startswith(".")]
        files.sort(key=lambda file: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", file.name)])
        if not files:
            raise DataError(f"{folder}: holds no pictures ({', '.join(ENDINGS)})")
        if self.sides is None or len(files) == self.sides[0] * self.sides[1]:
            return list(files)
        rows, columns = self.sides
        placed: list[Path | None] = [None] * (rows * columns)
        for file in files:
            found = _NAMED.fullmatch(file.stem)
            row, column = (int(found[1]), int(found[2])) if found else (0, 0)
            if not (1 <= row <= rows and 1 <= column <= columns):
                wanted = f"{rows * columns} pictures, or such as are named by row and column (3-7.png)"
                raise DataError(f"{file}: expected {wanted}; rows up to {rows}, columns up to {columns}")
            if placed[(row - 1) * columns + column - 1] is not None:
                raise DataError(f"{file}: there is another picture for row {row}, column {column}")
            placed[(row - 1) * columns + column - 1] = file
        return placed

    def _in_array(self, path: Path) -> Iterator[tuple[str, list[Picture]]]:
        colours = 1 if self.spec.channels == 3 else 0
        alone = (3 if self.sides is None else 4) + colours
        shape = "[L, h, w]" if self.sides is None else "[R, C, h, w]"
        found = {name: array for name, array in arrays_of(path).items() if array.ndim in (alone, alone + 1)}
        if len(found) != 1:
            many = f"several could be it: {', '.join(found)}" if found else "there is none"
            raise DataError(f"{path}: expected one array of pictures {shape}, or one more axis for many scenes; {many}")
        (array,) = found.values()
        if array.dtype != np.uint8:
            raise DataError(f"{path}: brightnesses must be whole numbers from 0 to 255 (uint8), got {array.dtype}")
        if 0 in array.shape:
            raise DataError(f"{path}: the array is empty: {'×'.join(map(str, array.shape))}")
        scenes = array[None] if array.ndim == alone else array
        for number, scene in enumerate(scenes, start=1):
            where = str(path) if len(scenes) == 1 else f"{path}:{number}"
            if self.sides is not None and scene.shape[:2] != self.sides:
                sizes = [f"{rows} rows of {columns}" for rows, columns in (self.sides, scene.shape[:2])]
                raise DataError(f"{where}: expected {sizes[0]} pictures, got {sizes[1]}")
            pixels = scene.reshape(-1, *scene.shape[-2 - colours :])
            yield where, self._without_end([self._of_array(one) for one in pixels])

    def _of_array(self, pixels: npt.NDArray[np.uint8]) -> Picture:
        return self._fitted(pillow().fromarray(pixels))
