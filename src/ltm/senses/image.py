"""The `image` sense: a picture cut into square patches, each becoming one site of the field.

Shapes: B batch, R rows, C columns, K channels, S sites, D field width.
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from jaxtyping import Float, Integer
from pydantic import Field
from torch import Tensor

from ltm.chart.base import Part
from ltm.errors import DataError
from ltm.senses.layout import Layout, Written
from ltm.senses.stem import PatchSense

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
"""What names of picture files end in."""
MOST_PIXELS = 64 * 2**20
"""A file with more pixels is refused before it is unpacked."""


class ImageSpec(Part):
    """A picture: the name of a PNG, JPEG, BMP, GIF or WebP file, an array, or nested lists of brightnesses 0 to 255.

    Files of another size are resized, and colours turned into greys where the sense has one channel; arrays and lists
    must have the size declared.
    """

    kind: Literal["image"]
    rows: Annotated[int, Field(ge=1, le=1024)]
    columns: Annotated[int, Field(ge=1, le=1024)]
    channels: Literal[1, 3] = 1
    """1 for greys, 3 for colours."""
    patch: Literal[1, 2, 4, 8, 16, 32] = 4
    """Pixels along a patch's side; rows and columns are filled up to whole patches with darkness."""
    stem: Literal["convolution", "patches"] = "convolution"
    """`convolution`: strided 3x3 convolutions that halve the picture until a pixel is a patch, so that patches overlap;
    `patches`: one matrix a patch (Dosovitskiy et al. 2021)."""
    positions: Literal["none", "learned"] = "learned"
    """`learned` adds a vector for each row and each column of patches."""
    scale: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Factor on what it writes, whose standard deviation is about one before."""

    @property
    def layout(self) -> Layout:
        """Rows, columns and channels of brightnesses; nothing is padded, since all pictures have one size."""
        return Layout(rank=3, dtype="uint8", symbolic=False)

    @property
    def written(self) -> Written:
        """The name of a file, or lists of rows."""
        return "file"

    def sites(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Returns the rows and columns of patches."""
        return self.fixed_sites

    @property
    def fixed_sites(self) -> tuple[int, int]:
        """Rows and columns of patches; every picture has the same."""
        return (math.ceil(self.rows / self.patch), math.ceil(self.columns / self.patch))

    def words(self) -> str:
        """Says the size of a picture: `28×28 pixels in greys`."""
        return f"{self.rows}×{self.columns} pixels in {'greys' if self.channels == 1 else 'colours'}"

    def encode(self, value: Any) -> npt.NDArray[np.uint8]:
        """Turns a file's name, its bytes, nested lists or an array into brightnesses `[rows, columns, channels]`.

        Raises:
            DataError: no such file, one that isn't a picture, or an array of another size or out of range.
        """
        if isinstance(value, str | Path | bytes):
            file = value if isinstance(value, bytes) else Path(value)
            return self.fitted(open_image(file, "L" if self.channels == 1 else "RGB"))
        try:
            pixels = np.asarray(value)
        except ValueError:
            raise DataError("rows differ in length") from None
        if pixels.ndim == 2:
            pixels = pixels[..., None]
        wanted = (self.rows, self.columns, self.channels)
        if pixels.shape != wanted:
            sizes = ["×".join(str(side) for side in shape) for shape in (wanted, pixels.shape)]
            raise DataError(f"expected a picture of {sizes[0]} (rows, columns, channels), got {sizes[1] or 'a number'}")
        if not (np.issubdtype(pixels.dtype, np.integer) and 0 <= pixels.min() and pixels.max() <= 255):
            raise DataError("brightnesses must be whole numbers from 0 to 255")
        return pixels.astype(np.uint8)

    def decode(self, pixels: npt.NDArray[Any]) -> Any:
        """Turns brightnesses back into nested lists, without the axis of channels where there is one."""
        return (pixels[..., 0] if self.channels == 1 else pixels).astype(int).tolist()

    def fitted(self, image: Any) -> npt.NDArray[np.uint8]:
        """Returns a Pillow image's brightnesses `[rows, columns, channels]`, resized where it has another size."""
        image = image.convert("L" if self.channels == 1 else "RGB")
        if image.size != (self.columns, self.rows):
            image = image.resize((self.columns, self.rows))
        return np.array(image, dtype=np.uint8).reshape(self.rows, self.columns, self.channels)


def pillow() -> Any:
    """Returns Pillow's module for images.

    Raises:
        DataError: it isn't installed.
    """
    try:
        from PIL import Image
    except ImportError:
        raise DataError("reading pictures needs Pillow: pip install 'ltm[images]'") from None
    return Image


def open_image(file: Path | bytes, mode: str) -> Any:
    """Returns a Pillow image in a mode, from a file's name or from the bytes of one.

    Raises:
        DataError: no such file, not a picture, too large, or Pillow isn't installed.
    """
    Image = pillow()
    from PIL import ImageOps

    name = f"{len(file):,} bytes" if isinstance(file, bytes) else repr(str(file)[:200])
    try:
        with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file) as image:
            if image.width * image.height > MOST_PIXELS:
                raise DataError(f"{name}: {image.width:,}×{image.height:,} pixels; at most {MOST_PIXELS:,} are read")
            # Cameras say by a mark which side is up, and leave the pixels as the sensor had them.
            return _flat(ImageOps.exif_transpose(image)).convert(mode)
    except DataError:
        raise
    except FileNotFoundError:
        raise DataError(f"{name}: there is no such picture") from None
    except Exception as problem:  # Pillow raises many kinds for damaged files
        raise DataError(f"{name} can't be read as a picture: {problem}"[:400]) from None


def _flat(image: Any) -> Any:
    """Returns a picture whose brightnesses fit into bytes, on white where it is transparent."""
    from PIL import Image

    if image.mode.startswith("I"):  # 16 bits: cut off rather than scaled by Pillow
        return Image.fromarray((np.asarray(image).clip(0, 65535) // 257).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        coloured = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", coloured.size, "white"), coloured)
    return image


class ImageSense(PatchSense):
    """The weights of an `image` sense."""

    def __init__(self, spec: ImageSpec, width: int) -> None:
        super().__init__(spec, (spec.rows, spec.columns, spec.channels), width)

    def forward(self, image_BRCK: Integer[Tensor, "B R C K"]) -> Float[Tensor, "B S D"]:
        """Writes each patch's vector."""
        return self.write(image_BRCK)
