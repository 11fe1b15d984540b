"""Pretrained models so small that tests write them: an ONNX file that looks at pictures of eight by eight."""

from __future__ import annotations

import atexit
import functools
import shutil
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

SIDE = 8
CHANNELS = 6
GRID = (4, 4)


def picture_graph(seed: int = 0, weight: Any = None, operator: str = "Relu", domain: str = "") -> bytes:
    """Returns an ONNX file: a convolution with a stride of two, and an operator."""
    from onnx import TensorProto, helper, numpy_helper

    drawn = np.random.default_rng(seed).normal(size=(CHANNELS, 3, 2, 2)).astype(np.float32)
    kernel = numpy_helper.from_array(drawn if weight is None else weight, "kernel")
    nodes = [
        helper.make_node("Conv", ["picture", "kernel"], ["mixed"], strides=[2, 2]),
        helper.make_node(operator, ["mixed"], ["seen"], domain=domain),
    ]
    given = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    made = helper.make_tensor_value_info("seen", TensorProto.FLOAT, [1, CHANNELS, *GRID])
    graph = helper.make_graph(nodes, "little", [given], [made], [kernel])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


@functools.lru_cache(maxsize=1)
def little_model() -> str:
    """Returns the path of such a file, there for as long as the tests run."""
    folder = Path(tempfile.mkdtemp(prefix="ltm-little-model-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "little.onnx").write_bytes(picture_graph())
    return str(folder / "little.onnx")


def views(batch: int = 3, seed: int = 0) -> torch.Tensor:
    """Returns random pictures `[B, 8, 8, 3]`."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, 255, (batch, SIDE, SIDE, 3), generator=generator, dtype=torch.uint8)
