"""Charts like models of the catalogue: whatever is said to run here can be built, with the published layers."""

from __future__ import annotations

import pytest

from ltm.catalog.layers import LAYERS, zone_kind
from ltm.catalog.like import text_like
from ltm.catalog.load import load_catalog
from ltm.chart.load import chart_from_text
from ltm.chart.shipped import shipped_text
from ltm.chart.size import Sizes
from ltm.errors import LtmError

CATALOG = load_catalog()
HERE = [name for name, model in CATALOG.models.items() if zone_kind(model) is not None]
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
        other = {"llama": 0, "phi": model.shape.vocabulary.value, "rwkv-7": 2 * width * low + width}[model.family]
        assert made == model.without_embeddings.value - other, name
        checked += 1
    assert checked >= 8 and {CATALOG.models[name].family for name in BY_LAYERS} == set(LAYERS)


def test_what_is_known_too_little_of_is_said() -> None:
    with pytest.raises(LtmError, match="knows too little of its layers"):
        text_like("MobileLLM-600M")
    with pytest.raises(LtmError, match="nothing here runs it yet"):
        text_like("GPT-2-small")
    with pytest.raises(LtmError, match="did you mean"):
        text_like("TinyLama-1.1B")
    assert text_like("trm") == shipped_text("trm")
