"""`ltm scale` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ltm.brain.brain import Brain
from ltm.catalog.estimate import BRAIN
from ltm.chart.load import load_chart
from ltm.cli.main import run
from ltm.cli.show_scale import amount
from ltm.runtime.brains import save_brain
from ltm.runtime.shipped import shipped_brain

SHIPPED = str(shipped_brain())
Capture = pytest.CaptureFixture[str]


def told(capsys: Capture, *arguments: str) -> dict[str, dict[str, dict[str, dict[str, float]]]]:
    assert run(["scale", "--json", *arguments]) == 0
    whole: dict[str, dict[str, dict[str, dict[str, float]]]] = json.loads(capsys.readouterr().out)
    return whole


def test_every_line_has_a_formula_whose_numbers_are_explained(capsys: Capture) -> None:
    assert run(["scale"]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    for formula in BRAIN:
        assert formula.says in shown
    explained = shown.split("What it rests on")[1]
    for number in range(1, 19):
        assert f"[{number}]" in shown.split("What it rests on")[0]
        entry = explained.split(f"[{number}] ")[1].split(f"[{number + 1}] ")[0]
        assert "Source:" in entry
    assert "[19]" not in shown
    for words in ("100 TB", "GPT-2", "187 GB", "percentile"):
        assert words in shown


def test_json_holds_what_the_screen_shows_and_a_seed_repeats_it(capsys: Capture) -> None:
    first, second = told(capsys, "--seed", "4"), told(capsys, "--seed", "4")
    assert first == second != told(capsys, "--seed", "5")
    assert first["brain"]["figures"]["brain_bytes"]["typical"] == pytest.approx(1.5e14 * 4.7 / 8)
    moved = told(capsys, "--set", "synapses=1e15", "--set", "bits_per_synapse=4")
    assert moved["brain"]["figures"]["brain_bytes"]["typical"] == pytest.approx(5e14)


def test_a_model_beside_a_brain(capsys: Capture) -> None:
    figures = told(capsys, "--model", "1.5B", "--set", "synapses=1e14")["model"]["figures"]
    assert figures["share_at_rest"]["p5"] == pytest.approx(1.5e-5)
    assert run(["scale", "--model", "gpt-3", "--set", "gamma=40"]) == 0
    captured = capsys.readouterr()
    assert "GPT-3" in captured.out and "--set gamma changes nothing" in captured.err


def test_a_brain_folder(capsys: Capture) -> None:
    folder = told(capsys, SHIPPED, "--thoughts", "2")["folder"]
    files = [*Path(SHIPPED).rglob("*.safetensors")]
    stored = sum(
        file.stat().st_size for file in files if file.name not in ("rehearsal.safetensors", "familiarity.safetensors")
    )
    assert folder["facts"]["bytes"]["value"] == stored > 4 * 349_316
    assert folder["facts"]["thought_operations"]["value"] > folder["facts"]["tick_operations"]["value"] > 6e7
    joules, seconds = folder["figures"]["thought_joules"], folder["quantities"]
    if "measured_joules" in seconds:
        assert joules["typical"] == seconds["measured_joules"]["typical"]
    else:
        assert joules["high"] == pytest.approx(23.8 * seconds["thought_cpu_seconds"]["typical"])
        assert any("ESTIMATED" in note for note in folder["notes"])


def test_options_of_a_folder_need_one(capsys: Capture) -> None:
    assert run(["scale", "--memory", "300MB"]) == 2
    assert "--memory is for a brain folder that thinks" in capsys.readouterr().err


def test_a_brain_that_learned_from_a_file_needs_scenes_to_think_about(tmp_path: Path, capsys: Capture) -> None:
    save_brain(Brain(load_chart("mixture", ["scenes.source=null", "will.ticks=8"])), tmp_path / "mine")
    assert run(["scale", str(tmp_path / "mine")]) == 0
    shown = capsys.readouterr().out
    assert "No thought was measured" in shown and "--scenes" in shown and "at most" in shown and "joules" not in shown
    assert run(["scale", str(tmp_path / "mine"), "--scenes", "sudoku", "--thoughts", "2"]) == 0
    assert "joules a thought" in capsys.readouterr().out


def test_pictures_are_written(tmp_path: Path, capsys: Capture) -> None:
    pytest.importorskip("matplotlib")
    for name in ("s.png", "s.svg", "again.svg"):
        assert run(["scale", "--model", "100M", "--plot", str(tmp_path / name)]) == 0
    assert (tmp_path / "s.png").read_bytes()[:4] == b"\x89PNG"
    assert (tmp_path / "s.svg").read_bytes() == (tmp_path / "again.svg").read_bytes()
    drawn = (tmp_path / "s.svg").read_text(encoding="utf-8")
    for words in ("whole brain", "GPT-3", "100M", "sudoku (shipped)", "a zone: 1-100 MB"):
        assert f"<!-- {words} -->" in drawn


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--set", "synapse=1"], "did you mean 'synapses'"),
        (["--model", "GPT3"], "did you mean 'GPT-3'"),
        (["--active", "1M"], "name the model too"),
        (["--scenes", "sudoku"], "name the folder too"),
        (["--pin", "core"], "--pin is for a brain folder that thinks"),
        ([SHIPPED, "--pin", "core"], "say how much --memory"),
        ([SHIPPED, "--memory", "300MB", "--pin", "nothing"], "--pin nothing: no such zone"),
        (["--plot", "x.pdf"], ".png or .svg"),
        (["--plot", "nowhere/x.png"], "there is no folder nowhere"),
        (["nothing-here"], "no such brain folder"),
        ([SHIPPED, "--scenes", "sudoko"], "did you mean 'sudoku'"),
    ],
)
def test_mistakes_are_explained(arguments: list[str], said: str, capsys: Capture) -> None:
    assert run(["scale", *arguments]) in (2, 4)
    captured = capsys.readouterr()
    assert said in captured.err and "Traceback" not in captured.err and not captured.out


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (88.125e12, "B", "88.1 TB"),
        (999.9e9, "B", "1 TB"),
        (1.5e-5, "share", "0.0015 %"),
        (3.5e-9, "share", "3.5e-07 %"),
        (2.1e-13, "J", "210 fJ"),
        (18689.0, "", "18,689"),
        (2.4e14, "", "240 T"),
        (5e24, "", "5.00e+24"),
        (1.0, "share", "100 %"),
    ],
)
def test_amounts_are_written_for_people(value: float, unit: str, words: str) -> None:
    assert amount(value, unit) == words
