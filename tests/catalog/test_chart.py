"""The micro-models chart itself: every figure has a source, computed ones are computed again, names lead somewhere."""

from __future__ import annotations

import pytest

from ltm.catalog.count import count
from ltm.catalog.load import catalog_from_text, chart_of, find_model, load_catalog
from ltm.catalog.schema import MODALITIES, Figure, Model, Shape
from ltm.chart.load import load_chart
from ltm.chart.size import Sizes
from ltm.errors import ChartError, LtmError
from ltm.zones.table import KINDS

CATALOG = load_catalog()
each_model = pytest.mark.parametrize(("name", "model"), CATALOG.models.items(), ids=list(CATALOG.models))

LITTLE = """
format: 1
sources: {here: {about: a page}}
metrics: {glue: {about: GLUE}}
models:
  Tiny:
    family: bert
    modality: encoder
    source: here
    parameters: 4.4M
    scores: {glue: 64.2}
"""


def whole(shape: Shape) -> dict[str, int]:
    return {name: int(told.value) for name in Shape.model_fields if (told := getattr(shape, name)) is not None}


def test_it_covers_what_it_should() -> None:
    assert len(CATALOG.models) >= 80
    assert {model.modality for model in CATALOG.models.values()} == set(MODALITIES)
    for name in ("RWKV-4-Pile-169M", "phi-1", "TinyLlama-1.1B", "TRM", "HRM", "LTM-sudoku"):
        assert name in CATALOG.models


@each_model
def test_computed_figures_are_computed_again(name: str, model: Model) -> None:
    for path, figure in model.figures():
        if isinstance(figure, Figure) and figure.formula is not None:
            told = count(figure.formula, whole(model.shape))
            known = {"parameters": told.total, "without_embeddings": told.without_embeddings}
            assert figure.value == known[path], path


@each_model
def test_a_published_total_agrees_with_the_shape_beside_it(name: str, model: Model) -> None:
    rest = model.without_embeddings
    if rest is not None and rest.formula is not None and model.parameters is not None:
        assert count(rest.formula, whole(model.shape)).total == pytest.approx(model.parameters.value, rel=0.005)


@each_model
def test_figures_are_plausible(name: str, model: Model) -> None:
    if model.parameters and model.without_embeddings:
        assert 0 < model.without_embeddings.value < model.parameters.value
    if model.year:
        assert 2015 <= model.year.value <= 2030
    for metric, score in model.scores.items():
        assert CATALOG.metrics[metric].unit != "%" or 0 <= score.value <= 100
    assert any(True for _ in model.figures())


def test_no_source_and_no_metric_is_left_over() -> None:
    used = {model.whence(figure) for model in CATALOG.models.values() for _, figure in model.figures()}
    assert set(CATALOG.sources) <= used
    assert set(CATALOG.metrics) == {metric for model in CATALOG.models.values() for metric in model.scores}


@pytest.mark.parametrize("name", [name for name, model in CATALOG.models.items() if model.runs])
def test_what_runs_here_names_a_kind_of_its_chart(name: str) -> None:
    runs = CATALOG.models[name].runs
    assert runs is not None and runs.zone in KINDS
    if runs.chart is not None:
        assert runs.zone in {zone.kind for zone in load_chart(runs.chart).zones.values()}


@pytest.mark.parametrize("name", ["TRM", "TRM-attention", "HRM", "LTM-sudoku", "LTM-plain-stack", "LTM-maze"])
def test_charts_that_do_not_depart_have_the_size_that_is_told(name: str) -> None:
    model = CATALOG.models[name]
    assert model.runs is not None and model.parameters is not None and not model.runs.departs
    assert model.runs.chart is not None
    assert Sizes.of(load_chart(model.runs.chart)).parameters == model.parameters.value


def test_where_the_common_story_is_wrong() -> None:
    models = CATALOG.models
    assert not [name for name in models if "rwkv-4" in name.lower() and name.lower().endswith("14m")]
    assert '"RWKV-4 Pile 14M"' in models["RWKV-4-Pile-169M"].note
    stories, pythia = models["TinyStories-33M"], models["Pythia-14M"]
    assert stories.parameters is not None and pythia.without_embeddings is not None
    assert round(stories.parameters.value / 1e6, 1) == 68.5 and "68.5 M" in stories.note
    assert round(pythia.without_embeddings.value / 1e6, 1) == 1.2 and "1.2 M" in pythia.note


def test_figures_are_read_as_written() -> None:
    models = catalog_from_text(LITTLE.replace("4.4M", "'68.5M @here'")).models
    assert models["Tiny"].parameters == Figure(value=68_500_000, source="here")
    assert models["Tiny"].bytes("fp16") == 137_000_000 and models["Tiny"].bytes("int8") == 68_500_000
    assert models["Tiny"].scores["glue"].value == 64.2


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("family: bert", "familly: bert", r":7:\d+: .*unknown key 'familly'; did you mean 'family'"),
        ("parameters: 4.4M", "paramters: 4.4M", "unknown key 'paramters'; did you mean 'parameters'"),
        ("4.4M", "4.4M @her", r":10:\d+: .*unknown source 'her'; did you mean 'here'"),
        ("4.4M", "4385920 =brt", "unknown formula 'brt'; did you mean 'bert'"),
        ("4.4M", "many", "expected a number with its source"),
        ("glue: 64.2}", "gleu: 64.2}", "unknown metric 'gleu'; did you mean 'glue'"),
        ("    source: here\n", "", "no source"),
        ("source: here", "source: hre", "unknown source 'hre'"),
        ("modality: encoder", "modality: encodr", "did you mean 'encoder'"),
        ("source: here", "runs: {zone: mixer, chart: trmm}", "no shipped chart 'trmm'; did you mean 'trm'"),
        ("source: here", "source: here\n    runs: {zone: mixer}", "expected either `chart`"),
        (
            "source: here",
            "source: here\n    runs: {zone: mixer, by: hand, settings: [a=1]}",
            "settings need the `chart`",
        ),
        ("source: here", "source: here\n    runs: {zone: mixer, chart: trm, model: minilm}", "for a zone `pretrained`"),
        ("format: 1", "format: 2", "expected"),
    ],
)
def test_mistakes_are_located(old: str, new: str, expected: str) -> None:
    assert old in LITTLE
    with pytest.raises(ChartError, match=expected):
        catalog_from_text(LITTLE.replace(old, new))


def test_names_are_found_in_any_case_and_near_ones_are_told() -> None:
    assert find_model(CATALOG, "tinystories-33m")[0] == "TinyStories-33M"
    with pytest.raises(LtmError, match="did you mean 'Pythia-14M' or"):
        find_model(CATALOG, "pythia")
    with pytest.raises(LtmError, match=r"did you mean 'TinyLlama-1\.1B'"):
        find_model(CATALOG, "TinyLama-1.1B")


def test_a_chart_from_an_entry() -> None:
    assert chart_of("trm") == ("trm", "")
    name, said = chart_of("TRM")
    assert name == "trm" and said.startswith("# Started from TRM") and said.endswith("\n")
    assert "# Differs from it: 128 channels" in chart_of("AKOrN")[1]
    with pytest.raises(LtmError, match="nothing here runs it"):
        chart_of("GPT-2-small")
    with pytest.raises(LtmError, match="did you mean 'hrm'"):
        chart_of("hmr")
