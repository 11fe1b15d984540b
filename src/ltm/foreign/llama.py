"""Llama-family models from elsewhere: in transformers' layout (TinyLlama, SmolLM2, …), Meta's own, and llama.cpp's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ltm.errors import FolderError
from ltm.foreign.config import check_symbols, end_of, longest_of, refuse_other, rotary_of, setting
from ltm.foreign.gguf_file import ARCHITECTURE
from ltm.foreign.tensors import Foreign, Tensors

OTHERWISE = {"hidden_act": "silu", "attention_bias": False, "mlp_bias": False, "sliding_window": None}
"""What `config.json` may say of these; anything else is another architecture."""


@dataclass(frozen=True)
class Layout:
    """How a program that gives models of this family away calls their parts.

    Attributes:
        sizes: what its settings call the width, the hidden channels, the layers, the heads and the groups.
        head: what they call the channels of a head.
        theta: the base of rotary positions.
        eps: the constant of the norms, and what it is where nobody says.
        longest: the symbols of the longest text.
        end: the symbol at which texts end.
        refused: what they may say at most of what is not built here.
        layer: before the names of a layer's tensors.
        parts: those, in the order of `PARTS`.
        outer: the symbols' vectors, the last norm, and the matrix to symbols.
        neighbours: whether neighbouring channels are turned, rather than halves of a head.
        tied: whether the matrix to symbols is the symbols' vectors where nobody says.
        file: that the settings are from, for messages.
    """

    sizes: tuple[str, str, str, str, str]
    head: str
    theta: str
    eps: tuple[str, float]
    longest: str
    layer: str
    parts: tuple[str, ...]
    outer: tuple[str, str, str]
    neighbours: bool
    tied: bool
    end: str = "eos_token_id"
    refused: Mapping[str, Any] = field(default_factory=lambda: OTHERWISE)
    file: str = "config.json"


PARTS = (
    "attention.{i}.query.weight",
    "attention.{i}.key.weight",
    "attention.{i}.value.weight",
    "attention.{i}.out.weight",
    "attention_norms.{i}.weight",
    "channel_norms.{i}.weight",
    "channels.{i}.gate.weight",
    "channels.{i}.up.weight",
    "channels.{i}.down.weight",
)
"""A layer's tensors, as they are called here."""
TRANSFORMERS = Layout(
    sizes=("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads"),
    head="head_dim",
    theta="rope_theta",
    eps=("rms_norm_eps", 1e-6),
    longest="max_position_embeddings",
    layer="model.layers.{i}.",
    parts=(
        *(f"self_attn.{letter}_proj" for letter in "qkvo"),
        "input_layernorm",
        "post_attention_layernorm",
        *(f"mlp.{part}_proj" for part in ("gate", "up", "down")),
    ),
    outer=("model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"),
    neighbours=False,
    tied=False,
)
META = Layout(
    sizes=("dim", "hidden_dim", "n_layers", "n_heads", "n_kv_heads"),
    head="head_dim",
    theta="rope_theta",
    eps=("norm_eps", 1e-5),
    longest="max_seq_len",
    layer="layers.{i}.",
    parts=(
        *(f"attention.w{letter}" for letter in "qkvo"),
        "attention_norm",
        "ffn_norm",
        *(f"feed_forward.w{number}" for number in (1, 3, 2)),
    ),
    outer=("tok_embeddings.weight", "norm.weight", "output.weight"),
    neighbours=True,
    tied=True,
)
GGUF = Layout(
    sizes=(
        "llama.embedding_length",
        "llama.feed_forward_length",
        "llama.block_count",
        "llama.attention.head_count",
        "llama.attention.head_count_kv",
    ),
    head="llama.rope.dimension_count",
    theta="llama.rope.freq_base",
    eps=("llama.attention.layer_norm_rms_epsilon", 1e-5),
    longest="llama.context_length",
    layer="blk.{i}.",
    parts=(
        *(f"attn_{part}" for part in ("q", "k", "v", "output")),
        "attn_norm",
        "ffn_norm",
        *(f"ffn_{part}" for part in ("gate", "up", "down")),
    ),
    outer=("token_embd.weight", "output_norm.weight", "output.weight"),
    neighbours=True,
    tied=True,
    end="tokenizer.ggml.eos_token_id",
    refused={"llama.expert_count": 0, "llama.rope.scaling.type": "none"},
    file="its settings",
)
"""Of llama.cpp, whose files (`ltm.foreign.gguf_file`) come with their own settings."""


def is_llama(config: dict[str, Any], tensors: Tensors) -> bool:
    """Whether a model is of this family."""
    if ARCHITECTURE in config:
        return bool(config[ARCHITECTURE] == "llama")
    return config.get("model_type") == "llama" or "layers.0.attention.wq.weight" in tensors


def llama_from(config: dict[str, Any], tensors: Tensors) -> Foreign:
    """Takes a model apart.

    Raises:
        FolderError: another architecture, or tensors are missing, of other sizes, or left over.
    """
    layout = GGUF if ARCHITECTURE in config else META if META.outer[0] in tensors else TRANSFORMERS
    width, zone = zone_of(config, layout, tensors.source)
    body: dict[str, Tensor] = {}
    for layer in range(zone["layers"]):
        body |= _layer(layer, width, zone, layout, tensors)
    table = tensors.take(layout.outer[0], axes=2)
    body["norm_out.weight"] = tensors.take(layout.outer[1], (width,))
    check_symbols(config, len(table), tensors.source)
    last = _head(config, table, layout, tensors)
    tensors.done()
    longest = longest_of(config, layout.longest, tensors.source, file=layout.file)
    return Foreign("llama", width, zone, body, table, last, end=end_of(config, len(table), layout.end), longest=longest)


def _head(config: Mapping[str, Any], table: Tensor, layout: Layout, tensors: Tensors) -> Tensor | None:
    """Takes the matrix to symbols; None where it is the symbols' vectors."""
    name = layout.outer[2]
    if name in tensors:
        return tensors.take(name, tuple(table.shape))
    said = config.get("tie_word_embeddings", config.get("tied_embeddings"))
    if layout.tied if said is None else said:
        return None
    why = f"{layout.file} says that it isn't tied" if said is not None else "tie_word_embeddings is false where unsaid"
    raise FolderError(f"{tensors.source}: no tensor {name!r}, which tells what comes next ({why})")


def zone_of(config: Mapping[str, Any], layout: Layout, source: str) -> tuple[int, dict[str, Any]]:
    """Returns a model's width, and the declaration of the zone that it becomes.

    Raises:
        FolderError: settings that are missing, out of proportion, or of another architecture.
    """

    def whole(place: int, default: int | None = None) -> int:
        return setting(config, layout.sizes[place], int, source, default, file=layout.file)

    refuse_other(config, layout.refused, source, file=layout.file)
    width, hidden, layers, heads = (whole(place) for place in range(4))
    groups = whole(4, heads)
    head = setting(config, layout.head, int, source, width // heads, file=layout.file)
    if head * heads != width:
        raise FolderError(f"{source}: heads of {head} channels; only heads that together are as wide as the model")
    if groups > heads or heads % groups:
        raise FolderError(f"{source}: {groups} groups of keys and values don't divide {heads} heads")
    eps = setting(config, layout.eps[0], float, source, layout.eps[1], file=layout.file)
    if layout is TRANSFORMERS:
        theta, stretch = rotary_of(config, source)
    else:
        theta, stretch = setting(config, layout.theta, float, source, 1e4, file=layout.file), None
    sizes = {"layers": layers, "heads": heads, "groups": groups, "hidden": hidden}
    stretched = {} if stretch is None else {"stretch": stretch}
    return width, {"kind": "llama", **sizes, "theta": theta, "eps": eps, **stretched}


def _layer(layer: int, width: int, zone: dict[str, Any], layout: Layout, tensors: Tensors) -> dict[str, Tensor]:
    """Takes a layer's tensors; returns them under the names that the zone has for them."""
    hidden, heads, groups = zone["hidden"], zone["heads"], zone["groups"]
    square, shared = (width, width), (groups * (width // heads), width)
    shapes = (square, shared, shared, square, (width,), (width,), (hidden, width), (hidden, width), (width, hidden))
    before, found = layout.layer.format(i=layer), {}
    for part, name, shape in zip(PARTS, layout.parts, shapes, strict=True):
        found[part.format(i=layer)] = tensors.take(f"{before}{name}.weight", shape, axes=len(shape))
    gate, up = (found.pop(f"channels.{layer}.{part}.weight") for part in ("gate", "up"))
    found[f"channels.{layer}.gate_up.weight"] = torch.cat((gate, up))
    for part, count in (("query", heads), ("key", groups)) if layout.neighbours else ():
        name = f"attention.{layer}.{part}.weight"
        found[name] = halves(found[name], count)
    tensors.leave((f"{before}self_attn.rotary_emb.inv_freq",))
    return found


def halves(weight: Tensor, heads: int) -> Tensor:
    """Returns a matrix `[heads x K, W]` whose rows are turned in halves, from one in which neighbours are turned."""
    rows, width = weight.shape
    return weight.view(heads, rows // heads // 2, 2, width).transpose(1, 2).reshape(rows, width).contiguous()
