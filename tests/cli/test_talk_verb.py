"""`ltm import` and `ltm think` with brains that talk, as a person uses them."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ltm.cli.main import run
from ltm.foreign.tensors import Foreign
from ltm.runtime.brains import load_brain
from ltm.zones.causal import Causal
from ltm.zones.layers import initialise_all
from ltm.zones.table import KINDS


def given_away(folder: Path, symbols: int) -> Foreign:
    """A little Llama of random weights, written as transformers writes them."""
    spec, body = KINDS["llama"]
    zone = {"kind": "llama", "layers": 2, "heads": 2, "groups": 1, "hidden": 20}
    made, draws = body(spec(**zone), 16, None), torch.Generator().manual_seed(0)
    initialise_all(made, draws)
    assert isinstance(made, Causal)
    weights = {name: weight.detach() for name, weight in made.state_dict().items()}
    table = torch.randn(symbols, 16, generator=draws)
    names = {"model.embed_tokens.weight": table, "model.norm.weight": weights["norm_out.weight"]}
    for layer in range(2):
        gate, up = weights[f"channels.{layer}.gate_up.weight"].chunk(2)
        at, theirs = f"model.layers.{layer}", {"query": "q", "key": "k", "value": "v", "out": "o"}
        for ours, letter in theirs.items():
            names[f"{at}.self_attn.{letter}_proj.weight"] = weights[f"attention.{layer}.{ours}.weight"]
        names |= {f"{at}.mlp.gate_proj.weight": gate, f"{at}.mlp.up_proj.weight": up}
        names[f"{at}.mlp.down_proj.weight"] = weights[f"channels.{layer}.down.weight"]
        names[f"{at}.input_layernorm.weight"] = weights[f"attention_norms.{layer}.weight"]
        names[f"{at}.post_attention_layernorm.weight"] = weights[f"channel_norms.{layer}.weight"]
    folder.mkdir()
    save_file({name: tensor.clone().contiguous() for name, tensor in names.items()}, folder / "model.safetensors")
    config = {"model_type": "llama", "hidden_size": 16, "intermediate_size": 20, "num_hidden_layers": 2}
    config |= {"num_attention_heads": 2, "num_key_value_heads": 1, "rms_norm_eps": 1e-5, "tie_word_embeddings": True}
    (folder / "config.json").write_text(json.dumps(config))
    return Foreign("llama", 16, zone, weights, table)


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(list(words))
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    return code, shown.out, shown.err


def test_a_model_that_reads_bytes_becomes_a_brain_that_talks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = given_away(tmp_path / "theirs", 256)
    brain = str(tmp_path / "brain")
    code, shown, _ = said(capsys, "import", str(tmp_path / "theirs"), "-o", brain)
    assert code == 0 and "kind llama" in shown and "ltm think" in shown
    loaded, record = load_brain(tmp_path / "brain")
    assert torch.equal(loaded.sense_of("context").table, model.table)  # type: ignore[union-attr]
    assert loaded.parameters_by_part()["acts"] == 0 and "theirs" in record["provenance"]["data"]
    code, shown, _ = said(capsys, "think", brain, "Once", "--symbols", "7", "--json")
    found = json.loads(shown)
    assert code == 0 and found["symbols"] == 7 and found["text"] == "Once"
    code, streamed, _ = said(capsys, "think", brain, "Once", "--symbols", "7")
    assert code == 0 and streamed == f"Once{found['said']}\n"
    (tmp_path / "start.txt").write_text("Once")
    assert json.loads(said(capsys, "think", brain, str(tmp_path / "start.txt"), "--symbols", "7", "--json")[1]) | {
        "seconds": 0
    } == found | {"seconds": 0}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(b"Once"))))
    assert json.loads(said(capsys, "think", brain, "-", "--symbols", "7", "--json")[1])["said"] == found["said"]
    drawn = [said(capsys, "think", brain, "Once", "--temperature", "2", "--seed", str(seed))[1] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    code, shown, _ = said(capsys, "inspect", brain)
    assert code == 0 and "llama" in shown


def test_symbols_are_called_as_the_vocabulary_calls_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given_away(tmp_path / "theirs", 6)
    tokens = {"go": 0, " on": 1, "<s>": 2, "and": 3}
    (tmp_path / "theirs" / "tokenizer.json").write_text(json.dumps({"model": {"vocab": tokens}}))
    brain = str(tmp_path / "brain")
    assert said(capsys, "import", str(tmp_path / "theirs"), "-o", brain)[0] == 0
    assert load_brain(tmp_path / "brain")[0].chart.senses["context"].tokens == ("go", "▁on", "<s>", "and", "<4>", "<5>")  # type: ignore[union-attr]
    code, shown, _ = said(capsys, "think", brain, "go ▁on", "--symbols", "3", "--json")
    assert code == 0 and len(json.loads(shown)["said"].split()) == 3
    code, _, wrong = said(capsys, "think", brain, "goes")
    assert code == 2 and "'goes' is not in the vocabulary; did you mean 'go'" in wrong
    (tmp_path / "theirs" / "tokenizer.json").write_text(json.dumps({"model": {"vocab": {"go": 17}}}))
    code, _, wrong = said(capsys, "import", str(tmp_path / "theirs"), "-o", str(tmp_path / "other"))
    assert code == 4 and "'go' has number 17; the model has 6 symbols" in wrong and not (tmp_path / "other").exists()


def test_what_can_not_be_imported_or_continued_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given_away(tmp_path / "theirs", 256)
    brain = tmp_path / "brain"
    assert said(capsys, "import", str(tmp_path / "theirs"), "-o", str(brain))[0] == 0
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note.txt").write_text("mine")
    long = "zones and couplings " * 30
    assert said(capsys, "think", str(brain), long, "--symbols", "2", "--json")[0] == 0
    for words, code, expected in (
        (("think", str(brain), ""), 2, "the text is empty"),
        (("think", str(brain), "a", "--ticks", "4", "--watch"), 2, "--ticks, --watch: nothing to a brain that talks"),
        (("eval", str(brain), "text:x.txt", "--plot", str(tmp_path / "x.png")), 2, "--plot: nothing to a brain that"),
        (("import", str(tmp_path / "theirs"), "-o", str(brain)), 2, "already there"),
        (("think", str(brain), str(tmp_path / "latin.txt")), 2, "byte 4 isn't UTF-8"),
        (("import", str(tmp_path / "nowhere"), "-o", str(tmp_path / "x")), 4, "no such file or folder"),
        (("import", str(tmp_path / "theirs"), "-o", str(tmp_path / "mine")), 2, "mine"),
    ):
        found, _, wrong = said(capsys, *words)
        assert found == code and expected in wrong, (words, found, wrong)
    assert (tmp_path / "mine" / "note.txt").read_text() == "mine"
