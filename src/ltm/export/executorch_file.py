"""The target `executorch`: a `.pte` program for phones and boards, which ExecuTorch runs without Python.

What XNNPACK knows runs in XNNPACK, the rest in portable kernels. A program thinks about one scene at a time: where the
batch may vary XNNPACK takes neither slices nor most changes of shape, memory is set aside for the largest, and the
verifier of ExecuTorch 1.5.1 makes a constant of the batch as soon as a tensor is split.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from ltm.errors import LtmError
from ltm.export.describe import KEY
from ltm.export.onnx_file import Arrays
from ltm.export.quiet import quiet
from ltm.scenes.extras import library

THINK = "forward"
"""The method that thinks; inputs and outputs in the order of the description, which the method `ltm` returns."""
REMARKS = ("executorch", "torchao", "torch.export", "torch.utils._pytree")


def executorch_bytes(program: torch.export.ExportedProgram, told: Mapping[str, Any]) -> bytes:
    """Turns an exported program into the content of a `.pte` file.

    Args:
        program: of a `ThoughtGraph`, for a batch of one.
        told: its description, which a method of its own returns as JSON.

    Raises:
        LtmError: ExecuTorch is missing, or has no counterpart for an operator.
    """
    with quiet(*REMARKS):
        exir = library("executorch.exir", "exporting to ExecuTorch")
        xnnpack = library("executorch.backends.xnnpack.partition.xnnpack_partitioner", "exporting to ExecuTorch")
        try:
            edge = exir.to_edge_transform_and_lower(
                program,
                partitioner=[xnnpack.XnnpackPartitioner()],
                constant_methods={KEY: json.dumps(told, ensure_ascii=False)},
            )
            content = edge.to_executorch().buffer
        except Exception as problem:  # of many kinds, from torch's and its own verifiers, passes and emitter
            raise LtmError(f"this brain can't be written for ExecuTorch: {_reason(problem)}. Try --to onnx") from None
    return bytes(content)


def run_executorch(content: bytes, threads: int) -> Any:
    """Returns a function that runs a program on arrays of one scene.

    Raises:
        LtmError: ExecuTorch is missing, or lacks a kernel that the program calls.
    """
    with quiet(*REMARKS):
        runtime = library("executorch.runtime", "running ExecuTorch programs").Runtime.get()
        pool = library("executorch.extension.pybindings.portable_lib", "running ExecuTorch programs")
        # Unsafe while something thinks, which nothing does yet; otherwise times would not be comparable.
        pool._unsafe_reset_threadpool(threads)
    try:
        program = runtime.load_program(content)
        told = json.loads(program.load_method(KEY).execute([])[0])
        program.load_method(THINK)  # where a kernel is missing, it is missed here
    except RuntimeError as problem:
        raise LtmError(f"ExecuTorch can't run what was made: {_reason(problem)}. Try --to onnx") from None
    outputs = list(told["outputs"])

    def run(seen: Arrays) -> dict[str, npt.NDArray[Any]]:
        given = [torch.from_numpy(np.ascontiguousarray(seen[name])) for name in told["inputs"]]
        # By way of the program, which holds the content: a method that outlives it reads memory that is gone.
        found = program.load_method(THINK).execute(given)
        return {name: value.numpy() for name, value in zip(outputs, found, strict=True)}

    return run


def _reason(problem: BaseException) -> str:
    """Returns the first line of what was said: what follows is advice on the exporter's own options."""
    return next((line.strip()[:300] for line in str(problem).splitlines() if line.strip()), type(problem).__name__)
