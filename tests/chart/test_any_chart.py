"""Any chart either builds a brain that thinks and learns, or is refused with the place of every mistake."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import torch
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from little_model import little_model, views
from tiny import VIEW

from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.load import chart_from_text
from ltm.errors import ChartError, DataError
from ltm.scenes.prepare import scorer_of
from ltm.training.optimiser import Optimiser
from ltm.training.segment import look_ahead, loss_of, right_answers, run_segment
from ltm.training.symmetric import symmetric
from ltm.zones.table import KINDS

PLACE = re.compile(r"^any\.yaml:\d+:\d+: ")
NAMES = ["one", "two", "three"]
sizes = st.sampled_from([1, 2, 3, 4, 6, 8, 12, 16])
windows = st.lists(st.sampled_from(["rows", "columns", "blocks", "all"]), max_size=3)
# Keys of their own; a kind that isn't here is tried with those that all kinds share.
SPECIAL: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "mixer": {"mixing": st.sampled_from(["windows", "dense"]), "windows": windows, "messages": sizes,
              "norm_over": st.sampled_from(["channels", "sites"])},
    "attention": {"heads": sizes, "positions": st.sampled_from(["none", "line", "grid"]), "windows": windows},
    "conv": {"hidden": sizes},
    "recurrent": {"cell": st.sampled_from(["gru", "cornn"]), "windows": windows},
    "archetype": {"archetypes": sizes, "heads": sizes},
    "oscillator": {"group": sizes, "heads": sizes, "windows": windows},
    "nested": {"ticks": st.integers(1, 2)},
    "rwkv7": {"head_width": sizes, "hidden": sizes, "chunk": sizes, "ranks": st.lists(sizes, min_size=3, max_size=4)},
    "llama": {"heads": sizes, "groups": sizes, "hidden": sizes},
    "phi": {"heads": sizes, "hidden": sizes, "turned": st.sampled_from([0.0, 0.25, 0.5, 1.0])},
}  # fmt: skip
reads = st.lists(st.sampled_from(["field", "input", "own", *NAMES, "nobody"]), min_size=1, max_size=3, unique=True)
roles = st.fixed_dictionaries(
    {},
    optional={
        "reads": reads,
        "writes": st.sampled_from(["field", "own", "both"]),
        "period": st.sampled_from([0, 1, 2, 3, 4, 64, 2048]),
        "phases": st.lists(st.integers(0, 4), max_size=2),
        "windows": windows,
        "vector": st.booleans(),
    },
)


def circuits(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    """Zones of every kind with whatever keys they take, coupled and waved at random; many of them impossible."""
    kinds = [kind for kind in KINDS if depth or kind != "nested"]
    zones = st.dictionaries(
        st.sampled_from(NAMES), st.sampled_from(kinds).flatmap(lambda kind: a_zone(kind, depth)), min_size=1, max_size=3
    )
    edge = st.fixed_dictionaries({"source": st.sampled_from(NAMES), "to": st.sampled_from(NAMES)})
    coupling = st.fixed_dictionaries(
        {},
        optional={
            "pattern": st.sampled_from(["none", "ring", "all", "small-world", "fractal", "edges"]),
            "rank": sizes,
            "strength": st.sampled_from(["fixed", "learned", "dynamic"]),
            "overlap": st.sampled_from([0.0, 0.5]),
            "edges": st.lists(edge, max_size=2),
        },
    )
    wave = st.fixed_dictionaries(
        {},
        optional={
            "policy": st.sampled_from(["all", "rhythm", "sync", "top-k", "random"]),
            "fire": st.integers(0, 4),
        },
    )
    return st.fixed_dictionaries({"zones": zones}, optional={"coupling": coupling, "wave": wave})


def a_zone(kind: str, depth: int) -> st.SearchStrategy[dict[str, Any]]:
    needed: dict[str, st.SearchStrategy[Any]] = {"kind": st.just(kind)}
    if kind == "nested":
        needed["circuit"] = circuits(depth - 1)
    if kind == "pretrained":
        needed["model"] = st.sampled_from([little_model(), little_model(), "minilm", "nothing", "./nowhere"])
        needed["sense"] = st.sampled_from(["view", "view", "seen", "nobody"])
        needed["adapters"] = st.sampled_from([None, None, {"layers": 2}, {"layers": 9, "rank": 2}])
    common = {
        "width": sizes,
        "loops": st.integers(0, 2),
        "state": st.sampled_from(["none", "own"]),
        "write": st.sampled_from(["add", "replace"]),
        "layers": st.integers(1, 2),
        "budget": st.sampled_from(["1KB", "1MB", "much"]),
        "roles": st.dictionaries(st.sampled_from(["first", "second"]), roles, min_size=1, max_size=2),
    }
    if kind not in ("mixer", "attention", "conv", "rwkv7", "llama", "phi"):
        common.pop("layers")
    return st.fixed_dictionaries(needed, optional={**common, **SPECIAL.get(kind, {})})


grids = st.fixed_dictionaries(
    {"kind": st.just("grid"), "symbols": st.integers(2, 5)},
    optional={"rows": st.sampled_from([3, 4]), "columns": st.sampled_from([3, 4])},
)
charts = st.builds(
    lambda circuit, rest: {**rest, **circuit},
    circuits(1),
    st.fixed_dictionaries(
        {
            "senses": st.fixed_dictionaries({"seen": grids}, optional={"view": st.just(VIEW), "also": grids}),
            "acts": st.fixed_dictionaries({"done": grids}),
        },
        optional={
            "scenes": st.fixed_dictionaries(
                {},
                optional={
                    "symmetries": st.lists(
                        st.sampled_from(["relabel", "bands", "transpose", "dihedral"]), max_size=2, unique=True
                    ),
                    "relabel_from": st.integers(0, 3),
                    "score": st.sampled_from(["exact", "shortest-path"]),
                },
            ),
            "will": st.fixed_dictionaries({}, optional={"noise": st.sampled_from([0.0, 0.4]), "ticks": sizes}),
            "field": st.fixed_dictionaries(
                {"width": sizes}, optional={"prefix": st.integers(0, 2), "norm": st.sampled_from(["rms", "none"])}
            ),
            "reflection": st.fixed_dictionaries(
                {},
                optional={
                    "kind": st.sampled_from(["head", "evidence", "none"]),
                    "outputs": st.integers(1, 2),
                    "ahead": st.booleans(),
                },
            ),
            "training": st.fixed_dictionaries(
                {"ticks": st.integers(1, 3)},
                optional={
                    "gradient_ticks": st.integers(1, 4),
                    "optimiser": st.sampled_from(["muon", "adamw", "adam-atan2"]),
                    "noise": st.sampled_from([0.0, 0.3]),
                },
            ),
        },
    ),
)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(charts)
def test_builds_and_learns_or_is_refused_where_it_is_wrong(data: dict[str, Any]) -> None:
    text = yaml.safe_dump(data, sort_keys=False)
    try:
        chart = chart_from_text(text, "any.yaml")
    except ChartError as problem:
        first = str(problem).splitlines()[0]
        assert PLACE.match(first), first
        return
    brain = Brain(chart, seed=0)
    generator = torch.Generator().manual_seed(0)
    specs = {name: spec for name, spec in {**chart.senses, **chart.acts}.items() if name != "view"}
    most = min(spec.symbols for spec in specs.values())
    sides = {name: (spec.rows or 3, spec.columns or 4) for name, spec in specs.items()}
    sides["done"] = sides["seen"]
    values = {
        name: torch.randint(0, most, (2, *shape), generator=generator, dtype=torch.uint8)
        for name, shape in sides.items()
    }
    if "view" in chart.senses:
        values["view"] = views(2)
    try:
        shapes = {name: np.array([shape] * 2, dtype=np.uint32) for name, shape in sides.items()}
        values |= symmetric(chart, values, shapes, generator)
    except DataError as problem:  # grids of any size may turn out to differ
        assert "leave" in str(problem) or "square" in str(problem)
    mind = brain.begin(values, generator)
    reading = run_segment(brain, mind, values, bf16=False)
    last = torch.tensor([True, False])
    ahead = look_ahead(brain, mind, values, False, last) if chart.reflection.ahead else None
    loss = loss_of(brain, reading, values, right_answers(reading, values, scorer_of(chart)), ahead)
    assert loss.total.isfinite() and reading.right.isfinite().all()
    torch.autograd.backward(loss.total)
    Optimiser(brain, chart.training).step(0, 10)
    assert all(weight.isfinite().all() for weight in brain.parameters())
    mind.lanes = mind.lanes.detach()
    with torch.inference_mode():
        brain.think_on(mind, 2)
    think(brain, {name: values[name] for name in chart.senses}, chart.will)


def test_the_charts_that_are_tried_are_of_both_sorts() -> None:
    """Guards the test above: were nearly all charts refused, it would show little."""
    built = []

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(charts)
    def look(data: dict[str, Any]) -> None:
        try:
            chart_from_text(yaml.safe_dump(data), "any.yaml")
            built.append(True)
        except ChartError:
            built.append(False)

    look()
    assert 0.1 < sum(built) / len(built) < 0.9
