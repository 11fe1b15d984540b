"""From a wish to charts that keep it, or to what can't be kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ltm.brain.brain import Brain
from ltm.chart.check import check
from ltm.chart.load import load_chart
from ltm.errors import LtmError
from ltm.plan.search import plan
from ltm.plan.skills import SKILLS, Data
from ltm.plan.wish import Wish, parse_data, parse_energy, parse_latency, parse_memory
from ltm.plan.written import as_data, files, pretrained, steps, write_charts
from ltm.scenes.prepare import prepare
from tests.plan.machines import machine
from tests.plan.results import command, scored


@pytest.mark.parametrize("name", [name for name, skill in SKILLS.items() if skill.measured])
def test_what_is_called_measured_stands_in_its_file(name: str) -> None:
    known = SKILLS[name].measured
    assert known is not None
    assert scored(known) == known.score and f"--minutes {known.minutes:g}" in command(known)


def test_a_plan_without_bounds_is_what_was_measured() -> None:
    found = plan(Wish(("sudoku",), from_scratch=True), machine())
    (one,) = found.skills
    assert one.prediction.parameters == 349_316 and one.chart.training.minutes == 30
    assert one.chart.will.ticks == one.prediction.ticks == 512 and one.chart.will.ms is None
    assert not one.notes


def test_sizes_are_those_of_the_brain_and_memory_is_kept() -> None:
    wish = Wish(("sudoku", "maze", "listops"), memory=300_000)
    found = plan(wish, machine())
    assert found.bytes <= 300_000
    for one in found.skills:
        assert not check(one.chart)
        assert one.prediction.bytes == 4 * sum(weight.numel() for weight in Brain(one.chart).parameters())
        assert one.notes[0].startswith("memory binds")
    assert [one.minutes for one in found.skills] == [15, 20, 30]
    assert 0 < found.active < 0.6


def test_latency_shortens_thoughts_first_and_then_makes_brains_smaller() -> None:
    free = plan(Wish(("sudoku",), from_scratch=True), machine()).skills[0].prediction
    shorter = plan(Wish(("sudoku",), latency=free.seconds / 2, from_scratch=True), machine()).skills[0]
    assert shorter.prediction.bytes == free.bytes and shorter.prediction.ticks < free.ticks
    assert shorter.prediction.seconds <= free.seconds / 2 == (shorter.chart.will.ms or 0) / 1e3
    assert "latency binds" in shorter.notes[0]
    smaller = plan(Wish(("sudoku",), latency=free.seconds / 14, from_scratch=True), machine()).skills[0]
    assert smaller.prediction.bytes < free.bytes and smaller.prediction.seconds <= free.seconds / 14
    assert smaller.prediction.ticks >= 48


def test_energy_is_kept() -> None:
    found = plan(Wish(("maze",), energy=0.5), machine()).skills[0]
    assert found.prediction.joules[0] <= 0.5 and "energy binds" in found.notes[-1]


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (
            Wish(("sudoku", "maze"), memory=30_000),
            r"memory binds: .* take .*, .* more than --memory 30\.00 KB; sudoku would",
        ),
        (Wish(("sudoku",), memory=1000), "no skill fits alone"),
        (Wish(("sudoku",), latency=1e-5), r"latency binds: .* ms more than --latency 0\.01ms; not even one look"),
        (Wish(("sudoku",), energy=1e-5), "energy binds: .* mJ more than --energy"),
        (Wish(("sudoko",)), "did you mean 'sudoku'"),
        (Wish(()), "name some of sudoku, maze"),
        (Wish(("maze", "maze")), "named twice"),
        (Wish(("audio",)), "--data audio=FILE --see audio=COLUMN"),
        (Wish(("maze",), data={"text": Data("x.csv")}), "'text' is not among --skills"),
    ],
)
def test_what_cannot_be_is_explained(wish: Wish, expected: str) -> None:
    with pytest.raises(LtmError, match=expected) as caught:
        plan(wish, machine())
    assert caught.value.exit_code == 2


def test_an_impossible_latency_says_how_much_is_needed() -> None:
    needed = "needs (?P<ms>[0-9.e+]+) ms"
    with pytest.raises(LtmError, match=needed) as caught:
        plan(Wish(("sudoku",), latency=1e-3), machine())
    words = str(caught.value)
    asked = float(words.split("needs ")[1].split(" ms")[0]) / 1e3
    assert plan(Wish(("sudoku",), latency=asked * 1.02), machine()).skills[0].prediction.ticks == 48


def test_several_skills_are_charts_and_commands(tmp_path: Path) -> None:
    out = tmp_path / "chart.yaml"
    wish = Wish(("sudoku", "language"), memory=100_000_000, minutes=6, from_scratch=True)
    found = plan(wish, machine(), tmp_path)
    assert write_charts(found, out) == [out, tmp_path / "chart.sudoku.yaml"]
    for name, file in files(found, out).items():
        chart = load_chart(file)
        assert chart == next(one.chart for one in found.skills if one.name == name)
    assert sum(one.chart.training.minutes for one in found.skills) == pytest.approx(6)
    commands = [step.command for step in steps(found, out)]
    assert commands[0] == f"ltm train {out} -o brain/language"
    assert commands[2] == "ltm merge brain/language brain/sudoku -o brain-whole"
    assert all(f"#   {command}" in out.read_text() for command in commands)
    words = "\n".join(pretrained(found))
    assert "stories15M (60.77 MB)" in words and "would not fit: 166.76 MB" in words
    json.dumps(as_data(found, out))
    language = load_chart(files(found, out)["language"])
    assert language.scenes.source == "text:python"  # there on every machine, so that the command can be pasted
    assert len(prepare(language, tmp_path).train) > 1000


def test_a_table_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "rows.csv"
    file.write_text("a,b\n" + "".join(f"{n / 7:.3f},{'xy'[n % 2]}\n" for n in range(64)))
    wish = Wish(("table",), data={"table": Data(str(file), ("a",), ("b",))})
    (one,) = plan(wish, machine(), tmp_path / "charts").skills
    assert one.chart.scenes.source == "../data/rows.csv"
    assert list(one.chart.senses) == ["a"] and list(one.chart.acts) == ["b"]


def test_words_of_a_wish() -> None:
    assert parse_memory("100MB") == 100_000_000 and parse_memory(None) is None
    assert parse_latency("200ms") == pytest.approx(0.2) and parse_latency("1.5 s") == 1.5
    assert parse_energy("500mJ") == 0.5 and parse_energy("2J") == 2
    for parse, text in ((parse_memory, "much"), (parse_memory, "0"), (parse_latency, "200"), (parse_energy, "0J")):
        with pytest.raises(LtmError, match="expected"):
            parse(text)
    data = parse_data(["table=a.csv"], ["table=x", "table=y"], ["table=z"])
    assert data == {"table": Data("a.csv", ("x", "y"), ("z",))}
    for files_, see, expected in (
        (["table"], [], "expected SKILL=FILE"),
        (["a=b", "a=c"], [], "has a file already"),
        ([], ["table=x"], "no --data table=FILE"),
    ):
        with pytest.raises(LtmError, match=expected):
            parse_data(files_, see, [])
