"""Models from elsewhere: real weights give the logits they are known for, and every layout the same model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from little_foreign import as_rwkv, built, little, needs
from safetensors.torch import load_file, save_file
from torch import Tensor

from ltm.errors import FolderError
from ltm.foreign.brain import brain_from
from ltm.foreign.llama import halves
from ltm.foreign.table import foreign_model
from ltm.foreign.tensors import Foreign


def logits(model: Foreign, symbols: Tensor) -> Tensor:
    body = built(model)
    with torch.no_grad():
        out, _ = body.advance(model.table[symbols], body.start(len(symbols)))
    head = model.table if model.head is None else model.head
    result: Tensor = out @ head.T
    return result if model.bias is None else result + model.bias


def test_a_real_rwkv7_gives_its_known_logits() -> None:
    place = needs("rwkv7_834K")
    known = torch.from_numpy(np.fromfile(place / "expected_logits-f32.bin", dtype=np.float32))
    found = logits(foreign_model(place), torch.tensor([list(b'"in')]))[0, -1]
    assert (found - known).abs().max() < 1e-5


@pytest.mark.parametrize("products", [False, True], ids=["solved", "by products"])
def test_a_real_rwkv7_hears_a_text_at_once_as_byte_by_byte(products: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    # Letters that come again and again are hard for products: their keys are alike.
    text = b"When forty winters shall besiege thy brow, " * 3 + b"a" * 70 + b" " * 50 + bytes(range(32, 127))
    model, symbols = foreign_model(needs("rwkv7_834K")), torch.tensor([list(text)])
    monkeypatch.setattr(torch.compiler, "is_exporting", lambda: products)
    body, alone = built(model), []
    state = body.start(1)
    with torch.no_grad():
        for symbol in symbols.T:
            out, state = body.advance(model.table[symbol[None]], state)
            alone.append(out @ (model.table if model.head is None else model.head).T)
    assert len(text) > 300 and (logits(model, symbols) - torch.cat(alone, 1)).abs().max() < 1e-5


def test_a_real_llama_gives_its_known_tokens() -> None:
    place = needs("stories260K")
    known, model = json.loads((place / "expected.json").read_text()), foreign_model(place)
    body, said = built(model), list(known["prompt_ids"])
    state, fresh = body.start(1), torch.tensor([said])
    with torch.no_grad():
        for _ in known["greedy_ids"]:
            out, state = body.advance(model.table[fresh], state)
            last = out[0, -1] @ model.table.T
            if len(said) == len(known["prompt_ids"]):
                first = torch.tensor(known["first_logits"])
                assert (last[: len(first)] - first).abs().max() < 1e-4
            said.append(int(last.argmax()))
            fresh = torch.tensor([[said[-1]]])
    assert said[len(known["prompt_ids"]) :] == known["greedy_ids"] and len(known["greedy_ids"]) == 120
    assert model.head is None and sum(w.numel() for w in body.parameters()) + model.table.numel() == 260_032


@pytest.mark.parametrize("layout", ["author", "rwkv.cpp", "fla"])
def test_every_layout_of_rwkv7_gives_the_same_model(layout: str, tmp_path: Path) -> None:
    model = little("rwkv7", head_width=16, ranks=[4, 5, 6, 7], hidden=40)
    save_file(as_rwkv(model, layout), tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "rwkv7"}))
    found = foreign_model(tmp_path)
    assert found.zone == model.zone
    symbols = torch.randint(0, 50, (2, 19), generator=torch.Generator().manual_seed(0))
    assert torch.equal(logits(found, symbols), logits(model, symbols))


def test_neighbours_turned_and_halves_turned_are_the_same_model(tmp_path: Path) -> None:
    model = little("llama", heads=4, groups=2, hidden=24)
    names = {"tok_embeddings.weight": model.table, "norm.weight": model.body["norm_out.weight"]}
    for layer in range(2):
        gate, up = model.body[f"channels.{layer}.gate_up.weight"].chunk(2)
        theirs = {
            "attention.wq": _neighbours(model.body[f"attention.{layer}.query.weight"], 4),
            "attention.wk": _neighbours(model.body[f"attention.{layer}.key.weight"], 2),
            "attention.wv": model.body[f"attention.{layer}.value.weight"],
            "attention.wo": model.body[f"attention.{layer}.out.weight"],
            "attention_norm": model.body[f"attention_norms.{layer}.weight"],
            "ffn_norm": model.body[f"channel_norms.{layer}.weight"],
            "feed_forward.w1": gate,
            "feed_forward.w3": up,
            "feed_forward.w2": model.body[f"channels.{layer}.down.weight"],
        }
        names |= {f"layers.{layer}.{name}.weight": tensor for name, tensor in theirs.items()}
    save_file({name: tensor.clone().contiguous() for name, tensor in names.items()}, tmp_path / "model.safetensors")
    config = {"dim": 32, "hidden_dim": 24, "n_layers": 2, "n_heads": 4, "n_kv_heads": 2}
    (tmp_path / "config.json").write_text(json.dumps(config))
    found = foreign_model(tmp_path)
    assert found.head is None
    assert all(torch.equal(tensor, found.body[name]) for name, tensor in model.body.items())


def _neighbours(weight: Tensor, heads: int) -> Tensor:
    rows, width = weight.shape
    turned = weight.view(heads, 2, rows // heads // 2, width).transpose(1, 2).reshape(rows, width)
    assert torch.equal(halves(turned, heads), weight)
    return turned


LITTLE = {
    "model_type": "llama",
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
transformers = pytest.mark.filterwarnings("ignore")


@transformers
@pytest.mark.parametrize(
    ("family", "settings"),
    [
        ("llama", {"num_key_value_heads": 2, "tie_word_embeddings": False, "rope_theta": 5000.0}),
        ("llama", {"num_key_value_heads": 4, "tie_word_embeddings": True}),
        ("phi", {"partial_rotary_factor": 0.5}),
        ("phi", {"partial_rotary_factor": 1.0, "layer_norm_eps": 1e-3}),
    ],
)
def test_what_transformers_writes_is_read_with_the_same_logits(
    family: str, settings: dict[str, Any], tmp_path: Path
) -> None:
    library = pytest.importorskip("transformers")
    torch.manual_seed(0)
    config_class, model_class = {
        "llama": (library.LlamaConfig, library.LlamaForCausalLM),
        "phi": (library.PhiConfig, library.PhiForCausalLM),
    }[family]
    config = config_class(
        vocab_size=61,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        max_position_embeddings=64,
        **settings,
    )
    theirs = model_class(config).eval()
    with torch.no_grad():
        for weight in theirs.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)
    theirs.save_pretrained(tmp_path, max_shard_size="20KB" if family == "phi" else "10MB")
    assert (tmp_path / "model.safetensors.index.json").exists() == (family == "phi")
    found, symbols = foreign_model(tmp_path), torch.randint(0, 61, (2, 23))
    with torch.no_grad():
        known = theirs(symbols).logits
    assert (found.head is None) == bool(settings.get("tie_word_embeddings"))
    assert (logits(found, symbols) - known).abs().max() < 1e-5
    assert found.longest == 64
    assert brain_from(tmp_path).chart.senses["context"].model_dump()["longest"] == 64


@pytest.mark.parametrize(
    ("name", "shape", "words"),
    [
        ("mlp.up_proj", (48, 31), "mlp.up_proj.weight is 48×31; expected 48×32"),
        ("mlp.down_proj", (48, 32), "mlp.down_proj.weight is 48×32; expected 32×48"),
        ("self_attn.k_proj", (24, 32), "self_attn.k_proj.weight is 24×32; expected 16×32"),
        ("input_layernorm", (1, 32), "input_layernorm.weight has 2 axes; expected 1"),
    ],
)
def test_matrices_of_other_sizes_are_named(name: str, shape: tuple[int, ...], words: str, tmp_path: Path) -> None:
    library = pytest.importorskip("transformers")
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "vocab_size": 61}
    config = library.LlamaConfig(**sizes, num_attention_heads=4, num_key_value_heads=2)
    library.LlamaForCausalLM(config).save_pretrained(tmp_path)
    tensors = load_file(tmp_path / "model.safetensors")
    tensors[f"model.layers.1.{name}.weight"] = torch.ones(shape)
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(FolderError) as problem:
        foreign_model(tmp_path)
    assert words in str(problem.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t, c: t.pop("head.weight"), "no tensor 'head.weight'"),
        (lambda t, c: t.pop("blocks.1.att.k_a"), "no tensor 'blocks.1.att.k_a'; did you mean"),
        (lambda t, c: t.update(more=torch.ones(2)), "tensor 'more' belongs to no part"),
        (lambda t, c: t.update({"blocks.0.att.r_k": torch.ones(0, 16)}), "r_k is of 0 heads"),
        (lambda t, c: t.update({"ln_out.bias": torch.ones(31)}), "ln_out.bias is 31; expected 32"),
        (lambda t, c: t.update({"ln_out.bias": torch.full((32,), torch.nan)}), "NaN"),
    ],
)
def test_what_is_missing_left_over_or_broken_is_named(change: Any, words: str, tmp_path: Path) -> None:
    tensors = as_rwkv(little("rwkv7", head_width=16), "rwkv.cpp")
    change(tensors, {})
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(FolderError) as problem:
        foreign_model(tmp_path / "model.safetensors")
    assert words in str(problem.value)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (
            {"model_type": "mamba"},
            "of no family that is known here: rwkv7, llama, phi, trm, hrm (config.json says 'mamba')",
        ),
        ({"model_type": "llama", "attention_bias": True}, "attention_bias: True is not built here"),
        ({"model_type": "llama", "hidden_size": 32, "intermediate_size": 0}, "intermediate_size: expected a positive"),
        ({"model_type": "llama", "hidden_sise": 32}, "lacks 'hidden_size'; did you mean 'hidden_sise'"),
        ({**LITTLE, "rope_parameters": {"type": "linear", "factor": 4}}, "rotary positions of type 'linear'"),
        ({"model_type": "rwkv7", "attn": {"layers": [3]}}, "no tensor 'model.embeddings.weight'|attn"),
        ({"model_type": "phi", "hidden_act": "relu"}, "hidden_act: 'relu' is not built here"),
    ],
)
def test_other_architectures_are_refused(config: dict[str, Any], words: str, tmp_path: Path) -> None:
    save_file({"x": torch.ones(2)}, tmp_path / "model.safetensors")
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(FolderError) as problem:
        foreign_model(tmp_path)
    assert any(word in str(problem.value) for word in words.split("|"))


def test_places_that_hold_no_model_say_so(tmp_path: Path) -> None:
    with pytest.raises(FolderError, match="no such file"):
        foreign_model(tmp_path / "nowhere")
    with pytest.raises(FolderError, match=r"holds no \.safetensors"):
        foreign_model(tmp_path)
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x04")
    with pytest.raises(FolderError, match="pickled weights can run code"):
        foreign_model(tmp_path)
    (tmp_path / "model.safetensors.index.json").write_text('{"weight_map": {"a": "../elsewhere.safetensors"}}')
    with pytest.raises(FolderError, match="must lie in the folder"):
        foreign_model(tmp_path)
    (tmp_path / "model.safetensors.index.json").write_text("[")
    with pytest.raises(FolderError, match="not JSON"):
        foreign_model(tmp_path)
