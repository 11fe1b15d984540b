"""Brains to export, and what must hold of every one of their files."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import onnxruntime
import torch

import ltm.export.shown
from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.check import require
from ltm.chart.schema import Chart, WillSpec
from ltm.export.export import Exported, export_brain
from ltm.export.graph import CONFIDENCE, SEE
from ltm.export.shown import made_up
from ltm.export.sizes import sizes_of

FEW = 8
"""Scenes to compare on; the verb takes a hundred."""


def doubting(chart: Chart) -> Brain:
    """Returns a brain whose confidence depends on what it sees, and is calibrated: neither is so at the beginning."""
    brain = Brain(chart, seed=1)
    with torch.no_grad():
        if brain.reflection.read is not None:
            brain.reflection.read.weight.normal_(0, 0.3, generator=torch.Generator().manual_seed(2))
            assert brain.reflection.read.bias is not None
            brain.reflection.read.bias.zero_()
        brain.reflection.scale.fill_(0.7)
        brain.reflection.shift.fill_(0.4)
    return brain.eval()


def exported(brain: Brain, folder: Path, **options: Any) -> Exported:
    """Exports a brain, and checks that its file thinks as it does, on a few scenes."""
    target = options.get("to", "onnx")
    with patch.object(ltm.export.shown, "SCENES", FEW):
        made = export_brain(brain, folder / f"brain.{target}", **{"ticks": 4, **options})
    assert made.file.stat().st_size == made.bytes
    assert made.compared is not None and made.compared.answers == made.compared.scenes == FEW
    assert made.compared.confidence <= 1e-4 and made.compared.logits <= 1e-4
    return made


def run(file: Path, seen: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Runs an ONNX file by ONNX Runtime alone."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, seen), strict=True))


def same_in_any_batch(brain: Brain, made: Exported, values: dict[str, torch.Tensor]) -> None:
    """Checks a whole batch, and one scene by itself, against what the brain thinks of each scene alone."""
    chart, told = brain.chart, made.told
    will = WillSpec(ticks=told["ticks"], tries=1, confidence=1, noise=chart.will.noise, patience=chart.will.patience)
    seen = {SEE + name: value.numpy() for name, value in values.items()}
    count = len(next(iter(values.values())))
    alone = [
        think(brain, {n: v[i : i + 1] for n, v in values.items()}, will, seed=told["seed"])[0] for i in range(count)
    ]
    together = run(made.file, seen)
    assert {name: list(value.shape[1:]) for name, value in together.items()} == {
        name: output["shape"][1:] for name, output in told["outputs"].items()
    }
    assert {name: str(value.dtype) for name, value in together.items()} == {
        name: output["dtype"] for name, output in told["outputs"].items()
    }
    np.testing.assert_allclose(together[CONFIDENCE], [thought.confidence for thought in alone], atol=1e-4)
    assert together["ticks"].tolist() == [thought.ticks for thought in alone]
    first = run(made.file, {name: value[:1] for name, value in seen.items()})
    for name, value in first.items():
        np.testing.assert_allclose(value, together[name][:1], atol=2e-4)


SENSES: dict[str, dict[str, Any]] = {
    "numbers": {
        "age": {"kind": "number", "mean": 40, "spread": 12, "frequencies": 3},
        "row": {"kind": "vector", "size": 7, "each": 3},
        "town": {"kind": "label", "labels": ["a", "b", "c"], "missing": True},
    },
    "picture": {"picture": {"kind": "image", "rows": 8, "columns": 9, "channels": 3}},
    "sound": {"sound": {"kind": "audio", "seconds": 0.1, "mels": 12, "patch": 4}},
    "tree": {"tokens": {"kind": "sequence", "tokens": ["a", "(", ")"], "opening": ["("], "closing": [")"]}},
    "words": {"text": {"kind": "text", "buckets": 64, "features": ["word", "letters"]}},
    "bytes": {"text": {"kind": "text", "unit": "bytes", "positions": "learned", "longest": 12}},
    "any-grid": {"board": {"kind": "grid", "symbols": 4}, "town": {"kind": "label", "labels": ["a", "b"]}},
}
ACTS: dict[str, dict[str, Any]] = {
    "label": {"kind": "label", "labels": ["no", "yes", "perhaps"]},
    "number": {"kind": "number", "edges": [1.0, 2.0], "centres": [0.5, 1.5, 2.5]},
    "drawn": {"kind": "canvas", "rows": 2, "columns": 3, "colours": 3},
    "moves": {"kind": "sequence", "tokens": ["x", "y"], "longest": 4},
    "said": {"kind": "text", "longest": 3, "order": "left-to-right", "pace": 2},
}


def reading_brain(senses: dict[str, Any], acts: Collection[str] = tuple(ACTS)) -> Brain:
    """Returns a brain that sees something and answers in some ways, in all but grids unless told."""
    tree = any(sense.get("opening") for sense in senses.values())
    windows = ["children", "siblings", "before"] if tree else ["before", "after", "field"]
    zones = {"mix": {"kind": "mixer", "windows": windows}, "look": {"kind": "attention", "heads": 2, "width": 8}}
    training = {"ticks": 2, "precision": "fp32", "compile": "off"}
    field = {"width": 16, "noise": 0.5, "prefix": 1}
    answers = {name: ACTS[name] for name in acts}
    declared = {"field": field, "senses": senses, "acts": answers, "zones": zones, "training": training}
    return doubting(require(Chart.model_validate(declared)))


def several(brain: Brain, sizes: dict[str, tuple[int, ...]], count: int = 4) -> dict[str, torch.Tensor]:
    """Returns random values of a size, of which all but the first are partly padded where they may be."""
    rows = made_up(brain, sizes_of(brain, sizes), count)
    values = {name: torch.cat([row[name] for row in rows]) for name in brain.chart.senses}
    for name, spec in brain.chart.senses.items():
        if spec.fixed_sites is None:
            for row in range(1, count):
                values[name][row, -row:] = int(spec.layout.void)
    return values


OPEN = {"tree": {"tokens": (9,)}, "words": {"text": (6,)}, "bytes": {"text": (10,)}, "any-grid": {"board": (5, 4)}}
