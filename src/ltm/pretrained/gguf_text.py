"""Language models of the Llama family in GGUF files, run by the body of this project's own `llama` zone.

What is told of a token is what the layers make of it and all before it, after the last norm: the vectors from which the
model itself says what comes next. Matrices are stored in few bits and multiplied in fp32, which takes four bytes a
weight in memory.

Shapes: L tokens, K channels.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from ltm.errors import FolderError, LtmError
from ltm.foreign.gguf_file import MOST_BYTES, Header, tensors_of
from ltm.foreign.gguf_vocabulary import vocabulary_of
from ltm.foreign.llama import GGUF, is_llama, llama_from, zone_of
from ltm.foreign.tensors import Tensors
from ltm.pretrained.facts import Facts, Run, Value, in_a_row
from ltm.runtime.weights import read_bytes
from ltm.senses.tokenizer import keep, most_symbols
from ltm.zones.llama import LlamaBody, LlamaSpec

BLOCKS = GGUF.sizes[2]
"""What settings call the number of layers."""
LONGEST = 8192
"""Tokens of a text at most, or as many as the model learned from."""


def sizes(width: int, zone: Mapping[str, int], symbols: int, longest: int) -> Facts:
    """Returns what has to be known of a model of some size.

    Args:
        width: channels.
        zone: its layers, heads, groups and hidden channels.
        symbols: that it has.
        longest: tokens of a text at most.
    """
    layers = zone["layers"]
    shared = width // zone["heads"] * zone["groups"]
    matrices = 2 * width**2 + 2 * width * shared + 3 * width * zone["hidden"]

    def operations(tokens: int) -> int:
        return layers * (2 * matrices * tokens + 4 * width * tokens**2)

    # Two norms a layer, one behind the last, and a vector for each symbol.
    weights = layers * (matrices + 2 * width) + width + symbols * width
    return Facts("text", width, weights, in_a_row, operations, most=longest)


def facts_of(file: Path, layers: int | None = None) -> Facts:
    """Returns what a file's model takes and makes; its tensors aren't read.

    Args:
        file: that holds it.
        layers: only the first so many; all when absent.

    Raises:
        FolderError: damaged, or of another family.
        LtmError: it has fewer layers.
    """
    header = _header(read_bytes(file, MOST_BYTES), str(file), layers)
    width, zone = zone_of(header.settings, GGUF, str(file))
    symbols = header.tensors[GGUF.outer[0]].shape[0] if GGUF.outer[0] in header.tensors else 0
    longest = header.settings.get(GGUF.longest)
    return sizes(width, zone, symbols, min(LONGEST, longest) if isinstance(longest, int) and longest > 0 else LONGEST)


def load(contents: Mapping[str, bytes], source: str, layers: int | None = None) -> Run:
    """Makes the model of the content of its one file.

    Args:
        contents: of the file.
        source: what messages call it, or its folder.
        layers: only the first so many; all when absent.

    Raises:
        FolderError: damaged, of another family, or a vocabulary of more tokens than the model knows.
        LtmError: it has fewer layers.
        DataError: the package gguf is not installed.
    """
    (data,) = contents.values()
    header = _header(data, source, layers)
    count = header.settings[BLOCKS] if isinstance(header.settings.get(BLOCKS), int) else 0
    wanted = {GGUF.layer.format(i=layer) for layer in range(count)}

    def is_wanted(name: str) -> bool:
        return not name.startswith("blk.") or ".".join(name.split(".")[:2]) + "." in wanted

    model = llama_from(header.settings, Tensors(tensors_of(header, is_wanted), source))
    most = most_symbols(keep(vocabulary(header, source)))
    if most > len(model.table):
        raise FolderError(f"{source}: writes {most:,} tokens; the model knows {len(model.table):,}")
    body = LlamaBody(LlamaSpec(**model.zone), model.width, None).eval().requires_grad_(False)
    body.load_state_dict(model.body, assign=True)  # or it would be here twice
    table = model.table  # nor does the rest of the model stay

    def run(value: Value) -> npt.NDArray[np.float32]:
        """Returns what is made of tokens `[L]`, `[L, K]`."""
        tokens_L = torch.from_numpy(np.asarray(value, dtype=np.int64))
        made_1LK, _ = body.advance(table[tokens_L][None], body.start(1))
        return np.asarray(made_1LK[0].numpy())

    return run


def vocabulary(header: Header, source: str) -> str:
    """Returns the content of a `tokenizer.json` for a file's texts.

    Raises:
        FolderError: the file has no vocabulary, or one that isn't read.
        DataError: the package tokenizers is not installed.
    """
    found = vocabulary_of(header.settings, source)
    if found is None:
        raise FolderError(f"{source}: has no vocabulary; without it no text can be turned into tokens")
    return found


def vocabulary_in(data: bytes, source: str) -> str:
    """Returns the same for the content of a file; raises as `vocabulary`."""
    return vocabulary(Header(data, source), source)


def _header(data: bytes, source: str, layers: int | None) -> Header:
    """Reads a header; where a model is cut, its settings say so."""
    header = Header(data, source)
    if not is_llama(header.settings, Tensors({}, source)):
        said = header.settings.get("general.architecture")
        raise FolderError(f"{source}: of a family that is not run here ({said!r}); of GGUF files only 'llama' is")
    whole = header.settings.get(BLOCKS)
    if layers is not None:
        if isinstance(whole, int) and not 1 <= layers <= whole:
            raise LtmError(f"layers: the model in {source} has {whole}, got {layers}")
        header.settings[BLOCKS] = layers
    return header
