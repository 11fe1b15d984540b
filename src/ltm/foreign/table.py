"""Every family of models from elsewhere that is read. A new one is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ltm.errors import FolderError
from ltm.foreign.gguf_file import ARCHITECTURE
from ltm.foreign.llama import is_llama, llama_from
from ltm.foreign.phi import is_phi, phi_from
from ltm.foreign.reasoners import Reasoner, hrm_from, is_hrm, is_trm, trm_from
from ltm.foreign.rwkv7 import is_rwkv7, rwkv7_from
from ltm.foreign.tensors import CONFIG, Foreign, Load, Tensors, read_model
from ltm.runtime.weights import load_tensors

Config = dict[str, Any]
FAMILIES: dict[str, tuple[Callable[[Config, Tensors], bool], Callable[[Config, Tensors], Foreign | Reasoner]]] = {
    "rwkv7": (is_rwkv7, rwkv7_from),
    "llama": (is_llama, llama_from),
    "phi": (is_phi, phi_from),
    "trm": (is_trm, trm_from),
    "hrm": (is_hrm, hrm_from),
}
"""By name: whether a model is of the family, and what takes it apart."""
PICKLED = ("trm", "hrm")
"""Families that are published in no other form; see `ltm.foreign.pickled`."""


def foreign_model(place: Path, load: Load = load_tensors) -> Foreign | Reasoner:
    """Reads a model of any known family.

    Args:
        place: a `.safetensors` file, or a folder with one or several and perhaps `config.json`; a `.gguf` file; or a
            checkpoint of TRM or HRM, perhaps with `all_config.yaml` beside it.
        load: reads safetensors files.

    Raises:
        FolderError: nothing that can be read, of no known family, or not what the family's models are made of.
    """
    config, tensors = read_model(place, load)
    for name, (belongs, take_apart) in FAMILIES.items():
        if not tensors.pickled or name in PICKLED:
            if belongs(config, tensors):
                return take_apart(config, tensors)
    if tensors.pickled:
        raise FolderError(
            f"{place}: no checkpoint of {' or '.join(PICKLED)}; pickled weights of others are not read: "
            "convert them to safetensors first"
        )
    said = f" (config.json says {config['model_type']!r})" if "model_type" in config else ""
    if ARCHITECTURE in config:
        said = f" ({ARCHITECTURE} is {config[ARCHITECTURE]!r}; of GGUF files only 'llama' is read)"
    if place.is_file() and place.with_name(CONFIG).exists():
        said = f"; its {CONFIG} may tell: name the folder"
    raise FolderError(f"{place}: of no family that is known here: {', '.join(FAMILIES)}{said}")
