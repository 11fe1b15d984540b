"""The models of the table as their packages ship them, on real input; each is skipped where its package isn't there."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.spoken import RATE, spoken
from ltm.errors import FolderError, LtmError
from ltm.pretrained import efficientnet_lite, models
from ltm.pretrained.installed import folder_of
from ltm.pretrained.known import KNOWN
from ltm.pretrained.models import facts_of, frozen
from ltm.pretrained.onnx_graph import operations_of, parsed, weights_of
from ltm.pretrained.values import pixels, resampled, samples, tokens
from ltm.runtime.weights import read_bytes


def model_of(name: str) -> models.Frozen:
    if importlib.util.find_spec(KNOWN[name].folder.partition("/")[0]) is None:
        pytest.skip(f"model {name} isn't here: {KNOWN[name].command}, or make models")
    return frozen(name)


def place(name: str) -> Path:
    return folder_of(name)


def said(words: str, voice: str = "en-us") -> np.ndarray:
    pytest.importorskip("espeakng_loader", reason="no speech: pip install espeakng-loader, or make models")
    return resampled(spoken(words, voice) / 32768, RATE, 16_000)


def heard(name: str, sound: np.ndarray, seconds: float = 2.0) -> torch.Tensor:
    model = model_of(name)
    value = samples(np.clip(sound, -1, 1), model.facts, round(seconds * 16_000))
    return model.made(value, value.tobytes())


def test_minilm_tells_which_sentences_mean_the_same() -> None:
    model = model_of("minilm")
    sentences = ("A man is eating food.", "Someone eats a meal.", "The stock market fell sharply today.")
    means = [model.made(tokens("minilm", s), s.encode()).mean(0) for s in sentences]
    same, other = (torch.cosine_similarity(means[0], mean, dim=0).item() for mean in means[1:])
    assert same > 0.6 > 0.2 > other  # 0.70 and -0.02


def test_minilm_costs_what_the_table_says() -> None:
    model_of("minilm")
    from transformers import AutoModel

    theirs = AutoModel.from_pretrained(place("minilm"), local_files_only=True, use_safetensors=True).eval()
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        theirs(input_ids=torch.zeros(1, 11, dtype=torch.long))
    facts = facts_of("minilm")
    assert facts.operations(11) == counter.get_total_flops()
    assert facts.weights == sum(weight.numel() for weight in theirs.parameters())
    cut = frozen("minilm", 4)
    made = cut.made(tokens("minilm", "a good film"), b"one")
    with torch.no_grad():
        states = theirs(torch.from_numpy(tokens("minilm", "a good film")).long()[None], output_hidden_states=True)
    torch.testing.assert_close(made, states.hidden_states[4][0], atol=1e-5, rtol=1e-4)


def test_efficientnet_recognises_photographs() -> None:
    """The classifier, which zones do without, is put back on: a palace and a daisy-like flower in ImageNet's words."""
    model_of("efficientnet-lite0")
    photographs = pytest.importorskip("sklearn.datasets").load_sample_images().images
    (file,) = KNOWN["efficientnet-lite0"].files
    state = torch.load(place("efficientnet-lite0") / file, weights_only=True)
    found = []
    for photograph in photographs:
        rows, columns = photograph.shape[:2]
        side, left = min(rows, columns), (columns - min(rows, columns)) // 2
        value = pixels(photograph[:side, left : left + side], (224, 224))
        features = frozen("efficientnet-lite0").made(value, value.tobytes()[:64]).mean(0)
        found.append((state["_fc.weight"] @ features + state["_fc.bias"]).topk(3).indices.tolist())
    assert 698 in found[0] and 985 in found[1]


def test_efficientnet_costs_what_the_table_says() -> None:
    network, counter = efficientnet_lite.EfficientNetLite0().eval(), FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        made = network(torch.zeros(1, 3, 224, 224))
    facts = facts_of("efficientnet-lite0")
    assert made.shape == (1, facts.channels, *facts.sites(1))
    assert facts.operations(1) == counter.get_total_flops()
    assert facts.weights == sum(weight.numel() for weight in network.parameters())


def test_silero_hears_speech_and_nothing_else() -> None:
    seconds = np.arange(32_000) / 16_000
    noise = np.random.default_rng(0).normal(size=32_000) / 10
    for sound in (noise, 0.3 * np.sin(2 * np.pi * 440 * seconds), np.zeros(32_000)):
        assert heard("silero-vad", sound)[:, 0].max() < 0.1
    speech = heard("silero-vad", said("the quick brown fox jumps"))[:, 0]
    assert speech.max() > 0.95 and speech.mean() > 0.4
    assert speech[-3:].max() < speech.max()


def test_the_speech_embedding_is_nearer_for_the_same_word_in_another_voice() -> None:
    made = {
        (word, voice): heard("speech-embedding", said(word, voice), 1.5).mean(0)
        for word in ("yes", "seven", "hello")
        for voice in ("en-us", "en-gb-x-rp")
    }
    middle = torch.stack(list(made.values())).mean(0)
    for (word, voice), vector in made.items():
        others = {key: other for key, other in made.items() if key[1] != voice}
        nearest = max(others, key=lambda key: float(torch.cosine_similarity(vector - middle, others[key] - middle, 0)))
        assert nearest[0] == word


def test_the_speech_embedding_costs_what_the_table_says() -> None:
    facts = model_of("speech-embedding").facts
    graphs = {
        name: parsed(read_bytes(place("speech-embedding") / name), name) for name in KNOWN["speech-embedding"].files
    }
    assert facts.weights == sum(map(weights_of, graphs.values()))
    for count in (facts.least, 16_000, 24_000):
        rows, columns = facts.sites(count)
        assert (rows, columns) == (len(heard("speech-embedding", np.zeros(count), count / 16_000)), 1)
        levels = operations_of(graphs["melspectrogram.onnx"], {"input": (1, count)}, "levels")
        windows = operations_of(graphs["embedding_model.onnx"], {"input_1": (rows, 76, 32, 1)}, "windows")
        assert facts.operations(count) == levels + windows


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package with a file that the table knows, and code that mustn't run."""
    (tmp_path / "little_package" / "model").mkdir(parents=True)
    (tmp_path / "little_package" / "__init__.py").write_text("raise SystemExit('ran')")
    (tmp_path / "little_package" / "model" / "silero_vad_16k_op15.onnx").write_bytes(b"not the one")
    monkeypatch.syspath_prepend(str(tmp_path))
    known = dataclasses.replace(KNOWN["silero-vad"], folder="little_package/model")
    monkeypatch.setitem(KNOWN, "silero-vad", known)
    models.let_go("silero-vad")
    yield tmp_path / "little_package"
    models.let_go("silero-vad")


def test_a_file_that_is_not_the_known_one_is_refused_and_no_code_runs(package: Path) -> None:
    with pytest.raises(FolderError, match="its sha256 is another"):
        frozen("silero-vad")
    assert "little_package" not in sys.modules


def test_a_model_that_is_missing_is_told_how_to_get(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = dataclasses.replace(KNOWN["silero-vad"], folder="no_such_package_anywhere/model")
    monkeypatch.setitem(KNOWN, "silero-vad", known)
    with pytest.raises(LtmError, match=r"pip install --no-deps silero-vad==6\.2\.3") as caught:
        frozen("silero-vad")
    assert not isinstance(caught.value, FolderError)


def test_the_table_is_whole() -> None:
    for name, known in KNOWN.items():
        assert known.licence and "==" in known.package, name
        assert all(len(sha256) == 64 and not set(sha256) - set("0123456789abcdef") for sha256 in known.files.values())


def test_a_sound_of_another_rate_is_the_same_sound() -> None:
    """A tone of 440 Hz stays one, whatever the rate that it was recorded at."""
    for rate in (8_000, 22_050, 44_100):
        tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)
        expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
        found = resampled(tone, rate, 16_000)
        assert len(found) == 16_000
        np.testing.assert_allclose(found[500:-500], expected[500:-500], atol=0.02)


def test_make_models_installs_all_that_charts_name_in_the_versions_known_here() -> None:
    text = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    listed = text.split("MODELS :=")[1].split("\n\n")[0].replace("\\\n", " ").split()
    assert {known.package for known in KNOWN.values()} < set(listed)
    page = (Path(__file__).parents[2] / "docs" / "pretrained.md").read_text(encoding="utf-8")
    assert "`make models`" in page and all(known.package in page for known in KNOWN.values())
