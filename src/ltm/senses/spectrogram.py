"""How loud each pitch is at each moment: a log-mel spectrogram in whole levels.

Windows and filters are made for the rate that a sound was recorded at, so nothing is resampled: the same sound gives
the same levels at any rate, but for pitches that a low rate can't hold.

Shapes: F frames, W samples of a window, P pitches of a spectrum, M mel bands.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt

RANGE = 96.0
"""Decibels from the softest level to a tone as loud as can be; what 16 bits hold."""
LOUDEST = 254
"""The level of such a tone; 255 is left to mark places outside of values."""
_SHORTEST_WINDOW = 0.025
"""Seconds; shorter windows can't tell low pitches apart."""
_AT_ONCE = 2**21
"""Points of spectra that are held at once."""

Samples = npt.NDArray[np.float64]


def levels(samples: Samples, rate: int, *, frames: int, hop: float, mels: int, highest: float) -> npt.NDArray[np.uint8]:
    """Returns levels `[frames, mels]`, from 0 (silence) to 254.

    Args:
        samples: one channel, from -1 to 1; silence follows where they end early.
        rate: samples a second.
        frames: how many frames.
        hop: seconds from one frame to the next; a window is two and a half times as long, at least 25 ms.
        mels: bands, equally wide on the mel scale.
        highest: the highest pitch, in Hz.
    """
    size = max(2, round(max(_SHORTEST_WINDOW, 2.5 * hop) * rate))
    window_W = np.hanning(size + 2)[1:-1]
    length, filters_MP = _filters(rate, size, mels, highest)
    starts_F = np.round(np.arange(frames) * hop * rate).astype(np.int64)
    needed = int(starts_F[-1]) + size
    heard = samples[:needed] - (samples[:needed].mean() if len(samples) else 0.0)
    heard = np.pad(heard, (0, needed - len(heard)))
    # By Parseval's theorem a tone of amplitude 1 comes out as 1 in all bands together, whatever the window and rate.
    scale = 4 / (length * (window_W**2).sum())
    result = np.empty((frames, mels), dtype=np.uint8)
    step = max(1, _AT_ONCE // length)
    for first in range(0, frames, step):
        places_FW = starts_F[first : first + step, None] + np.arange(size)
        spectrum_FP = np.abs(np.fft.rfft(heard[places_FW] * window_W, length)) ** 2
        decibels_FM = 10 * np.log10(np.maximum(spectrum_FP @ filters_MP.T * scale, 1e-12))
        result[first : first + step] = np.clip(np.rint((decibels_FM + RANGE) / RANGE * LOUDEST), 0, LOUDEST)
    return result


@functools.lru_cache(maxsize=16)
def _filters(rate: int, size: int, mels: int, highest: float) -> tuple[int, npt.NDArray[np.float64]]:
    """Returns how long the transform is, and triangular filters `[M, P]` whose neighbours add up to one."""
    edges = _hertz(np.linspace(0, _mel(highest), mels + 2))
    # So long that at least two pitches of the spectrum lie on each side of the narrowest triangle.
    length = 1 << math.ceil(math.log2(max(size, 2 * rate / (edges[1] - edges[0]))))
    pitches_P = np.arange(length // 2 + 1) * (rate / length)
    low, middle, high = (edges[start : start + mels, None] for start in range(3))
    rising, falling = (pitches_P - low) / (middle - low), (high - pitches_P) / (high - middle)
    return length, np.maximum(0, np.minimum(rising, falling))


def _mel(hertz: float) -> float:
    """Returns a pitch on the mel scale (O'Shaughnessy 1987)."""
    return 2595 * math.log10(1 + hertz / 700)


def _hertz(mel: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return 700 * (10 ** (mel / 2595) - 1)
