"""What a brain weighs and costs, checked against its files and against thoughts traced tick by tick."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ltm.brain.think import think
from ltm.catalog import thinking_cost
from ltm.catalog.thinking_cost import time_thoughts, weigh
from ltm.chart.load import load_chart
from ltm.runtime.brains import load_brain
from ltm.runtime.shipped import shipped_brain
from ltm.scenes.prepare import generate_scenes
from ltm.training.looks import batches


def test_the_shipped_brain_weighs_what_its_files_and_trace_say(tmp_path: Path) -> None:
    brain, record = load_brain(shipped_brain())
    found = weigh(brain.chart)
    files = {name: entry["parameters"] for name, entry in record["files"].items()}
    assert found.parameters == sum(files.values()) and found.bytes == 4 * found.parameters
    assert found.active_parameters == files["zones/core.safetensors"] and not found.at_most
    scenes = generate_scenes(brain.chart, 3, 5)
    thoughts = [think(brain, values, trace=True)[0] for _, values in batches(scenes, 1)]
    # The last tick of a segment pays for reading too; the others are ticks and nothing else.
    assert found.tick_operations == thoughts[0].trace[0].operations
    spent = time_thoughts(brain, scenes, powercap=tmp_path)
    assert spent.thoughts == 3 and spent.operations == pytest.approx(np.mean([t.operations for t in thoughts]))
    assert spent.ticks == pytest.approx(np.mean([t.ticks for t in thoughts]))
    assert spent.joules is None and "no energy counters" in spent.why_not
    assert 0 < spent.cpu_seconds and 0 < spent.seconds


def test_zones_that_do_not_fire_are_not_active() -> None:
    mixture, stack = weigh(load_chart("mixture")), weigh(load_chart("plain-stack"))
    # Two of eight zones of 44,096 weights, and the router: 128 inputs to 8 outputs with a bias.
    assert mixture.at_most and mixture.active_parameters == 2 * 44_096 + 129 * 8
    assert not stack.at_most and stack.active_parameters / stack.parameters == pytest.approx(1 / 8, abs=0.01)


def test_energy_is_measured_where_it_can_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Meter:
        def __init__(self, root: Path) -> None:
            assert root == tmp_path

        def joules(self) -> float:
            return 6.0

    monkeypatch.setattr(thinking_cost, "EnergyMeter", Meter)
    brain, _ = load_brain(shipped_brain())
    spent = time_thoughts(brain, generate_scenes(brain.chart, 2, 5), powercap=tmp_path)
    assert spent.joules == 3.0 and not spent.why_not
