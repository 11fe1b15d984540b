"""Every family of models from elsewhere that is read. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ltm.errors import FolderError
from ltm.foreign.llama import is_llama, llama_from
from ltm.foreign.phi import is_phi, phi_from
from ltm.foreign.rwkv7 import is_rwkv7, rwkv7_from
from ltm.foreign.tensors import Foreign, Tensors, read_model

Config = dict[str, Any]
FAMILIES: dict[str, tuple[Callable[[Config, Tensors], bool], Callable[[Config, Tensors], Foreign]]] = {
    "rwkv7": (is_rwkv7, rwkv7_from),
    "llama": (is_llama, llama_from),
    "phi": (is_phi, phi_from),
}
"""By name: whether a model is of the family, and what takes it apart."""


def foreign_model(place: Path) -> Foreign:
    """Reads a model of any known family.

    Args:
        place: a `.safetensors` file, or a folder with one or several and perhaps `config.json`.

    Raises:
        FolderError: nothing that can be read, of no known family, or not what the family's models are made of.
    """
    config, tensors = read_model(place)
    for belongs, take_apart in FAMILIES.values():
        if belongs(config, tensors):
            return take_apart(config, tensors)
    said = f" (config.json says {config['model_type']!r})" if "model_type" in config else ""
    raise FolderError(f"{place}: of no family that is known here: {', '.join(FAMILIES)}{said}")
