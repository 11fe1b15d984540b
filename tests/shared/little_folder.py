"""Models of random weights in transformers' form, so small that tests write them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

transformers = pytest.importorskip("transformers", reason="needs transformers: pip install 'ltm[pretrained]'")
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "good", "bad", "movie"]
SMALL = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
TEXT = {"vocab_size": len(WORDS), "max_position_embeddings": 40, **SMALL}
PATCHES = {**SMALL, "image_size": 16, "patch_size": 8}
CONFIGS: dict[str, dict[str, Any]] = {
    "bert": TEXT,
    "distilbert": {**TEXT, "dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 24},
    "roberta": TEXT,
    "xlm-roberta": TEXT,
    "electra": {**TEXT, "embedding_size": 12},
    "mpnet": TEXT,
    "llama": {**TEXT, "num_key_value_heads": 1},
    "vit": PATCHES,
    "deit": PATCHES,
    "dinov2": PATCHES,
    "convnext": {"hidden_sizes": [8, 12, 16, 20], "depths": [1, 1, 1, 1], "image_size": 64},
    "resnet": {"hidden_sizes": [8, 12], "depths": [1, 1], "embedding_size": 8, "layer_type": "basic"},
}  # fmt: skip


def folder_of(family: str, where: Path, seed: int = 0, **changes: Any) -> Path:
    """Writes a model of random weights, with a vocabulary of whole words where it reads texts."""
    torch.manual_seed(seed)
    config = transformers.AutoConfig.for_model(family, **{**CONFIGS[family], **changes})
    model = transformers.AutoModel.from_config(config).eval()
    model.save_pretrained(where)
    if "vocab_size" in CONFIGS[family]:
        from tokenizers import Tokenizer, models, pre_tokenizers, processors

        named = Tokenizer(models.WordLevel({word: number for number, word in enumerate(WORDS)}, unk_token="[UNK]"))
        named.pre_tokenizer = pre_tokenizers.Whitespace()
        named.post_processor = processors.TemplateProcessing(
            single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
        )
        named.enable_padding(length=32)
        named.save(str(where / "tokenizer.json"))
    return where
