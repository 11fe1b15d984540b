"""The target `torch-export`: a `.pt2` archive, which PyTorch runs without the code that it was made from.

Such archives hold pickled parts, so only those from someone you trust may be opened: ONNX files hold none.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Mapping
from typing import Any

import numpy.typing as npt
import torch

from ltm.export.describe import KEY
from ltm.export.onnx_file import Arrays

EXTRA = f"{KEY}.json"


def torch_bytes(program: torch.export.ExportedProgram, told: Mapping[str, Any]) -> bytes:
    """Turns an exported program into the content of a `.pt2` archive; its description becomes a file in it."""
    for part in program.graph_module.modules():
        for node in part.graph.nodes if isinstance(part, torch.fx.GraphModule) else ():
            node.meta.pop("stack_trace", None)  # it names this machine's folders
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(program, stream, extra_files={EXTRA: json.dumps(told, ensure_ascii=False)})
    return stream.getvalue()


def run_torch(content: bytes, threads: int) -> Any:
    """Returns a function that runs an archive's content on arrays; only for an archive that was made here."""
    module = torch.export.load(io.BytesIO(content)).module()

    def run(seen: Arrays) -> dict[str, npt.NDArray[Any]]:
        with torch.inference_mode():
            found = module({name: torch.from_numpy(value) for name, value in seen.items()})
        return {name: value.numpy() for name, value in found.items()}

    return run
