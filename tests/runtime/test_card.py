"""The model card says what the record says, and nothing in a record can break out of its place."""

from __future__ import annotations

from typing import Any

from ltm.runtime.card import card
from ltm.runtime.record import BrainRecord, FileRecord, Provenance

CHART = "name: tiny\nzones: {a: {kind: mixer}}\n"


def record(**more: Any) -> BrainRecord:
    files = {
        "chart.yaml": FileRecord(sha256="1" * 64, bytes=40),
        "zones/a.safetensors": FileRecord(sha256="2" * 64, bytes=1_400_000, parameters=350_000),
        "connectome.safetensors": FileRecord(sha256="3" * 64, bytes=30_000, parameters=7_000),
    }
    return BrainRecord(name="tiny", files=files, **({"parameters": 357_000} | more))


def test_sections_in_order() -> None:
    text = card(record(about="Solves puzzles."), CHART)
    assert text.startswith("# tiny\n\nSolves puzzles.\n\nA brain of 1 zone with 357,000 parameters in 1.43 MB")
    heads = [line for line in text.split("\n") if line.startswith("#")]
    assert heads == ["# tiny", "## Use", "## Sizes", "## Measured", "## Provenance", "## Chart"]
    assert "ltm think path/to/tiny" in text
    assert f"| `zones/a.safetensors` | 350,000 | 1.40 MB | {'2' * 64} |" in text
    assert f"```yaml\n{CHART}```\n" in text


def test_measured_values_and_rows() -> None:
    measured = {
        "seconds": 0.0123456789,
        "sure": True,
        "boards": 1000,
        "easy": {"right": 0.984, "n": 896},
        "hard": {"ticks": 16, "n": None},
    }
    text = card(record(measured=measured), CHART)
    assert "| seconds | 0.0123457 |\n| sure | yes |\n| boards | 1,000 |" in text
    rows = "| what | right | n | ticks |\n| --- | --- | --- | --- |\n| easy | 0.984 | 896 |  |\n| hard |  |  | 16 |"
    assert rows in text
    assert "Nothing was measured." in card(record(), CHART)


def test_provenance() -> None:
    text = card(record(provenance=Provenance(seed=0, data="sudoku", seconds=900.0)), CHART)
    assert "| seed | 0 |\n| seconds | 900 |\n| data | sudoku |" in text
    assert "processor" not in text


def test_nothing_breaks_out() -> None:
    evil = "a|b\n# head <script>"
    text = card(record(about="<script>", measured={evil: evil}), "about: '````'\n```\n# x\n")
    assert "<script>" not in text
    assert "| a\\|b # head &lt;script&gt; | a\\|b # head &lt;script&gt; |" in text
    assert "`````yaml\nabout: '````'\n```\n# x\n`````" in text
