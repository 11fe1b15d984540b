"""Folders in transformers' form: the same states as transformers', counted operations, and what is refused."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from little_folder import CONFIGS, WORDS, folder_of
from safetensors.torch import save_file
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from ltm.errors import FolderError, LtmError
from ltm.pretrained.models import digest_of, facts_of, frozen
from ltm.pretrained.values import tokens
from ltm.runtime.weights import load_tensors

transformers = pytest.importorskip("transformers", reason="needs transformers: pip install 'ltm[pretrained]'")


@pytest.mark.parametrize("family", CONFIGS)
def test_makes_what_transformers_makes_and_costs_what_is_counted(family: str, tmp_path: Path) -> None:
    path = folder_of(family, tmp_path)
    facts, theirs = facts_of(str(path)), transformers.AutoModel.from_pretrained(path).eval()
    counter = FlopCounterMode(display=False)
    if facts.takes == "text":
        value: Any = tokens(str(path), "a good movie")
        assert value.tolist() == [2, 4, 5, 7, 3]  # neither padded nor cut
        given = {"input_ids": torch.from_numpy(value).long()[None]}
    else:
        value = np.random.default_rng(0).integers(0, 255, (*facts.size, 3)).astype(np.uint8)
        given = {"pixel_values": (torch.from_numpy(value).permute(2, 0, 1)[None] / 255 - 0.5) / 0.5}
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        states = theirs(**given).last_hidden_state[0]
    made = frozen(str(path)).made(value, b"one")
    expected = states.flatten(1).T if states.dim() == 3 else states
    torch.testing.assert_close(made, expected, atol=1e-5, rtol=1e-4)
    assert facts.operations(len(value)) == counter.get_total_flops()
    assert facts.weights == sum(weight.numel() for weight in theirs.parameters())


def test_the_first_layers_alone_make_their_states(tmp_path: Path) -> None:
    path = folder_of("bert", tmp_path)
    theirs = transformers.AutoModel.from_pretrained(path).eval()
    with torch.no_grad():
        states = theirs(torch.tensor([[2, 4, 5, 3]]), output_hidden_states=True).hidden_states[1][0]
    made = frozen(str(path), 1).made(np.array([2, 4, 5, 3], dtype=np.int32), b"one")
    torch.testing.assert_close(made, states, atol=1e-6, rtol=1e-5)
    assert facts_of(str(path), 1).weights < facts_of(str(path)).weights
    with pytest.raises(LtmError, match="has 2, got 3"):
        facts_of(str(path), 3)


def test_loading_leaves_the_dice_alone(tmp_path: Path) -> None:
    path = str(folder_of("bert", tmp_path))
    torch.manual_seed(5)
    expected = torch.rand(2)
    torch.manual_seed(5)
    frozen(path)
    assert torch.equal(torch.rand(2), expected)


def _cut_off(path: Path) -> None:
    data = (path / "model.safetensors").read_bytes()
    (path / "model.safetensors").write_bytes(data[: len(data) // 2])


def _nan(path: Path) -> None:
    import safetensors.torch

    weights = safetensors.torch.load_file(path / "model.safetensors")
    weights[next(iter(weights))].view(-1)[0] = torch.nan
    safetensors.torch.save_file(weights, path / "model.safetensors")


def _swapped(path: Path) -> None:
    folder_of("bert", path / "other", hidden_size=8)
    shutil.copy(path / "other" / "model.safetensors", path)


def _lacking(path: Path) -> None:
    weights = load_tensors(path / "model.safetensors")
    weights.pop("encoder.layer.1.output.dense.weight")
    save_file(weights, path / "model.safetensors")


def _more(path: Path) -> None:
    weights = load_tensors(path / "model.safetensors")
    weights["encoder.layer.2.output.dense.weight"] = weights["encoder.layer.1.output.dense.weight"].clone()
    save_file(weights, path / "model.safetensors")


def _vocabulary(path: Path) -> None:
    said = json.loads((path / "tokenizer.json").read_text())
    said["model"]["vocab"]["another"] = len(WORDS)
    (path / "tokenizer.json").write_text(json.dumps(said))


def _pickled(path: Path) -> None:
    (path / "model.safetensors").rename(path / "pytorch_model.bin")


def _family(path: Path) -> None:
    said = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps({**said, "model_type": "gpt_code"}))


def _code(path: Path) -> None:
    said = json.loads((path / "config.json").read_text())
    (path / "evil.py").write_text("raise SystemExit('ran')")
    said |= {"auto_map": {"AutoModel": "evil.Model", "AutoConfig": "evil.Config"}, "model_type": "evil"}
    (path / "config.json").write_text(json.dumps(said))


def _places(path: Path) -> None:
    said = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps({**said, "max_position_embeddings": "many"}))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_cut_off, "model.safetensors: truncated|model.safetensors: damaged"),
        (_nan, "holds NaN"),
        (_swapped, "has shape"),
        (_lacking, "no weight 'encoder.layer.1.output.dense.weight'"),
        (_more, "'encoder.layer.2.output.dense.weight' is none that the model of config.json has"),
        (_vocabulary, "the vocabulary is another model's"),
        (_pickled, "pickled weights can run code"),
        (_family, "of a family that is not run here"),
        (_code, "of a family that is not run here"),
        (lambda path: (path / "tokenizer.json").unlink(), "tokenizer.json: missing"),
        (lambda path: (path / "config.json").write_text("{"), "not JSON"),
        (_places, "max_position_embeddings: expected a positive number, got 'many'"),
    ],
)
def test_what_is_damaged_or_exchanged_is_refused(harm: Callable[[Path], Any], words: str, tmp_path: Path) -> None:
    path = folder_of("bert", tmp_path)
    harm(path)
    with pytest.raises(FolderError, match=words):
        frozen(str(path))


def test_no_connection_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*words: Any, **others: Any) -> None:
        raise AssertionError(f"a connection was asked for: {words}")

    for name in ("connect", "connect_ex"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    path = folder_of("bert", tmp_path)
    assert frozen(str(path)).made(tokens(str(path), "a good movie"), b"one").isfinite().all()
    (path / "model.safetensors").unlink()
    with pytest.raises(FolderError, match="missing"):
        frozen(str(path))
    (path / "config.json").write_text('{"model_type": "bert", "auto_map": {"AutoConfig": "somebody/else--x.Config"}}')
    with pytest.raises((FolderError, LtmError)):
        facts_of(str(path))


def test_heads_and_constants_may_lie_beside_the_model(tmp_path: Path) -> None:
    path = folder_of("bert", tmp_path)
    before = frozen(str(path)).made(np.array([2, 4, 3], dtype=np.int32), b"one")
    weights = load_tensors(path / "model.safetensors")
    beside = {"cls.predictions.bias": torch.zeros(3), "embeddings.position_ids": torch.zeros(1, 4)}
    save_file(weights | beside, path / "model.safetensors")
    torch.testing.assert_close(frozen(str(path)).made(np.array([2, 4, 3], dtype=np.int32), b"one"), before)


def test_another_vocabulary_is_another_model(tmp_path: Path) -> None:
    path = folder_of("bert", tmp_path)
    before = digest_of(str(path))
    said = json.loads((path / "tokenizer.json").read_text())
    said["model"]["vocab"] |= {"good": 6, "bad": 5}
    (path / "tokenizer.json").write_text(json.dumps(said) + " ")
    assert digest_of(str(path)) != before


def test_pictures_are_prepared_as_the_folder_says(tmp_path: Path) -> None:
    path = folder_of("vit", tmp_path)
    value = np.random.default_rng(0).integers(0, 255, (*facts_of(str(path)).size, 3)).astype(np.uint8)
    pixels, theirs = torch.from_numpy(value).permute(2, 0, 1)[None], transformers.AutoModel.from_pretrained(path).eval()
    for said, given in (
        ({"do_normalize": False}, pixels / 255),
        ({"do_normalize": False, "do_rescale": False}, pixels.float()),
        ({"rescale_factor": 1 / 127.5, "image_mean": [1, 1, 1], "image_std": [1, 1, 1]}, pixels / 127.5 - 1),
    ):
        (path / "preprocessor_config.json").write_text(json.dumps(said))
        with torch.no_grad():
            states = theirs(pixel_values=given).last_hidden_state[0]
        torch.testing.assert_close(frozen(str(path)).made(value, b"one"), states, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("wrong", ["abc", None, [1], [[1], [2, 3]], [0.5, 0.5, float("nan")]])
def test_colours_that_are_none_are_refused(wrong: Any, tmp_path: Path) -> None:
    path = folder_of("vit", tmp_path)
    (path / "preprocessor_config.json").write_text(json.dumps({"image_std": wrong}))
    with pytest.raises(FolderError, match="expected image_mean and image_std of three colours"):
        frozen(str(path))
