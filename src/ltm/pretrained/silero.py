"""Silero VAD (Silero Team 2021, version 6): whether somebody speaks, every 32 ms, at 16,000 samples a second.

The package's safetensors file holds other weights than its ONNX files, whose answers are the documented ones: an ONNX
file is run. What is told of a chunk is the probability of speech and the recurrent state that it is read from.

Shapes: N samples, T chunks, K channels.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ltm.pretrained.facts import Facts, Run, Value
from ltm.pretrained.onnx_graph import session

CHUNK, CONTEXT = 512, 64
"""Samples of a chunk, and of those before it that are heard again."""
HIDDEN = 128
RATE = 16_000
OF_A_CHUNK = 2 * (
    4 * 258 * 256 + 4 * 3 * 129 * 128 + 2 * 3 * 128 * 64 + 3 * 64 * 64 + 3 * 64 * 128 + 8 * HIDDEN**2 + 128
)
"""Operations: a spectrum of four frames, convolutions of 129, 128, 64, 64 and 128 channels with strides 1, 2, 2 and 1,
a recurrent layer, and one number read off it. The file's own shapes aren't all known before it runs."""


def _chunks(samples: int) -> int:
    return -(-samples // CHUNK)


FACTS = Facts(
    takes="audio",
    channels=1 + HIDDEN,
    weights=309_633,
    sites=lambda samples: (_chunks(samples), 1),
    operations=lambda samples: _chunks(samples) * OF_A_CHUNK,
    most=60 * RATE,
    rate=RATE,
)


def load(contents: Mapping[str, bytes], source: str) -> Run:
    """Makes the network of the content of its one file.

    Raises:
        FolderError: damaged, or not what is run here.
    """
    ((name, data),) = contents.items()
    network = session(data, f"{source}/{name}")

    def run(value: Value) -> npt.NDArray[np.float32]:
        """Returns `[T, 129]` of samples `[N]`: the probability of speech, and the state behind it."""
        chunks = _chunks(len(value))
        sound = np.zeros(CONTEXT + chunks * CHUNK, dtype=np.float32)
        sound[CONTEXT : CONTEXT + len(value)] = np.asarray(value, dtype=np.float32) / 32768
        state = np.zeros((2, 1, HIDDEN), dtype=np.float32)
        rate = np.array(RATE, dtype=np.int64)
        made_TK = np.empty((chunks, 1 + HIDDEN), dtype=np.float32)
        for chunk in range(chunks):
            heard = sound[None, chunk * CHUNK : (chunk + 1) * CHUNK + CONTEXT]
            spoken, state = network.run(None, {"input": heard, "state": state, "sr": rate})
            made_TK[chunk, 0], made_TK[chunk, 1:] = spoken[0, 0], state[0, 0]
        return made_TK

    return run
