"""Google's speech embedding (Lin et al. 2020) as openWakeWord ships it: 96 numbers every 80 ms, from 775 ms of sound.

Two ONNX files one after the other: a mel spectrogram of 32 bands every 10 ms, and the network on windows of 76 frames.

Shapes: N samples, F frames, M bands, T windows, K channels.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ltm.pretrained.facts import Facts, Run, Value
from ltm.pretrained.onnx_graph import session

WINDOW, STEP = 76, 8
"""Frames of a window, and from one to the next."""
HOP, LEAD = 160, 512
"""Samples from one frame to the next, and those that a frame is made of."""
CHANNELS = 96


def _frames(samples: int) -> int:
    return max(0, (samples - LEAD) // HOP + 1)


def _windows(samples: int) -> int:
    return max(0, (_frames(samples) - WINDOW) // STEP + 1)


def _operations(samples: int) -> int:
    return _frames(samples) * OF_A_FRAME + _windows(samples) * OF_A_WINDOW


OF_A_FRAME, OF_A_WINDOW = 542_784, 83_911_680
"""Operations of both files."""
FACTS = Facts(
    takes="audio",
    channels=CHANNELS,
    weights=599_524,
    sites=lambda samples: (_windows(samples), 1),
    operations=_operations,
    least=LEAD + (WINDOW - 1) * HOP,
    most=60 * 16_000,
)


def load(contents: Mapping[str, bytes], source: str) -> Run:
    """Makes both networks of the contents of their files, spectrogram first.

    Raises:
        FolderError: damaged, or not what is run here.
    """
    spectrogram, embedding = (session(data, f"{source}/{name}") for name, data in contents.items())

    def run(value: Value) -> npt.NDArray[np.float32]:
        """Returns `[T, 96]` of samples `[N]`."""
        samples_1N = np.asarray(value, dtype=np.float32)[None]
        levels_FM = spectrogram.run(None, {"input": samples_1N})[0].reshape(-1, 32)
        # As openWakeWord does, which brings the levels near those that the network was trained on.
        levels_FM = levels_FM / 10 + 2
        starts = range(0, len(levels_FM) - WINDOW + 1, STEP)
        windows_TFM1 = np.stack([levels_FM[start : start + WINDOW] for start in starts])[..., None]
        made_TK: npt.NDArray[np.float32] = embedding.run(None, {"input_1": windows_TFM1})[0].reshape(-1, CHANNELS)
        return made_TK

    return run
