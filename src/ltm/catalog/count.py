"""Parameters out of layers and widths: one formula for each family of architectures.

`count("llama", shape)` gives the total and what lies outside of the embeddings. Every formula is held against published
totals in tests/catalog/test_count.py. Letters, as in the papers: V vocabulary, P positions, D width, L layers, I inner
width of the feed-forward part (4 D where a shape doesn't say), H and K query and key heads, W width of a head.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from ltm.errors import LtmError, nearest

Shape = Mapping[str, int]
"""`layers`, `width`, `heads`, … by name; see `ltm.catalog.schema.Shape` for what each is."""

CLASSES = 1000
"""Classes of ImageNet, in the head of a vision transformer."""


@dataclass(frozen=True)
class Count:
    """Parameters of a model.

    Attributes:
        total: all of them; tied matrices count once.
        without_embeddings: without token and position embeddings, and without an output matrix of its own.
    """

    total: int
    without_embeddings: int


def count(formula: str, shape: Shape) -> Count:
    """Counts a model's parameters.

    Args:
        formula: a key of `FORMULAS`.
        shape: whole numbers by name.

    Raises:
        LtmError: an unknown formula, or a shape that lacks what the formula needs.
    """
    if formula not in FORMULAS:
        raise LtmError(f"unknown formula {formula!r}{nearest(formula, FORMULAS)} ({', '.join(FORMULAS)})")
    try:
        return FORMULAS[formula](shape)
    except KeyError as missing:
        raise LtmError(f"formula {formula!r} needs {missing.args[0]!r} in the shape") from None


def _of(embeddings: int, rest: int) -> Count:
    return Count(embeddings + rest, rest)


def _llama(s: Shape, *, tied: bool = True, qkv_bias: bool = False, head_norms: bool = False, norms: int = 2) -> Count:
    """Grouped attention, a gated feed-forward part, RMS norms without bias, rotary positions (arXiv 2307.09288)."""
    V, D, L, H = s["vocabulary"], s["width"], s["layers"], s["heads"]
    K, W = s.get("kv_heads", H), s.get("head_width", D // H)
    layer = 2 * D * H * W + 2 * D * K * W + 3 * D * s["inner"] + norms * D
    layer += (H + 2 * K) * W if qkv_bias else 0
    layer += 2 * W if head_norms else 0
    return _of(V * D * (1 if tied else 2), L * layer + D)


def _gpt_neox(s: Shape) -> Count:
    """Pythia: biases everywhere, two layer norms a layer, rotary positions, an output matrix (arXiv 2204.06745)."""
    V, D, L = s["vocabulary"], s["width"], s["layers"]
    return _of(2 * V * D, L * (12 * D * D + 13 * D) + 2 * D)


def _gpt_2(s: Shape, *, more_positions: int = 0) -> Count:
    """GPT-2 and OPT: as Pythia, with learned positions and tied output; OPT keeps two positions more."""
    V, D, L, P = s["vocabulary"], s["width"], s["layers"], s["context"] + more_positions
    return _of((V + P) * D, L * (12 * D * D + 13 * D) + 2 * D)


def _gpt_neo(s: Shape) -> Count:
    """GPT-Neo and TinyStories: as GPT-2, but queries, keys and values have no bias."""
    V, D, L, P = s["vocabulary"], s["width"], s["layers"], s["context"]
    return _of((V + P) * D, L * (12 * D * D + 10 * D) + 2 * D)


def _phi(s: Shape) -> Count:
    """Phi-1 and 1.5: attention beside the feed-forward part behind one norm, an output matrix with bias."""
    V, D, L = s["vocabulary"], s["width"], s["layers"]
    return _of(2 * V * D, L * (12 * D * D + 11 * D) + 2 * D + V)


def _rwkv_4(s: Shape) -> Count:
    """Time mixing 4 D², channel mixing 9 D², two norms, and 7 vectors of decay and token shift (arXiv 2305.13048)."""
    V, D, L = s["vocabulary"], s["width"], s["layers"]
    return _of(2 * V * D, L * (13 * D * D + 11 * D) + 4 * D)


def _rwkv_7(s: Shape) -> Count:
    """The formula of the RWKV-LM README; `low_rank` is the sum of the ranks w, a, v and g (arXiv 2503.14456)."""
    V, D, L = s["vocabulary"], s["width"], s["layers"]
    return _of(2 * V * D, L * (12 * D * D + 2 * D * s["low_rank"] + 19 * D) + 4 * D)


def _mamba(s: Shape) -> Count:
    """Selective state space: inside 2 D wide, state 16, convolution over 4 steps, rank D / 16 (arXiv 2312.00752)."""
    V, D, L = s["vocabulary"], s["width"], s["layers"]
    wide, state, rank = 2 * D, 16, -(-D // 16)
    layer = 2 * D * wide + 5 * wide + wide * (rank + 2 * state) + (rank + 1) * wide + wide * state + wide + wide * D + D
    return _of(V * D, L * layer + D)


def _bert(s: Shape) -> Count:
    """BERT with its pooler and two segment types, without the heads of pre-training (arXiv 1810.04805)."""
    V, D, L, P = s["vocabulary"], s["width"], s["layers"], s["context"]
    inner = s.get("inner", 4 * D)
    layer = 4 * D * D + 2 * D * inner + inner + 9 * D
    return _of((V + P + 2) * D, L * layer + 2 * D + D * D + D)


def _vit(s: Shape) -> Count:
    """Vision transformer for 1,000 classes: patches of three colours, a class token, learned positions (2010.11929)."""
    D, L, patch = s["width"], s["layers"], s["patch"]
    positions = (s["side"] // patch) ** 2 + 1
    return _of((3 * patch * patch + 1 + positions + 1) * D, L * (12 * D * D + 13 * D) + 2 * D + CLASSES * (D + 1))


def _whisper(s: Shape) -> Count:
    """Whisper: two convolutions on 80 bands, as many layers in the encoder as in the decoder, tied output (2212.04356).

    Positions of what is heard are sines and count as none; `context` are the decoder's, which are learned.
    """
    V, D, L, P = s["vocabulary"], s["width"], s["layers"], s["context"]
    convolutions = 3 * 80 * D + 3 * D * D + 2 * D
    # Keys have no bias. The decoder looks at itself and at what was heard, and has a norm more.
    encoder, decoder = 12 * D * D + 12 * D, 16 * D * D + 17 * D
    return _of((V + P) * D, convolutions + L * (encoder + decoder) + 4 * D)


def _t5(s: Shape) -> Count:
    """T5: encoder and decoder without biases, RMS norms, 32 buckets of distance for each head (arXiv 1910.10683)."""
    V, D, L, H = s["vocabulary"], s["width"], s["layers"], s["heads"]
    attention, inner = 4 * D * H * s.get("head_width", D // H), 2 * D * s["inner"]
    encoder, decoder = attention + inner + 2 * D, 2 * attention + inner + 3 * D
    return _of(V * D, L * (encoder + decoder) + 2 * 32 * H + 2 * D)


FORMULAS: dict[str, Callable[[Shape], Count]] = {
    "llama": partial(_llama, tied=False),
    "llama-tied": _llama,
    "qwen-2": partial(_llama, qkv_bias=True),
    "qwen-3": partial(_llama, head_norms=True),
    "gemma-3": partial(_llama, head_norms=True, norms=4),
    "gpt-neox": _gpt_neox,
    "gpt-2": _gpt_2,
    "opt": partial(_gpt_2, more_positions=2),
    "gpt-neo": _gpt_neo,
    "phi": _phi,
    "rwkv-4": _rwkv_4,
    "rwkv-7": _rwkv_7,
    "mamba": _mamba,
    "bert": _bert,
    "vit": _vit,
    "whisper": _whisper,
    "t5": _t5,
}
"""Every formula by its name in the chart, as in `parameters: 3745984 =gpt-neo`."""
