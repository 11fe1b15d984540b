"""PP-OCRv4's recogniser of text lines (PaddlePaddle authors 2023) as RapidOCR ships it: Chinese and English print.

A line is scaled to 48 rows of pixels. What is told of every eight columns are the 120 channels from which the file
reads its 6,625 signs, rather than these: they hold the same, and a zone learns from them what it needs. The signs are
read here too, so that what the channels hold can be shown.

Shapes: R rows, C columns, T moments along the line, K channels, V signs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from ltm.errors import FolderError
from ltm.pretrained.facts import Facts, Run, Value
from ltm.pretrained.onnx_graph import parsed, session
from ltm.scenes.extras import library

ROWS, STEP, CHANNELS = 48, 8, 120
COLUMNS = 320
"""Of a line, where nobody says otherwise: what the network was trained with."""
SIGNS = "character"
"""The file's own list of signs: one a line, between the blank, which comes first, and the space, which comes last."""
_FEATURES, _WEIGHT, _BIAS = "transpose_51.tmp_0", "linear_85.w_0", "linear_85.b_0"


def _moments(columns: int) -> int:
    return columns // STEP


def _operations(columns: int) -> int:
    """What is done to the line as a whole, to each moment, and to each pair of moments (two layers of attention)."""
    moments = _moments(columns)
    return 288_000 + 33_487_872 * moments + 960 * moments**2


FACTS = Facts(
    takes="image",
    channels=CHANNELS,
    weights=1_888_484,
    sites=lambda columns: (1, _moments(columns)),
    operations=_operations,
    size=(ROWS, COLUMNS),
    line=True,
)


def load(contents: Mapping[str, bytes], source: str) -> Run:
    """Makes the network of the content of its one file, without what reads signs.

    Raises:
        FolderError: damaged, or not what is run here.
    """
    ((name, data),) = contents.items()
    onnx, model = library("onnx", f"{source}: an ONNX file"), parsed(data, f"{source}/{name}")
    del model.graph.output[:]
    features = onnx.helper.make_tensor_value_info(_FEATURES, onnx.TensorProto.FLOAT, [None, None, CHANNELS])
    model.graph.output.append(features)
    network = session(model.SerializeToString(), f"{source}/{name}")

    def run(value: Value) -> npt.NDArray[np.float32]:
        """Returns `[T, 120]` of a line `[48, C, 3]`."""
        # The network was trained on pictures whose colours stand in the order blue, green, red.
        pixels_RC3 = np.asarray(value, dtype=np.float32)[..., ::-1] / np.float32(127.5) - 1
        given_13RC = np.ascontiguousarray(pixels_RC3.transpose(2, 0, 1))[None]
        made_TK: npt.NDArray[np.float32] = network.run([_FEATURES], {"x": given_13RC})[0][0]
        return made_TK

    return run


class Signs:
    """Reads signs off what the network makes, as the file itself would: the likeliest at each moment.

    Args:
        data: the content of the file.
        source: what messages call it.

    Raises:
        FolderError: damaged, or another network.
    """

    def __init__(self, data: bytes, source: str) -> None:
        onnx, model = library("onnx", f"{source}: an ONNX file"), parsed(data, source)
        held = {node.output[0]: node.attribute[0].t for node in model.graph.node if node.op_type == "Constant"}
        listed = {prop.key: prop.value for prop in model.metadata_props}
        if SIGNS not in listed or not {_WEIGHT, _BIAS} <= set(held):
            raise FolderError(f"{source}: holds no list of signs, or not what reads them")
        self.signs = ("", *listed[SIGNS].split("\n"), " ")
        self._weight_KV: Any = onnx.numpy_helper.to_array(held[_WEIGHT])
        self._bias_V: Any = onnx.numpy_helper.to_array(held[_BIAS])

    def read(self, made_TK: npt.NDArray[np.float32]) -> str:
        """Returns the text of a line: a sign that lasts counts once, unless a blank parts it (Graves et al. 2006)."""
        likeliest_T = (made_TK @ self._weight_KV + self._bias_V).argmax(axis=1)
        kept = np.flatnonzero(np.diff(likeliest_T, prepend=0))
        return "".join(self.signs[likeliest_T[place]] for place in kept)
