"""Charts like models of the catalogue: whatever is said to run here can be built, with the published layers."""

from __future__ import annotations

import pytest

from ltm.catalog.layers import LAYERS, has_chart, zone_kind
from ltm.catalog.like import text_like
from ltm.catalog.load import load_catalog
from ltm.chart.load import chart_from_text
from ltm.chart.shipped import shipped_text
from ltm.chart.size import Sizes
from ltm.errors import LtmError
from ltm.pretrained.known import KNOWN

CATALOG = load_catalog()
HERE = [name for name, model in CATALOG.models.items() if has_chart(model)]
BY_LAYERS = [name for name in HERE if CATALOG.models[name].runs is None]


@pytest.mark.parametrize("name", HERE)
def test_every_entry_that_runs_here_gives_a_chart_of_its_kind(name: str) -> None:
    model = CATALOG.models[name]
    text = text_like(name)
    assert text.startswith(f"# Started from {name} of the catalogue")
    chart = chart_from_text(text)
    assert zone_kind(model) in {zone.kind for zone in chart.zones.values()}
    exact = model.runs is not None and not model.runs.departs and model.parameters is not None
    if exact:
        assert model.parameters is not None
        assert Sizes.of(chart).parameters == model.parameters.value


def test_layers_have_the_published_parameters() -> None:
    checked = 0
    for name in BY_LAYERS:
        model = CATALOG.models[name]
        if model.without_embeddings is None or model.shape.width is None or model.shape.vocabulary is None:
            continue
        made = Sizes.of(chart_from_text(text_like(name))).parts["zones/core"]
        width, low = int(model.shape.width.value), 32 if model.shape.width.value < 2048 else 64
        # phi's formula counts the bias of its output matrix; RWKV-7's what the first layer has and never uses.
        other = {"phi": model.shape.vocabulary.value, "rwkv-7": 2 * width * low + width}.get(model.family, 0)
        assert made == model.without_embeddings.value - other, name
        checked += 1
    assert checked >= 8 and {CATALOG.models[name].family for name in BY_LAYERS} == set(LAYERS)


def test_what_is_known_too_little_of_is_said() -> None:
    with pytest.raises(LtmError, match="knows too little of its layers"):
        text_like("MobileLLM-LS-350M")
    with pytest.raises(LtmError, match="nothing here runs it yet"):
        text_like("GPT-2-small")
    with pytest.raises(LtmError, match="did you mean"):
        text_like("TinyLama-1.1B")
    assert text_like("trm") == shipped_text("trm")


def test_every_pretrained_model_that_zones_look_through_has_an_entry() -> None:
    """Its runs name the zone and the model, and a chart is made of it that has that model in such a zone."""
    entries = {model.runs.model: name for name, model in CATALOG.models.items() if published(name) and model.runs}
    assert set(KNOWN) <= set(entries)
    for known in KNOWN:
        chart = chart_from_text(text_like(entries[known]))
        assert known in {zone.model for zone in chart.zones.values() if zone.kind == "pretrained"}


def published(name: str) -> bool:
    return not name.startswith("LTM-")


@pytest.mark.parametrize("known", KNOWN)
def test_parameters_of_pretrained_models_are_those_that_run(known: str) -> None:
    """Where a figure is said to be counted from the files, and where all layers are needed for it."""
    for name, model in CATALOG.models.items():
        if published(name) and model.runs is not None and model.runs.model == known:
            counted = model.parameters is not None and model.parameters.source == "ltm-pretrained"
            exact = counted or known in ("minilm", "smollm2")
            told = f"{KNOWN[known].facts.weights:,} weights" in model.note
            assert told or (exact and model.parameters and model.parameters.value == KNOWN[known].facts.weights)


def test_what_runs_without_a_shipped_chart_says_what_to_do() -> None:
    with pytest.raises(LtmError, match=r"BERT-Tiny: a zone of kind 'pretrained' runs it.*model: \./folder"):
        text_like("BERT-Tiny")
    with pytest.raises(LtmError, match=r"LTM-minigrid: .*ltm chart new mine\.yaml --like minigrid"):
        text_like("LTM-minigrid")
    ways = [model.runs for model in CATALOG.models.values() if model.runs is not None]
    assert all(zone_kind(model) for model in CATALOG.models.values() if model.runs)
    assert all(runs.model is None or runs.model in KNOWN for runs in ways)
