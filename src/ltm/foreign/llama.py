"""Llama-family models from elsewhere: in transformers' layout (TinyLlama, SmolLM2, …), and in Meta's own."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ltm.errors import FolderError
from ltm.foreign.config import end_of, longest_of, refuse_other, rotary_base, setting
from ltm.foreign.tensors import Foreign, Tensors

KNOWN = {
    "hidden_act": "silu",
    "attention_bias": False,
    "mlp_bias": False,
    "sliding_window": None,
}
"""What a configuration may say of these; anything else is another architecture."""
NAMES = {
    "attention.{i}.query.weight": ("self_attn.q_proj", "attention.wq"),
    "attention.{i}.key.weight": ("self_attn.k_proj", "attention.wk"),
    "attention.{i}.value.weight": ("self_attn.v_proj", "attention.wv"),
    "attention.{i}.out.weight": ("self_attn.o_proj", "attention.wo"),
    "attention_norms.{i}.weight": ("input_layernorm", "attention_norm"),
    "channel_norms.{i}.weight": ("post_attention_layernorm", "ffn_norm"),
    "channels.{i}.gate.weight": ("mlp.gate_proj", "feed_forward.w1"),
    "channels.{i}.up.weight": ("mlp.up_proj", "feed_forward.w3"),
    "channels.{i}.down.weight": ("mlp.down_proj", "feed_forward.w2"),
}
"""A layer's tensors: here, in transformers' layout, and in Meta's."""


def is_llama(config: dict[str, Any], tensors: Tensors) -> bool:
    """Whether a model is of this family."""
    return config.get("model_type") == "llama" or "layers.0.attention.wq.weight" in tensors


def llama_from(config: dict[str, Any], tensors: Tensors) -> Foreign:
    """Takes a model apart.

    Raises:
        FolderError: another architecture, or tensors are missing, of other sizes, or left over.
    """
    theirs = 1 if "tok_embeddings.weight" in tensors else 0
    where = tensors.source
    if theirs:
        words = ("dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads")
        eps, theta = setting(config, "norm_eps", float, where, 1e-5), setting(config, "rope_theta", float, where, 1e4)
        prefix, outer = "", ("tok_embeddings.weight", "norm.weight", "output.weight")
    else:
        refuse_other(config, KNOWN, where)
        words = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads")
        eps = setting(config, "rms_norm_eps", float, where, 1e-6)
        theta = rotary_base(config, where)
        prefix, outer = "model.", ("model.embed_tokens.weight", "model.norm.weight", "lm_head.weight")
    width, hidden, layers, heads = (setting(config, word, int, where) for word in words[:4])
    groups = setting(config, words[4], int, where, heads)
    head = setting(config, "head_dim", int, where, width // heads)
    if head * heads != width:
        raise FolderError(f"{where}: heads of {head} channels; only heads that together are as wide as the model")
    if groups > heads or heads % groups:
        raise FolderError(f"{where}: {groups} groups of keys and values don't divide {heads} heads")
    shared, square = (groups * head, width), (width, width)
    shapes = (square, shared, shared, square, (width,), (width,), (hidden, width), (hidden, width), (width, hidden))
    body: dict[str, Tensor] = {}
    for layer in range(layers):
        for (ours, names), shape in zip(NAMES.items(), shapes, strict=True):
            name = f"{prefix}layers.{layer}.{names[theirs]}.weight"
            body[ours.format(i=layer)] = tensors.take(name, shape, axes=len(shape))
        gate, up = (body.pop(f"channels.{layer}.{part}.weight") for part in ("gate", "up"))
        body[f"channels.{layer}.gate_up.weight"] = torch.cat((gate, up))
        for part, count in (("query", heads), ("key", groups)) if theirs else ():
            name = f"attention.{layer}.{part}.weight"
            body[name] = halves(body[name], count)
        tensors.leave((f"{prefix}layers.{layer}.self_attn.rotary_emb.inv_freq",))
    table = tensors.take(outer[0], axes=2)
    body["norm_out.weight"] = tensors.take(outer[1], (width,))
    tied = bool(config.get("tie_word_embeddings", config.get("tied_embeddings", True)))
    last = None if tied and outer[2] not in tensors else tensors.take(outer[2], tuple(table.shape))
    tensors.done()
    zone = {"kind": "llama", "layers": layers, "heads": heads, "groups": groups, "hidden": hidden}
    longest = longest_of(config, "max_seq_len" if theirs else "max_position_embeddings", where)
    zone |= {"theta": theta, "eps": eps}
    return Foreign("llama", width, zone, body, table, last, end=end_of(config, len(table)), longest=longest)


def halves(weight: Tensor, heads: int) -> Tensor:
    """Returns a matrix `[heads x K, W]` whose rows are turned in halves, from one in which neighbours are turned."""
    rows, width = weight.shape
    return weight.view(heads, rows // heads // 2, 2, width).transpose(1, 2).reshape(rows, width).contiguous()
