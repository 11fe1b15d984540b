"""Words spoken by eSpeak NG, for benchmarks and tests that need speech and have no recordings.

It comes with `pip install espeakng-loader`. Synthetic, and said to be so wherever a figure comes from it. Samples come
at 22,050 a second.
"""

from __future__ import annotations

import ctypes
import functools
from typing import Any

import numpy as np
import numpy.typing as npt

RATE = 22_050
VOICES = ("en-us", "en-gb", "en-gb-scotland", "en-gb-x-rp", "en-029", "en-gb-x-gbclan", "en-gb-x-gbcwmd")
"""Kinds of English."""
_SPEED, _PITCH = 1, 3
_SYNCHRONOUS = 2
_UTF8 = 1
_Heard = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@functools.lru_cache(maxsize=1)
def _library() -> Any:
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
    if rate != RATE:
        raise RuntimeError(f"eSpeak NG speaks at {rate} samples a second; expected {RATE}")
    return library


def spoken(words: str, voice: str = "en-us", speed: int = 160, pitch: int = 50) -> npt.NDArray[np.int16]:
    """Returns the samples of some words `[N]`, the same each time."""
    library, parts = _library(), []

    def heard(samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            parts.append(np.ctypeslib.as_array(samples, (count,)).copy())
        return 0

    callback = _Heard(heard)
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetVoiceByName(voice.encode())
    library.espeak_SetParameter(_SPEED, speed, 0)
    library.espeak_SetParameter(_PITCH, pitch, 0)
    text = words.encode()
    library.espeak_Synth(text, len(text) + 1, 0, 1, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    return np.concatenate(parts).astype(np.int16)
