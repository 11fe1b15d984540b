"""Phi models from elsewhere: phi-1 and phi-1.5 in transformers' layout."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from ltm.errors import FolderError
from ltm.foreign.config import check_symbols, end_of, longest_of, refuse_other, rotary_of, setting
from ltm.foreign.tensors import Foreign, Tensors

KNOWN = {"hidden_act": "gelu_new", "qk_layernorm": False, "tie_word_embeddings": False}
"""What a configuration may say of these; anything else is another architecture."""
NAMES = {
    "norm": "input_layernorm",
    "query": "self_attn.q_proj",
    "key": "self_attn.k_proj",
    "value": "self_attn.v_proj",
    "out": "self_attn.dense",
    "up": "mlp.fc1",
    "down": "mlp.fc2",
}
"""A layer's parts: here, and there."""


def is_phi(config: dict[str, Any], tensors: Tensors) -> bool:
    """Whether a model is of this family."""
    return config.get("model_type") == "phi"


def phi_from(config: dict[str, Any], tensors: Tensors) -> Foreign:
    """Takes a model apart.

    Raises:
        FolderError: another architecture, or tensors are missing, of other sizes, or left over.
    """
    where = tensors.source
    refuse_other(config, KNOWN, where)
    words = ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads")
    width, hidden, layers, heads = (setting(config, word, int, where) for word in words)
    if setting(config, "num_key_value_heads", int, where, heads) != heads:
        raise FolderError(f"{where}: heads that share keys and values; phi-1 and phi-1.5 have none")
    theta, stretch = rotary_of(config, where)
    if stretch is not None:
        raise FolderError(f"{where}: config.json: rotary positions of type 'llama3'; phi-1 and phi-1.5 have none")
    said = {name: value for name, value in config.items() if value is not None}
    turned = setting({**(config.get("rope_parameters") or {}), **said}, "partial_rotary_factor", float, where, 0.5)
    body: dict[str, Tensor] = {}
    for layer in range(layers):
        for ours, theirs in NAMES.items():
            for part in ("weight", "bias"):
                body[f"layers.{layer}.{ours}.{part}"] = tensors.take(f"model.layers.{layer}.{theirs}.{part}")
    for part in ("weight", "bias"):
        body[f"norm_out.{part}"] = tensors.take(f"model.final_layernorm.{part}", (width,))
    table = tensors.take("model.embed_tokens.weight", axes=2)
    check_symbols(config, len(table), where)
    head, bias = tensors.take("lm_head.weight", tuple(table.shape)), tensors.take("lm_head.bias", (len(table),))
    tensors.done()
    zone = {"kind": "phi", "layers": layers, "heads": heads, "hidden": hidden, "turned": turned}
    zone |= {
        "theta": theta,
        "eps": setting(config, "layer_norm_eps", float, where, 1e-5),
    }
    longest = longest_of(config, "max_position_embeddings", where)
    return Foreign("phi", width, zone, body, table, head, bias, end_of(config, len(table)), longest)
