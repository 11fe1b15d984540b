from __future__ import annotations

import sys

import pytest

from ltm.chart.load import load_chart
from ltm.cli.plots import accuracy_by_ticks_png, brain_png
from ltm.errors import LtmError
from ltm.training.calibration import reliability

ROWS = [
    {"ticks": 8, "exact": 0.4, "confidence": 0.35},
    {"ticks": 16, "exact": 0.8, "confidence": None, "low": 0.7, "high": 0.85},
    {"ticks": 32, "exact": 0.9, "confidence": 0.88, "low": 0.85, "high": 0.95},
]


def width_of(path):
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return int.from_bytes(data[16:20], "big")


def test_curve_alone_and_with_reliability(tmp_path):
    pytest.importorskip("matplotlib", reason="needs the extra plots")
    accuracy_by_ticks_png(ROWS, tmp_path / "one.png")
    bins = [list(row) for row in reliability([0.1, 0.8, 0.9, 0.95], [0, 1, 1, 0])]
    accuracy_by_ticks_png(ROWS, tmp_path / "two.png", bins)
    assert width_of(tmp_path / "two.png") > width_of(tmp_path / "one.png") > 600


def test_brain_has_the_size_of_its_picture(tmp_path):
    pytest.importorskip("matplotlib", reason="needs the extra plots")
    from ltm.chart.draw_picture import picture

    chart = load_chart("hrm")
    brain_png(chart, tmp_path / "brain.png", {"low": 1000, "high": 2000})
    assert width_of(tmp_path / "brain.png") == pytest.approx(picture(chart).wide * 1.5, abs=2)


def test_missing_matplotlib_is_explained(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(LtmError, match=r"pip install 'ltm\[plots\]'"):
        brain_png(load_chart("trm"), tmp_path / "brain.png")
    assert not list(tmp_path.iterdir())
