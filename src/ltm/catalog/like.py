"""Charts like models of the catalogue: shipped ones, and ones made from an entry's layers and widths.

A language model whose layers are a kind of zone here (`llama`, `rwkv7`, `phi`) becomes a chart of the same layers that
reads and tells bytes. Its embeddings are those of 256 symbols, so a text of one's own can teach it; outside of them it
has the published parameters. With the published weights most come by `ltm import`.
"""

from __future__ import annotations

from ltm.catalog.layers import IMPORTED, LAYERS, shape_of, zone_like
from ltm.catalog.load import chart_of, find_model, load_catalog
from ltm.catalog.schema import Model
from ltm.chart.dump import dump
from ltm.chart.load import load_chart
from ltm.chart.schema import Chart
from ltm.chart.shipped import shipped, shipped_text
from ltm.errors import LtmError


def text_like(name: str) -> str:
    """Returns the text of a chart like a shipped one, or like a model of the catalogue.

    Raises:
        LtmError: neither, or a model that nothing here runs; names the nearest.
    """
    settings: tuple[str, ...] = ()
    if name not in shipped():
        try:
            known, model = find_model(load_catalog(), name)
        except LtmError:
            pass  # told by `chart_of`, which knows charts' names too
        else:
            if model.runs is None and model.family in LAYERS:
                return _from_layers(known, model)
            settings = () if model.runs is None else model.runs.settings
    chart, started = chart_of(name)
    return started + (dump(load_chart(chart, settings)) if settings else shipped_text(chart))


def _from_layers(name: str, model: Model) -> str:
    zone = zone_like(model)
    if zone is None:
        lacking = "the catalogue knows too little of its layers for a chart"
        raise LtmError(f"{name}: {lacking}; ltm catalog show {name} tells what is known")
    scenes = {"source": "text:python", "options": {"context": 256, "answer": 1}}
    chart = Chart.model_validate(
        {
            "name": "".join(letter if letter.isalnum() else "-" for letter in name.lower()),
            "about": f"The layers of {name}, reading bytes: says what comes next.",
            "field": {"width": shape_of(model)["width"], "norm": "none"},
            "senses": {"context": {"kind": "text", "unit": "bytes", "inner": None, "longest": 4096, "cut": True}},
            "acts": {"next": {"kind": "next", "symbols": 256}},
            "zones": {"core": {**zone, "write": "replace", "roles": {"self": {"reads": ["input"], "vector": False}}}},
            "reflection": {"kind": "none"},
            "scenes": scenes,
            "training": {"ticks": 1, "segments": 1, "batch": 16, "minutes": 10},
            "will": {"ticks": 1},
        }
    )
    vocabulary = shape_of(model).get("vocabulary")
    pieces = f"{vocabulary:,} symbols" if vocabulary else "pieces"
    weights = " With its own weights: ltm import FOLDER." if model.family in IMPORTED else ""
    return (
        f"# Started from {name} of the catalogue (ltm catalog show {name}), by its layers and widths.\n"
        f"# Differs from it: reads and tells bytes instead of {pieces}.{weights}\n"
        f"# Name a text of yours: ltm train THIS --data text:plays.txt\n{dump(chart)}"
    )
