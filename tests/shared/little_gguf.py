"""Little GGUF files, written by the package gguf as llama.cpp's converters write them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

WIDTH, HIDDEN, LAYERS, HEADS, GROUPS = 64, 96, 2, 4, 2
PARTS = {
    "attn_q": (WIDTH, WIDTH),
    "attn_k": (WIDTH // 2, WIDTH),
    "attn_v": (WIDTH // 2, WIDTH),
    "attn_output": (WIDTH, WIDTH),
    "attn_norm": (WIDTH,),
    "ffn_norm": (WIDTH,),
    "ffn_gate": (HIDDEN, WIDTH),
    "ffn_up": (HIDDEN, WIDTH),
    "ffn_down": (WIDTH, HIDDEN),
}
SETTINGS = {
    "llama.context_length": 128,
    "llama.embedding_length": WIDTH,
    "llama.feed_forward_length": HIDDEN,
    "llama.block_count": LAYERS,
    "llama.attention.head_count": HEADS,
    "llama.attention.head_count_kv": GROUPS,
    "llama.rope.dimension_count": WIDTH // HEADS,
    "tokenizer.ggml.bos_token_id": 1,
    "tokenizer.ggml.eos_token_id": 2,
}
FRACTIONS = {"llama.attention.layer_norm_rms_epsilon": 1e-5, "llama.rope.freq_base": 5000.0}
TEXTS = (
    "in 2024 the 12 cats ran  away",
    "The zones couple; they don't.\n\n\tx=10**6",
    "Ünïcödé 你好 😀 it's",
    "<|start|>say it<|end|> again",
    " 7 8",
)


def package() -> Any:
    """The package, or the test is skipped."""
    return pytest.importorskip("gguf", reason="gguf is not installed: pip install 'ltm[language]'")


def weights(symbols: int, *, tied: bool = True) -> dict[str, np.ndarray]:
    """Random tensors under llama.cpp's names."""
    drawn = np.random.default_rng(0)
    shapes = {"token_embd.weight": (symbols, WIDTH), "output_norm.weight": (WIDTH,)}
    shapes |= {} if tied else {"output.weight": (symbols, WIDTH)}
    shapes |= {f"blk.{layer}.{part}.weight": shape for layer in range(LAYERS) for part, shape in PARTS.items()}
    found = {name: drawn.normal(size=shape, scale=0.3).astype(np.float32) for name, shape in shapes.items()}
    return {name: one + 1 if one.ndim == 1 else one for name, one in found.items()}


def vocabulary(parted: str = "smollm") -> dict[str, Any]:
    """Signs, the alphabet for bytes, and merges learned from a few texts, as settings."""
    tokenizers = pytest.importorskip("tokenizers", reason="tokenizers is not installed: pip install 'ltm[language]'")
    learner = tokenizers.Tokenizer(tokenizers.models.BPE())
    learner.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    signs = ["<|none|>", "<|start|>", "<|end|>"]
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=320,
        special_tokens=signs,
        show_progress=False,
        initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(),
    )
    learner.train_from_iterator(TEXTS * 4, trainer)
    model = json.loads(learner.to_str())["model"]
    tokens = sorted(model["vocab"], key=model["vocab"].__getitem__)
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": parted,
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3] * len(signs) + [1] * (len(tokens) - len(signs)),
        "tokenizer.ggml.merges": [" ".join(pair) for pair in model["merges"]],
    }


def write(
    file: Path,
    tensors: Mapping[str, np.ndarray],
    settings: Mapping[str, Any] | None = None,
    kind: str = "F32",
    architecture: str = "llama",
) -> Path:
    """Writes a file whose matrices are stored in a kind of the package; settings that are None are left out."""
    gguf = package()
    writer = gguf.GGUFWriter(file, architecture)
    said = SETTINGS | {"llama.vocab_size": len(tensors["token_embd.weight"])} | FRACTIONS | dict(settings or {})
    for name, value in said.items():
        _add(writer, name, value)
    for name, tensor in tensors.items():
        wanted = gguf.GGMLQuantizationType[kind if tensor.ndim > 1 else "F32"]
        data = gguf.quants.quantize(tensor, wanted)
        writer.add_tensor(name, data, raw_dtype=wanted)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file


def _add(writer: Any, name: str, value: Any) -> None:
    if isinstance(value, bool):
        writer.add_bool(name, value)
    elif isinstance(value, int):
        writer.add_uint32(name, value)
    elif isinstance(value, float):
        writer.add_float32(name, value)
    elif isinstance(value, str):
        writer.add_string(name, value)
    elif value is not None:
        writer.add_array(name, value)
