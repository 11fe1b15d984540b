"""The target `onnx`: one file with the weights inside, which ONNX Runtime runs without torch."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ltm.errors import LtmError
from ltm.export.describe import BATCH, KEY
from ltm.export.quiet import quiet
from ltm.scenes.extras import library

OPSET = 18
"""The oldest that torch's exporter writes as it is, so that old runtimes read it too."""
MOST_BYTES = 2 * 10**9 - 10**7
"""What protocol buffers can hold in one file, with room for the nodes."""
Arrays = Mapping[str, npt.NDArray[Any]]


def onnx_bytes(program: torch.export.ExportedProgram, told: Mapping[str, Any]) -> bytes:
    """Turns an exported program into the content of an ONNX file.

    Args:
        program: of a `ThoughtGraph`.
        told: its description, which goes into the file's metadata.

    Raises:
        LtmError: a library is missing, the weights don't fit into one file, or an operator has no counterpart.
    """
    for module in ("onnx", "onnxscript"):
        library(module, "exporting to ONNX")
    size = sum(tensor.nbytes for tensor in program.state_dict.values())
    if size > MOST_BYTES:
        raise LtmError(f"{size:,} bytes of weights; an ONNX file holds at most {MOST_BYTES:,}. Try --to torch-export")
    with quiet("torch.onnx", "onnxscript", "onnx_ir"):
        try:
            made = torch.onnx.export(
                program,
                dynamo=True,
                input_names=list(told["inputs"]),
                output_names=list(told["outputs"]),
                opset_version=OPSET,
                optimize=False,
                verbose=False,
            )
        except torch.onnx.errors.OnnxExporterError as problem:
            raise LtmError(f"this brain can't be written as ONNX: {_reason(problem)}. Try --to torch-export") from None
        assert made is not None
        _shrink(made.model)
        proto = made.model_proto
    for value in (*proto.graph.input, *proto.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = BATCH
    del proto.graph.value_info[:]  # they name the batch's axis otherwise, and aren't needed
    proto.metadata_props.add(key=KEY, value=json.dumps(told, ensure_ascii=False))
    content: bytes = proto.SerializeToString(deterministic=True)
    return content


def run_onnx(content: bytes, threads: int) -> Any:
    """Returns a function that runs an ONNX file's content on arrays.

    Raises:
        LtmError: ONNX Runtime is missing.
    """
    runtime = library("onnxruntime", "running ONNX files")
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3  # what it can't fold is no news
    session = runtime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]

    def run(seen: Arrays) -> dict[str, npt.NDArray[Any]]:
        return dict(zip(names, map(np.asarray, session.run(names, dict(seen))), strict=True))

    return run


def _shrink(model: Any) -> None:
    """Folds constants and merges what is computed twice, first of all: the rewriting that follows then is quick.

    Metadata goes too: it holds the names of this machine's folders.
    """
    from onnx_ir.passes import common
    from onnxscript import optimizer

    optimizer.fold_constants(model)
    common.CommonSubexpressionEliminationPass()(model)
    optimizer.optimize_ir(model)
    common.ClearMetadataAndDocStringPass()(model)


def _reason(problem: BaseException) -> str:
    """Returns the innermost cause in one line."""
    while problem.__cause__ is not None:
        problem = problem.__cause__
    return " ".join(str(problem).split())[:300]
