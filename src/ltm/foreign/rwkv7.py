"""RWKV-7 models from elsewhere: the author's layout, rwkv.cpp's, and that of flash-linear-attention."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ltm.foreign.config import refuse_other
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


def rwkv7_from(config: dict[str, Any], tensors: Tensors) -> Foreign:
    """Takes a model apart.

    Raises:
        FolderError: tensors are missing, of other sizes, or left over.
    """
    if "emb.weight" in tensors:
        return _authors(tensors)
    return _fla(config, tensors)


def _authors(tensors: Tensors) -> Foreign:
    """`blocks.0.att.…`; rwkv.cpp has one tensor for all six shifts, and the matrices of low rank turned."""
    table = tensors.take("emb.weight", axes=2)
    width, layers = table.shape[1], tensors.count(r"blocks\.(\d+)\.")
    turned = "blocks.0.att.x_rwkvag" in tensors
    body: dict[str, Tensor] = {}
    heads, ranks, hidden = 1, [0, 0, 0, 0], 0
    tensors.leave(f"blocks.0.att.v{number}" for number in range(3))  # the first layer has no earlier value
    for layer in range(layers):
        att, ffn, time = f"blocks.{layer}.att", f"blocks.{layer}.ffn", f"time.{layer}"
        if turned:
            body[f"{time}.shift"] = tensors.take(f"{att}.x_rwkvag", (6, width))
        else:
            body[f"{time}.shift"] = torch.stack([tensors.take(f"{att}.x_{letter}", (width,)) for letter in SIX])
        for number, (part, letter) in enumerate(LOW):
            if part == "earlier" and not layer:
                continue
            down, up = (tensors.take(f"{att}.{letter}{place}", axes=2) for place in (1, 2))
            body[f"{time}.{part}.down.weight"] = down if turned else down.T.contiguous()
            body[f"{time}.{part}.up.weight"] = up if turned else up.T.contiguous()
            ranks[number] = body[f"{time}.{part}.down.weight"].shape[0]
            if part != "gate":
                body[f"{time}.{part}.base"] = tensors.take(f"{att}.{letter}0", (width,))
        for name, theirs in AUTHORS.items():
            body[f"{time}.{name}.weight"] = tensors.take(f"{att}.{theirs}.weight", (width, width))
        body[f"{time}.removal"] = tensors.take(f"{att}.k_k", (width,))
        body[f"{time}.renewal"] = tensors.take(f"{att}.k_a", (width,))
        body[f"{time}.bonus"] = tensors.take(f"{att}.r_k", axes=2)
        heads = body[f"{time}.bonus"].shape[0]
        body |= _norm(tensors, f"{att}.ln_x", f"{time}.norm", width)
        body[f"channels.{layer}.shift"] = tensors.take(f"{ffn}.x_k", (width,))
        for name in ("key", "value"):
            body[f"channels.{layer}.{name}.weight"] = tensors.take(f"{ffn}.{name}.weight", axes=2)
        hidden = body[f"channels.{layer}.key.weight"].shape[0]
        body |= _norm(tensors, f"blocks.{layer}.ln1", f"time_norms.{layer}", width)
        body |= _norm(tensors, f"blocks.{layer}.ln2", f"channel_norms.{layer}", width)
    body |= _norm(tensors, "blocks.0.ln0", "norm_in", width)
    body |= _norm(tensors, "ln_out", "norm_out", width)
    head = tensors.take("head.weight", tuple(table.shape))
    tensors.done()
    return Foreign("rwkv7", width, _zone(layers, width // heads, hidden, ranks), body, table, head)


def _fla(config: dict[str, Any], tensors: Tensors) -> Foreign:
    """`model.layers.0.attn.…`."""
    refuse_other(config, KNOWN, tensors.source)
    table = tensors.take("model.embeddings.weight", axes=2)
    width, layers = table.shape[1], tensors.count(r"model\.layers\.(\d+)\.")
    body: dict[str, Tensor] = {}
    heads, ranks, hidden = 1, [0, 0, 0, 0], 0
    for layer in range(layers):
        att, ffn, time = f"model.layers.{layer}.attn", f"model.layers.{layer}.ffn", f"time.{layer}"
        body[f"{time}.shift"] = torch.stack([tensors.take(f"{att}.x_{letter}", (width,)) for letter in SIX])
        for number, (part, letter) in enumerate(LOW):
            lora = f"{att}.{letter}_lora.lora"
            if part == "earlier" and not layer:
                tensors.leave((f"{lora}.0.weight", f"{lora}.2.weight", f"{lora}.2.bias"))
                continue
            body[f"{time}.{part}.down.weight"] = tensors.take(f"{lora}.0.weight", axes=2)
            body[f"{time}.{part}.up.weight"] = tensors.take(f"{lora}.2.weight", axes=2)
            ranks[number] = body[f"{time}.{part}.down.weight"].shape[0]
            if part != "gate":
                body[f"{time}.{part}.base"] = tensors.take(f"{lora}.2.bias", (width,))
        for name, letter in MATRICES:
            body[f"{time}.{name}.weight"] = tensors.take(f"{att}.{letter}_proj.weight", (width, width))
        body[f"{time}.removal"] = tensors.take(f"{att}.k_k", (width,))
        body[f"{time}.renewal"] = tensors.take(f"{att}.k_a", (width,))
        body[f"{time}.bonus"] = tensors.take(f"{att}.r_k", axes=2)
        heads = body[f"{time}.bonus"].shape[0]
        body |= _norm(tensors, f"{att}.g_norm", f"{time}.norm", width)
        body[f"channels.{layer}.shift"] = tensors.take(f"{ffn}.x_k", (width,))
        for name in ("key", "value"):
            body[f"channels.{layer}.{name}.weight"] = tensors.take(f"{ffn}.{name}.weight", axes=2)
        hidden = body[f"channels.{layer}.key.weight"].shape[0]
        body |= _norm(tensors, f"model.layers.{layer}.attn_norm", f"time_norms.{layer}", width)
        body |= _norm(tensors, f"model.layers.{layer}.ffn_norm", f"channel_norms.{layer}", width)
    body |= _norm(tensors, "model.layers.0.pre_norm", "norm_in", width)
    body |= _norm(tensors, "model.norm", "norm_out", width)
    head = tensors.take("lm_head.weight", tuple(table.shape))
    tensors.done()
    return Foreign("rwkv7", width, _zone(layers, width // heads, hidden, ranks), body, table, head)


def _norm(tensors: Tensors, theirs: str, ours: str, width: int) -> dict[str, Tensor]:
    return {f"{ours}.{part}": tensors.take(f"{theirs}.{part}", (width,)) for part in ("weight", "bias")}


def _zone(layers: int, head_width: int, hidden: int, ranks: list[int]) -> dict[str, Any]:
    found = [rank or 1 for rank in ranks]  # of one layer alone, no earlier values are known
    return {"kind": "rwkv7", "layers": layers, "head_width": head_width, "hidden": hidden, "ranks": found}
