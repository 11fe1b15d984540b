"""The `audio` sense: a sound as a log-mel spectrogram, cut into square patches, each becoming one site of the field.

Shapes: B batch, T frames, M mel bands, S sites, D field width.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from jaxtyping import Float, Integer
from pydantic import Field, model_validator
from torch import Tensor

from ltm.chart.base import Part
from ltm.errors import DataError
from ltm.senses.layout import Layout, Written
from ltm.senses.sound_file import read_sound
from ltm.senses.spectrogram import LOUDEST, levels
from ltm.senses.stem import PatchSense

MOST_FRAMES = 1024


class AudioSpec(Part):
    """A sound: the name of a WAV file, or a list or array of samples; from both a log-mel spectrogram is made.

    Plain WAV files of any rate, width and number of channels are read; WAV files of floating point numbers, FLAC, Ogg
    and MP3 need the package soundfile. What is longer than declared is cut, what is shorter is followed by silence.
    Samples are numbers from -1 to 1, or whole numbers of 16 bits. Frames by bands of levels 0 to 254 are taken as they
    are.
    """

    kind: Literal["audio"]
    seconds: Annotated[float, Field(gt=0, le=60)]
    """How much of a sound is heard, from its beginning."""
    rate: Annotated[int, Field(ge=1000, le=192_000)] = 16_000
    """Pitches up to half of this are heard, in Hz; also the samples a second of lists and arrays."""
    mels: Annotated[int, Field(ge=4, le=256)] = 40
    """Bands of pitch."""
    hop: Annotated[float, Field(ge=1, le=1000)] = 10.0
    """Milliseconds from one frame to the next; a window is two and a half times as long, at least 25."""
    patch: Literal[1, 2, 4, 8, 16, 32] = 8
    """Frames and bands along a patch's side; both are filled up to whole patches with silence."""
    stem: Literal["convolution", "patches"] = "convolution"
    """`convolution`: strided 3x3 convolutions that halve the spectrogram until a point is a patch; `patches`: one
    matrix a patch."""
    positions: Literal["none", "learned"] = "learned"
    """`learned` adds a vector for each row (moment) and each column (pitch) of patches."""
    scale: Annotated[float, Field(gt=0, le=1000)] = 1.0
    """Factor on what it writes, whose standard deviation is about one before."""

    @model_validator(mode="after")
    def _few_frames(self) -> AudioSpec:
        if self.frames > MOST_FRAMES:
            least = self.seconds * 1000 / MOST_FRAMES
            raise ValueError(f"{self.frames:,} frames are too many (at most {MOST_FRAMES:,}); hop: {least:.3g} or more")
        return self

    @property
    def frames(self) -> int:
        """How many frames the declared seconds take."""
        # Rounded first, as 0.3 s are a hair more than 30 times 10 ms in floating point.
        return max(1, math.ceil(round(self.seconds * 1000 / self.hop, 6)))

    @property
    def layout(self) -> Layout:
        """Frames and bands of levels; nothing is padded, since all spectrograms have one size."""
        return Layout(rank=2, dtype="uint8", symbolic=False)

    @property
    def written(self) -> Written:
        """The name of a file, or a list."""
        return "file"

    def sites(self, shape: tuple[int, ...]) -> tuple[int, int]:
        """Returns the rows and columns of patches."""
        return self.fixed_sites

    @property
    def fixed_sites(self) -> tuple[int, int]:
        """Rows (moments) and columns (pitches) of patches; every sound has the same."""
        return (math.ceil(self.frames / self.patch), math.ceil(self.mels / self.patch))

    def words(self) -> str:
        """Says how much is heard: `first 1 s, 100×40 levels to 8 kHz`."""
        return f"first {self.seconds:g} s, {self.frames}×{self.mels} levels to {self.rate / 2000:g} kHz"

    def encode(self, value: Any) -> npt.NDArray[np.uint8]:
        """Turns a file's name, its bytes or samples into levels `[frames, mels]`.

        Raises:
            DataError: no such file, one that isn't a sound, no samples, or samples out of range.
        """
        if isinstance(value, str | Path | bytes):
            sound = read_sound(value if isinstance(value, bytes) else Path(value), self.seconds)
            return self._levels(sound.samples, sound.rate)
        try:
            array = np.asarray(value)
        except ValueError:
            raise DataError("expected samples one after another, or frames of equal length") from None
        if array.ndim == 2:
            return self._from_levels(array)
        if array.ndim != 1 or not (np.issubdtype(array.dtype, np.number) or not array.size):
            raise DataError("expected the name of a sound file, or a list of samples")
        return self._levels(samples_of(array), self.rate)

    def decode(self, encoded: npt.NDArray[Any]) -> Any:
        """Turns levels into nested lists; the samples they were made from are lost."""
        return encoded.astype(int).tolist()

    def _levels(self, samples: npt.NDArray[np.float64], rate: int) -> npt.NDArray[np.uint8]:
        heard = samples[: math.ceil(self.seconds * rate)]
        hop, highest = self.hop / 1000, self.rate / 2
        return levels(heard, rate, frames=self.frames, hop=hop, mels=self.mels, highest=highest)

    def _from_levels(self, array: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
        if array.shape != (self.frames, self.mels):
            sizes = [f"{rows}×{columns}" for rows, columns in ((self.frames, self.mels), array.shape)]
            raise DataError(f"expected samples of one channel, or {sizes[0]} levels (frames, bands); got {sizes[1]}")
        if not (np.issubdtype(array.dtype, np.integer) and 0 <= array.min() and array.max() <= LOUDEST):
            raise DataError(f"levels must be whole numbers from 0 to {LOUDEST}")
        return array.astype(np.uint8)


def samples_of(array: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Returns samples from -1 to 1."""
    if not array.size:
        raise DataError("the sound holds no samples")
    most = 1.0
    if np.issubdtype(array.dtype, np.integer):
        most = 32768.0
    elif not np.issubdtype(array.dtype, np.floating):
        raise DataError(f"samples must be numbers, got {array.dtype}")
    samples = array.astype(np.float64) / most
    if not (np.isfinite(samples).all() and np.abs(samples).max() <= 1):
        raise DataError("samples must lie in -1 to 1, or be whole numbers of 16 bits (-32768 to 32767)")
    return samples


class AudioSense(PatchSense):
    """The weights of an `audio` sense."""

    def __init__(self, spec: AudioSpec, width: int) -> None:
        super().__init__(spec, (spec.frames, spec.mels, 1), width)

    def forward(self, levels_BTM: Integer[Tensor, "B T M"]) -> Float[Tensor, "B S D"]:
        """Writes each patch's vector."""
        return self.write(levels_BTM[..., None])
