"""The last layers of a frozen text model, for zones that adapt them: run in batches, and with a gradient.

Families whose layers are wired as BERT's are: attention and a network of two matrices, what each makes added to what
it got, and normalised. The matrices are those that transformers has loaded; the wiring is written out here, since a
batch has padding, and what a zone has learned is added on the way.

Shapes: B batch, L tokens, K channels, H heads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

Matrix = Callable[[Tensor], Tensor]
"""Something that is applied to the last axis."""
HIDDEN = -1e9
"""Added to the weight of a token that isn't there; finite, so that a text of none makes no NaN."""


class Added(Protocol):
    """What a zone has learned for a layer: what is added to its queries and values."""

    @property
    def query(self) -> Matrix: ...

    @property
    def value(self) -> Matrix: ...


@dataclass(frozen=True)
class Layer:
    """The parts of one layer, in the order in which they are used; of a family: where transformers keeps them."""

    query: Any
    key: Any
    value: Any
    out: Any
    norm: Any
    widen: Any
    bend: Any
    narrow: Any
    last_norm: Any

    def of(self, layer: Any) -> Layer:
        """Returns the parts of a layer of the family whose names these are."""
        return Layer(*(attrgetter(name)(layer) for name in vars(self).values()))

    def __call__(self, x_BLK: Tensor, bias: Tensor | None, heads: int, added: Added) -> Tensor:
        """Applies the layer to `x_BLK`; `bias` is added to the weights that tokens give each other."""
        query_BLK = self.query(x_BLK) + added.query(x_BLK)
        value_BLK = self.value(x_BLK) + added.value(x_BLK)
        query, key, value = (
            part_BLK.unflatten(-1, (heads, -1)).transpose(1, 2) for part_BLK in (query_BLK, self.key(x_BLK), value_BLK)
        )
        heard = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        x_BLK = self.norm(self.out(heard.transpose(1, 2).flatten(2)) + x_BLK)
        made_BLK: Tensor = self.last_norm(self.narrow(self.bend(self.widen(x_BLK))) + x_BLK)
        return made_BLK


_BERT = Layer(
    query="attention.self.query",
    key="attention.self.key",
    value="attention.self.value",
    out="attention.output.dense",
    norm="attention.output.LayerNorm",
    widen="intermediate.dense",
    bend="intermediate.intermediate_act_fn",
    narrow="output.dense",
    last_norm="output.LayerNorm",
)
_DISTILBERT = Layer(
    query="attention.q_lin",
    key="attention.k_lin",
    value="attention.v_lin",
    out="attention.out_lin",
    norm="sa_layer_norm",
    widen="ffn.lin1",
    bend="ffn.activation",
    narrow="ffn.lin2",
    last_norm="output_layer_norm",
)
_MPNET = Layer(
    query="attention.attn.q",
    key="attention.attn.k",
    value="attention.attn.v",
    out="attention.attn.o",
    norm="attention.LayerNorm",
    widen="intermediate.dense",
    bend="intermediate.intermediate_act_fn",
    narrow="output.dense",
    last_norm="output.LayerNorm",
)
FAMILIES: dict[str, tuple[str, Layer]] = {
    "bert": ("encoder", _BERT),
    "distilbert": ("transformer", _DISTILBERT),
    "roberta": ("encoder", _BERT),
    "xlm-roberta": ("encoder", _BERT),
    "electra": ("encoder", _BERT),
    "mpnet": ("encoder", _MPNET),
}
"""What holds the layers, and the names of their parts, by what `config.json` calls a family."""


def adaptable(config: Any) -> int:
    """Returns how many layers of a model may have adapters: all that it has, or none. Takes its configuration."""
    fits = config.model_type in FAMILIES and not getattr(config, "is_decoder", False)
    return int(config.num_hidden_layers) if fits else 0


class Above:
    """The last layers of a model; their weights never change.

    Args:
        model: of one of the families, loaded and whole; the rest of it is let go of.
        last: how many layers.
        digest: 32 bytes that say which files the model was made of.
    """

    def __init__(self, model: Any, last: int, digest: bytes) -> None:
        where, names = FAMILIES[model.config.model_type]
        holder = getattr(model, where).requires_grad_(False)
        holder.layer = holder.layer[-last:]
        self.digest, self._heads = digest, int(model.config.num_attention_heads)
        self._layers = [names.of(layer) for layer in holder.layer]
        self._near: Matrix | None = getattr(holder, "compute_position_bias", None)
        """Of MPNet: from states to how much places weigh for each other, `[1, H, L, L]`."""

    def __call__(self, x_BLK: Tensor, there_BL: Tensor, added: Sequence[Added]) -> Tensor:
        """Applies the layers.

        Args:
            x_BLK: what the layers below make of texts, padded.
            there_BL: which tokens there are.
            added: what is added in each layer.

        Returns:
            Their last states `[B, L, K]`; anything where texts are padded.
        """
        bias = None
        if not bool(there_BL.all()):
            bias = torch.zeros(there_BL.shape).masked_fill(~there_BL, HIDDEN)[:, None, None]
        if self._near is not None:
            near = self._near(x_BLK[:1])
            bias = near if bias is None else bias + near
        for layer, learned in zip(self._layers, added, strict=True):
            x_BLK = layer(x_BLK, bias, self._heads, learned)
        return x_BLK
