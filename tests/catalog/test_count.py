"""The formulas against totals that others published or counted from the weights themselves."""

from __future__ import annotations

import pytest

from ltm.catalog.count import FORMULAS, count
from ltm.errors import LtmError


def neox(layers: int, width: int) -> dict[str, int]:
    return {"layers": layers, "width": width, "vocabulary": 50304}


def llama(
    vocabulary: int, width: int, layers: int, heads: int, kv_heads: int, inner: int, **more: int
) -> dict[str, int]:
    told = {"vocabulary": vocabulary, "width": width, "layers": layers, "heads": heads}
    return {**told, "kv_heads": kv_heads, "inner": inner, **more}


def t5(layers: int, width: int, heads: int, inner: int) -> dict[str, int]:
    told = {"vocabulary": 4096, "layers": layers, "width": width, "heads": heads}
    return {**told, "head_width": 64, "inner": inner}


EXACT = [
    ("gpt-neox", neox(6, 128), 14_067_712),  # Pythia-14M
    ("gpt-neox", neox(6, 512), 70_426_624),  # Pythia-70M
    ("gpt-neox", neox(24, 1024), 405_334_016),  # Pythia-410M
    ("gpt-neox", neox(16, 2048), 1_011_781_632),  # Pythia-1B
    ("gpt-neo", {"layers": 4, "width": 768, "vocabulary": 50257, "context": 2048}, 68_514_048),  # TinyStories-33M
    ("gpt-2", {"layers": 12, "width": 768, "vocabulary": 50257, "context": 1024}, 124_439_808),
    ("opt", {"layers": 12, "width": 768, "vocabulary": 50272, "context": 2048}, 125_239_296),
    ("phi", {"layers": 24, "width": 2048, "vocabulary": 51200}, 1_418_270_720),  # phi-1.5
    ("llama", llama(32000, 2048, 22, 32, 4, 5632), 1_100_048_384),  # TinyLlama
    ("llama-tied", llama(49152, 576, 30, 9, 3, 1536), 134_515_008),  # SmolLM2-135M
    ("llama-tied", llama(49152, 960, 32, 15, 5, 2560), 361_821_120),  # SmolLM2-360M
    ("llama-tied", llama(128256, 2048, 16, 32, 8, 8192), 1_235_814_400),  # Llama 3.2 1B
    ("qwen-2", llama(151936, 896, 24, 14, 2, 4864), 494_032_768),  # Qwen2.5-0.5B
    ("gemma-3", llama(262144, 640, 18, 4, 1, 2048, head_width=256), 268_098_176),  # Gemma 3 270M
    ("qwen-3", llama(151936, 1024, 28, 16, 8, 3072, head_width=128), 596_049_920),  # Qwen3-0.6B
    ("rwkv-4", {"layers": 12, "width": 768, "vocabulary": 50277}, 169_342_464),
    ("rwkv-4", {"layers": 24, "width": 2048, "vocabulary": 50277}, 1_515_106_304),
    ("mamba", {"layers": 24, "width": 768, "vocabulary": 50280}, 129_135_360),
    ("mamba", {"layers": 48, "width": 2048, "vocabulary": 50280}, 1_372_178_432),
    (
        "whisper",
        {"layers": 4, "width": 384, "vocabulary": 51864, "context": 448},
        37_184_256,
    ),  # Whisper tiny.en, KerasHub
    (
        "whisper",
        {"layers": 6, "width": 512, "vocabulary": 51865, "context": 448},
        72_593_920 - 1500 * 512,
    ),  # less sines
    ("whisper", {"layers": 12, "width": 768, "vocabulary": 51865, "context": 448}, 241_734_912 - 1500 * 768),
    ("bert", {"layers": 6, "width": 384, "inner": 1536, "vocabulary": 30522, "context": 512}, 22_713_216),  # MiniLM-L6
]


@pytest.mark.parametrize(("formula", "shape", "published"), EXACT)
def test_totals_are_the_published_ones(formula: str, shape: dict[str, int], published: int) -> None:
    assert count(formula, shape).total == published


@pytest.mark.parametrize(
    ("layers", "width", "published"),
    [(6, 512, 18_915_328), (12, 768, 85_056_000), (24, 1024, 302_311_424), (16, 2048, 805_736_448)],
)
def test_pythia_without_embeddings(layers: int, width: int, published: int) -> None:
    assert count("gpt-neox", neox(layers, width)).without_embeddings == published


@pytest.mark.parametrize(
    ("formula", "shape", "millions"),
    [
        ("rwkv-7", {"layers": 12, "width": 768, "vocabulary": 65536, "low_rank": 288}, 191),
        ("rwkv-7", {"layers": 12, "width": 768, "vocabulary": 50304, "low_rank": 288}, 168),
        ("rwkv-7", {"layers": 24, "width": 1024, "vocabulary": 65536, "low_rank": 288}, 450.8),
        ("rwkv-7", {"layers": 24, "width": 2048, "vocabulary": 65536, "low_rank": 512}, 1528),
        ("vit", {"layers": 12, "width": 192, "patch": 16, "side": 224}, 5.72),
        ("llama-tied", llama(32000, 576, 30, 9, 3, 1536), 124.6),  # MobileLLM-125M
        ("t5", t5(4, 256, 4, 1024), 8),  # Chronos-T5 tiny, mini and small
        ("t5", t5(4, 384, 8, 1536), 20),
        ("t5", t5(6, 512, 8, 2048), 46),
    ],
)
def test_rounded_totals_too(formula: str, shape: dict[str, int], millions: float) -> None:
    places = len(str(millions).partition(".")[2])
    assert abs(count(formula, shape).total / 1e6 - millions) <= 0.5 * 10**-places


def test_no_formula_is_without_proof() -> None:
    """Every formula of the table appears in the published totals above."""
    assert {formula for formula, _, _ in EXACT} | {"rwkv-7", "vit", "t5"} == set(FORMULAS)


def test_mistakes_are_explained() -> None:
    with pytest.raises(LtmError, match="did you mean 'llama'"):
        count("lama", {})
    with pytest.raises(LtmError, match="needs 'width'"):
        count("gpt-neox", {"vocabulary": 1})
