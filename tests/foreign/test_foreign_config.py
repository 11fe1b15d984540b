"""What a `config.json` and an index say of a model is what its weights are, or it is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from given_away import given_away
from little_foreign import built
from pydantic import ValidationError
from safetensors.torch import load_file, save_file

from ltm.errors import FolderError
from ltm.foreign.brain import brain_from
from ltm.foreign.table import foreign_model
from ltm.runtime.brains import load_brain, save_brain
from ltm.zones.stretch import Stretch

LLAMA3 = {
    "rope_type": "llama3",
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}


def model(folder: Path, **said: Any) -> Path:
    """A little model whose configuration says otherwise; `unsaid` takes an entry away."""
    given_away(folder, 50)
    config = {**json.loads((folder / "config.json").read_text()), **said}
    (folder / "config.json").write_text(
        json.dumps({name: value for name, value in config.items() if value != "unsaid"})
    )
    return folder


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("old", [True, False])
def test_positions_stretched_as_in_llama_3_give_the_logits_of_transformers(old: bool, tmp_path: Path) -> None:
    library = pytest.importorskip("transformers", reason="transformers is not installed: pip install 'ltm[pretrained]'")
    torch.manual_seed(0)
    config = library.LlamaConfig(
        vocab_size=61,
        hidden_size=64,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=128,
        rope_parameters={**LLAMA3, "rope_theta": 500.0},
    )
    theirs = library.LlamaForCausalLM(config).eval()
    with torch.no_grad():
        for weight in theirs.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)
    theirs.save_pretrained(tmp_path)
    if old:  # as Llama 3.1 and 3.2 are given away
        said = json.loads((tmp_path / "config.json").read_text())
        turning = said.pop("rope_parameters")
        said |= {"rope_theta": turning.pop("rope_theta"), "rope_scaling": turning}
        (tmp_path / "config.json").write_text(json.dumps(said))
    found, symbols = foreign_model(tmp_path), torch.randint(0, 61, (2, 90))
    assert found.zone["stretch"] == {"factor": 8.0, "original": 64, "low": 1.0, "high": 4.0}
    with torch.no_grad():
        known = theirs(symbols).logits
        body = built(found)
        logits = body.advance(found.table[symbols], body.start(2))[0] @ found.head.T
        unstretched = built(_without(found))
        other = unstretched.advance(found.table[symbols], unstretched.start(2))[0] @ found.head.T
    assert (logits - known).abs().max() < 1e-5
    assert (other - known).abs().max() > 1e-3  # the stretch is not lost in rounding
    slowed = Stretch(**found.zone["stretch"]).slowed(1 / 500.0 ** (torch.arange(0, 32, 2) / 32))
    assert torch.allclose(slowed, theirs.model.rotary_emb.inv_freq, rtol=1e-6)
    # All three kinds of channels are among them.
    share = slowed / (1 / 500.0 ** (torch.arange(0, 32, 2) / 32))
    assert share.max() == 1 and share.min() == 1 / 8 and bool(((share > 0.126) & (share < 0.999)).any())
    save_brain(brain_from(tmp_path), tmp_path / "brain")
    core = load_brain(tmp_path / "brain")[0].chart.zones["core"]
    assert core.model_dump()["stretch"]["factor"] == 8


def _without(found: Any) -> Any:
    zone = {name: value for name, value in found.zone.items() if name != "stretch"}
    return type(found)(found.family, found.width, zone, found.body, found.table, found.head)


@pytest.mark.parametrize("said", [None, {"rope_type": "default"}, {"type": "default", "rope_theta": 1e4}])
def test_positions_that_are_said_to_be_plain_are_plain(said: Any, tmp_path: Path) -> None:
    found = foreign_model(model(tmp_path / "model", rope_scaling=said))
    assert found.zone["theta"] == 1e4 and "stretch" not in found.zone


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"rope_scaling": {"type": "yarn"}}, "rope_scaling: rotary positions of type 'yarn' are not built here"),
        ({"rope_scaling": "x"}, "rope_scaling: expected an object"),
        ({"rope_parameters": "x"}, "rope_parameters: expected an object"),
        ({"rope_scaling": {"rope_type": []}}, r"rotary positions of type \[\] are not built here"),
        ({"rope_scaling": {"rope_type": "llama3"}}, "lacks 'factor'"),
        ({"rope_scaling": {**LLAMA3, "factor": 0.5}}, "expected a factor of 1 or more"),
        ({"rope_scaling": {**LLAMA3, "low_freq_factor": 4.0}}, "low_freq_factor below high_freq_factor"),
        ({"rope_scaling": LLAMA3, "rope_parameters": {"rope_type": "default"}}, "say different rope_type"),
        ({"vocab_size": 51}, "vocab_size: 51, but there are vectors for 50 symbols"),
        ({"vocab_size": "50"}, "vocab_size: '50', but there are vectors for 50 symbols"),
        ({"tie_word_embeddings": "unsaid"}, "no tensor 'lm_head.weight'.*tie_word_embeddings is false where unsaid"),
        ({"tie_word_embeddings": False}, "no tensor 'lm_head.weight'.*says that it isn't tied"),
    ],
)
def test_what_a_configuration_says_must_fit(said: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(FolderError, match=words):
        foreign_model(model(tmp_path / "model", **said))


@pytest.mark.parametrize("said", [{"vocab_size": 50}, {"vocab_size": None}, {"rope_parameters": None}])
def test_what_fits_or_is_not_said_is_taken(said: dict[str, Any], tmp_path: Path) -> None:
    assert foreign_model(model(tmp_path / "model", **said)).head is None


@pytest.mark.parametrize("family", ["phi", "rwkv7"])
def test_other_families_are_compared_too(family: str, tmp_path: Path) -> None:
    if family == "rwkv7":
        from little_foreign import as_rwkv, little

        save_file(as_rwkv(little("rwkv7", head_width=16), "fla"), tmp_path / "model.safetensors")
        (tmp_path / "config.json").write_text(json.dumps({"model_type": "rwkv7", "vocab_size": 49}))
        words = "vocab_size: 49, but there are vectors for 50 symbols"
    else:
        save_file({"x": torch.ones(2)}, tmp_path / "model.safetensors")
        sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4}
        said = {"model_type": "phi", **sizes, "rope_scaling": LLAMA3}
        (tmp_path / "config.json").write_text(json.dumps(said))
        words = "'llama3'; phi-1 and phi-1.5 have none"
    with pytest.raises(FolderError, match=words):
        foreign_model(tmp_path)


def test_an_index_must_be_true(tmp_path: Path) -> None:
    folder = model(tmp_path / "model")
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").rename(folder / "one.safetensors")
    save_file({"model.norm.weight": tensors.pop("model.norm.weight")}, folder / "two.safetensors")
    save_file(tensors, folder / "one.safetensors")
    places = {**dict.fromkeys(tensors, "one.safetensors"), "model.norm.weight": "two.safetensors"}
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": places}))
    assert foreign_model(folder).family == "llama"
    for wrong, words in (
        ({"lm_head.weight": "two.safetensors"}, "names tensor 'lm_head.weight', which two.safetensors doesn't hold"),
        (
            {"model.norm.weight": "one.safetensors"},
            "names tensor 'model.norm.weight', which one.safetensors doesn't hold",
        ),
    ):
        index.write_text(json.dumps({"weight_map": {**places, **wrong}}))
        with pytest.raises(FolderError, match=words):
            foreign_model(folder)


def test_a_stretch_that_can_not_be_is_refused() -> None:
    with pytest.raises(ValidationError, match="expected less than high, which is 4; got 4"):
        Stretch(factor=8, original=8192, low=4)
