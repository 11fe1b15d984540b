"""RWKV-7 models from elsewhere: the author's layout, rwkv.cpp's, and that of flash-linear-attention."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ltm.errors import FolderError
from ltm.foreign.config import check_symbols, end_of, refuse_other
from ltm.foreign.tensors import Foreign, Tensors

SIX = ("r", "w", "k", "v", "a", "g")
LOW = (("decay", "w"), ("rate", "a"), ("earlier", "v"), ("gate", "g"))
"""Low-rank parts here, and the letter that the others call them by."""
MATRICES = (("receptance", "r"), ("key", "k"), ("value", "v"), ("out", "o"))
KNOWN = {"hidden_act": "sqrelu", "attn": None, "norm_first": True, "norm_bias": True, "norm_eps": 1e-5}
"""What a configuration of flash-linear-attention may say of these; anything else is another architecture."""
AUTHORS = {"receptance": "receptance", "key": "key", "value": "value", "out": "output"}


def is_rwkv7(config: dict[str, Any], tensors: Tensors) -> bool:
    """Whether a model is of this family."""
    return config.get("model_type") == "rwkv7" or "blocks.0.att.k_k" in tensors


@dataclass(frozen=True)
class Layout:
    """How one of the others calls the tensors.

    Attributes:
        table: vectors of symbols.
        head: the matrix to symbols.
        norms: the norm before the first layer, and that after the last.
        layer: what the names of a layer's tensors begin with; `{}` is its number.
        time: the part that mixes over time.
        matrices: of that part: here, and there.
        low: of its low-rank parts the matrix down, that up, and the base; `{}` is the part's letter.
        layer_norms: of the heads, before mixing over time, and before mixing over channels.
    """

    table: str
    head: str
    norms: tuple[str, str]
    layer: str
    time: str
    matrices: dict[str, str]
    low: tuple[str, str, str]
    layer_norms: tuple[str, str, str]


AUTHOR = Layout(
    table="emb.weight",
    head="head.weight",
    norms=("blocks.0.ln0", "ln_out"),
    layer="blocks.{}",
    time="att",
    matrices=AUTHORS,
    low=("{}1", "{}2", "{}0"),
    layer_norms=("att.ln_x", "ln1", "ln2"),
)
"""`blocks.0.att.…`, also of rwkv.cpp, which has one tensor for all six shifts, and low-rank matrices not turned."""
FLA = Layout(
    table="model.embeddings.weight",
    head="lm_head.weight",
    norms=("model.layers.0.pre_norm", "model.norm"),
    layer="model.layers.{}",
    time="attn",
    matrices={ours: f"{letter}_proj" for ours, letter in MATRICES},
    low=("{}_lora.lora.0.weight", "{}_lora.lora.2.weight", "{}_lora.lora.2.bias"),
    layer_norms=("attn.g_norm", "attn_norm", "ffn_norm"),
)
"""`model.layers.0.attn.…`, as flash-linear-attention has it."""


def rwkv7_from(config: dict[str, Any], tensors: Tensors) -> Foreign:
    """Takes a model apart.

    Raises:
        FolderError: another architecture, or tensors are missing, of other sizes, or left over.
    """
    layout = AUTHOR if AUTHOR.table in tensors else FLA
    if layout is FLA:
        refuse_other(config, KNOWN, tensors.source)
    table = tensors.take(layout.table, axes=2)
    check_symbols(config, len(table), tensors.source)
    width, layers = table.shape[1], tensors.count(re.escape(layout.layer).replace(r"\{\}", r"(\d+)") + r"\.")
    first = f"{layout.layer.format(0)}.{layout.time}"
    one_shift = f"{first}.x_rwkvag" in tensors
    # Of the first layer, which has no earlier value to mix in, some keep the matrices that would.
    tensors.leave(f"{first}.{name.format('v')}" for name in layout.low)
    body: dict[str, Tensor] = {}
    heads, ranks, hidden = 1, [1, 1, 1, 1], 0
    for layer in range(layers):
        here, time = layout.layer.format(layer), f"time.{layer}"
        att, ffn = f"{here}.{layout.time}", f"{here}.ffn"
        if one_shift:
            body[f"{time}.shift"] = tensors.take(f"{att}.x_rwkvag", (6, width))
        else:
            body[f"{time}.shift"] = torch.stack([tensors.take(f"{att}.x_{letter}", (width,)) for letter in SIX])
        for number, (part, letter) in enumerate(LOW):
            if part == "earlier" and not layer:
                continue
            down, up, base = (f"{att}.{name.format(letter)}" for name in layout.low)
            turned = layout is AUTHOR and not one_shift
            for ours, theirs in (("down", down), ("up", up)):
                matrix = tensors.take(theirs, axes=2)
                body[f"{time}.{part}.{ours}.weight"] = matrix.T.contiguous() if turned else matrix
            ranks[number] = body[f"{time}.{part}.down.weight"].shape[0]
            if part != "gate":
                body[f"{time}.{part}.base"] = tensors.take(base, (width,))
        for ours, theirs in layout.matrices.items():
            body[f"{time}.{ours}.weight"] = tensors.take(f"{att}.{theirs}.weight", (width, width))
        body[f"{time}.removal"] = tensors.take(f"{att}.k_k", (width,))
        body[f"{time}.renewal"] = tensors.take(f"{att}.k_a", (width,))
        body[f"{time}.bonus"] = tensors.take(f"{att}.r_k", axes=2)
        heads = _heads(body[f"{time}.bonus"], width, f"{tensors.source}: {att}.r_k")
        body[f"channels.{layer}.shift"] = tensors.take(f"{ffn}.x_k", (width,))
        for ours in ("key", "value"):
            body[f"channels.{layer}.{ours}.weight"] = tensors.take(f"{ffn}.{ours}.weight", axes=2)
        hidden = body[f"channels.{layer}.key.weight"].shape[0]
        norms = (f"{time}.norm", f"time_norms.{layer}", f"channel_norms.{layer}")
        for ours, theirs in zip(norms, layout.layer_norms, strict=True):
            body |= _norm(tensors, f"{here}.{theirs}", ours, width)
    for ours, theirs in zip(("norm_in", "norm_out"), layout.norms, strict=True):
        body |= _norm(tensors, theirs, ours, width)
    head = tensors.take(layout.head, tuple(table.shape))
    tensors.done()
    zone = {"kind": "rwkv7", "layers": layers, "head_width": width // heads, "hidden": hidden, "ranks": ranks}
    return Foreign("rwkv7", width, zone, body, table, head, end=end_of(config, len(table)))


def _heads(bonus_HK: Tensor, width: int, where: str) -> int:
    """Returns how many heads there are."""
    heads = len(bonus_HK)
    if not heads or width % heads:
        raise FolderError(f"{where} is of {heads} heads, which don't divide {width} channels")
    return heads


def _norm(tensors: Tensors, theirs: str, ours: str, width: int) -> dict[str, Tensor]:
    return {f"{ours}.{part}": tensors.take(f"{theirs}.{part}", (width,)) for part in ("weight", "bias")}
