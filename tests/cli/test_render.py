from __future__ import annotations

import io
import re
from types import SimpleNamespace

import pytest
from rich.console import Console

from ltm.brain.thought import Thought, TickRecord
from ltm.chart.base import format_count
from ltm.chart.load import load_chart
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.cli.render import bar, board, clock, confidence_bar, percent, thought_frame, zones_panel
from ltm.cli.show_brain import show_brain
from ltm.cli.show_report import reliability_table, show_report
from ltm.cli.show_thought import show_thought
from ltm.cli.show_training import StepLine, TrainingDisplay
from ltm.cli.watch_thought import FRAME_SECONDS, UNHURRIED, Watch
from ltm.runtime.record import BrainRecord
from ltm.scenes.scene import Scene
from ltm.training.calibration import reliability, right_above
from ltm.training.metrics import Progress

PUZZLE = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
ANSWER = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
GRID = {"kind": "grid", "rows": 9, "columns": 9, "symbols": 10}
CHART = Chart.model_validate(
    {
        "senses": {"puzzle": GRID},
        "acts": {"solution": GRID},
        "zones": {"a": {"kind": "mixer", "width": 16}, "b": {"kind": "mixer", "width": 16}},
    }
)


def rows(text, side=9):
    return [list(text[start : start + side]) for start in range(0, len(text), side)]


def console(*, terminal=False, encoding="utf-8", width=100):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding, errors="strict")
    return Console(
        file=stream, record=True, width=width, force_terminal=terminal, color_system="truecolor" if terminal else None
    )


def shown(renderable, **options):
    target = console(**options)
    target.print(renderable)
    return target.export_text()


def style_at(text, place):
    return " ".join(str(span.style) for span in text.spans if span.start <= place < span.end)


def test_numbers_for_people():
    assert [percent(share) for share in (0, 0.4236, 0.9899, 0.99996, 1)] == [
        "0.0 %",
        "42.3 %",
        "98.9 %",
        "99.99 %",
        "100 %",
    ]
    assert percent(0.29) == "29.0 %"
    assert [format_count(n) for n in (12, 1240, 999_600, 1.24e9, 3e12)] == ["12", "1.24 k", "1 M", "1.24 G", "3 T"]
    assert [clock(s) for s in (0, 65.4, 3725)] == ["0:00", "1:05", "1:02:05"]


def test_sudoku_board_by_hand():
    before = ANSWER[:2] + "9" + ANSWER[3:]
    text = board(rows(PUZZLE), rows(ANSWER), rows(before))
    lines = text.plain.split("\n")
    assert len(lines) == 13
    assert lines[0] == "┏━━━━━━━┳━━━━━━━┳━━━━━━━┓"
    assert lines[1] == "┃ 5 3 4 ┃ 6 7 8 ┃ 9 1 2 ┃"
    assert lines[4] == "┣━━━━━━━╋━━━━━━━╋━━━━━━━┫"
    assert lines[11] == "┃ 3 4 5 ┃ 2 8 6 ┃ 1 7 9 ┃"
    first = len(lines[0]) + 1
    assert style_at(text, first + 2) == "bold"  # given
    assert "yellow" in style_at(text, first + 6)  # just changed
    assert style_at(text, first + 10) == "green"  # filled


def test_sudoku_board_shows_blanks_and_contradictions():
    answer = "9" + ANSWER[1] + "0" + ANSWER[3:]
    text = board(rows(PUZZLE), rows(answer), plain=True)
    lines = text.plain.split("\n")
    assert lines[0] == "+-------+-------+-------+"
    assert lines[1] == "| 9 3 . | 6 7 8 | 9 1 2 |"
    assert style_at(text, len(lines[0]) + 3) == "bold red"
    unsaid = board(rows(PUZZLE), rows("0" * 81), plain=True).plain.split("\n")
    assert unsaid[1] == "| 5 3 . | . 7 . | . . . |"


def test_maze_board_and_its_narrow_form():
    maze, path = ["#####", "#S.G#", "#####"], [".....", ".ooo.", "....."]
    assert board(maze, path).plain == "██████████\n██S ● G ██\n██████████"
    assert board(maze, path, plain=True, wide=9).plain == "#####\n#SoG#\n#####"
    gone = board(maze, ["....."] * 3, path, plain=True).plain
    assert gone.split("\n")[1] == "##S . G ##"


def test_other_grids_line_up():
    text = board([["1", "12"], ["0", "3"]], [["1", "12"], ["5", "3"]], [["1", "12"], ["4", "3"]])
    assert text.plain == " 1 12 \n 5  3 "
    assert "yellow" in style_at(text, 8)
    assert board([["é", "a"]], [["é", "a"]], plain=True).plain == "? a "


def test_bars():
    assert bar(0.5, 10, "green").plain == "━━━━━─────"
    assert bar(2.0, 4, "green", plain=True).plain == "####"
    assert bar(-1.0, 4, "green", plain=True).plain == "...."
    assert confidence_bar(0.42).plain.endswith("42.0 %")
    assert "not asked" in confidence_bar(None).plain
    for value, colour in ((0.2, "red"), (0.6, "yellow"), (0.95, "green")):
        assert any(colour in str(span.style) for span in confidence_bar(value).spans)


def test_lamps_light_where_zones_fire():
    text = shown(zones_panel(["b.self"], ["a.self", "b.self"], {"a.self": 0.5, "b.self": 2.0}))
    first, second = (line.rstrip() for line in text.splitlines()[:2])
    assert first.startswith("○ a")
    assert first.endswith("0.50")
    assert second.startswith("● b")
    assert second.count("━") == 14
    assert first.count("━") == 4  # a quarter of the largest, rounded
    roles = shown(zones_panel([], ["a.fast", "a.slow"], {}))
    assert "a.fast" in roles
    assert "a.slow" in roles
    many = shown(zones_panel(["z3.self"], [f"z{n}.self" for n in range(40)], {}, plain=True))
    assert many.count("*") == 1
    assert many.count(".") == 39


def test_frame_stacks_when_it_is_narrow():
    parts = ("title", [board(rows(PUZZLE), rows(ANSWER))], zones_panel(["a.x"], ["a.x"], {}), confidence_bar(0.5))
    beside = shown(thought_frame(*parts, 100))
    above = shown(thought_frame(*parts, 60))
    assert any("┏" in line and "● a" in line for line in beside.splitlines())
    assert not any("┏" in line and "● a" in line for line in above.splitlines())
    assert "● a" in above


def record(tick, confidence, *, attempt=0, answer=ANSWER, fired=("a.self",)):
    return TickRecord(attempt, tick, fired, dict.fromkeys(fired, 0.3), confidence, {"solution": answer}, 1000)


def half(text):
    return text[:40] + "0" * 41


def watch(looks, target, **clocks):
    with Watch(target, Scene({"puzzle": PUZZLE}), CHART, **clocks) as listen:
        for look, beside in looks:
            listen(look, beside)
    return target.export_text()


def test_watch_without_a_terminal_writes_lines():
    looks = [record(0, 0.1, answer=half(ANSWER)), record(1, 0.5, fired=("b.self",)), record(2, 0.991)]
    assert watch([(look, 1) for look in looks], console()).splitlines() == [
        "try 1  tick   1  fired a.self  moved 0.30  confidence 10.0 %  filled 40/81",
        "try 1  tick   2  fired b.self  moved 0.30  confidence 50.0 %  filled 81/81  changed 41",
        "try 1  tick   3  fired a.self  moved 0.30  confidence 99.10 %  filled 81/81  changed 0",
    ]


def test_watch_says_how_many_run_side_by_side_and_starts_each_try_anew():
    looks = [(record(0, 0.1), 1), (record(1, 0.2), 1), (record(0, 0.3, attempt=3), 3), (record(1, 0.1, attempt=1), 3)]
    lines = watch(looks, console()).splitlines()
    assert len(lines) == 4
    assert lines[2].startswith("try 4, surest of 3  tick   1")
    assert "changed" in lines[1] and "changed" not in lines[2]


def test_watch_keeps_long_thoughts_short_and_shows_how_each_try_ended():
    looks = [(record(n, n / 1000, attempt=attempt), 1) for attempt in range(2) for n in range(500)]
    lines = watch(looks, console()).splitlines()
    assert len(lines) == 20
    assert "tick 500" in lines[9] and "tick 500" in lines[-1]


def test_watch_in_a_terminal_lets_eyes_follow_at_first_and_then_keeps_pace():
    target, slept, now = console(terminal=True), [], [0.0]

    def clock():
        now[0] += 0.001
        return now[0]

    shown = watch([(record(n, 0.5), 1) for n in range(400)], target, sleep=slept.append, clock=clock)
    assert slept == [FRAME_SECONDS] * UNHURRIED
    assert shown.count("tick ") < UNHURRIED + 400 * 0.002 / FRAME_SECONDS + 4
    assert "tick 400" in shown


def test_watch_leaves_the_terminal_in_order_when_interrupted():
    target = console(terminal=True)
    with pytest.raises(KeyboardInterrupt), Watch(target, Scene({"puzzle": PUZZLE}), CHART, sleep=lambda _: None) as on:
        on(record(0, 0.5), 1)
        raise KeyboardInterrupt
    assert on.live is not None and not on.live.is_started


def thought(**changes):
    values = {
        "answer": {"solution": ANSWER},
        "confidence": 0.997,
        "ticks": 24,
        "tries": 1,
        "seconds": 0.123,
        "operations": 1_240_000_000,
        "stopped_by": "confident",
        "sure": True,
    }
    return Thought(**values | changes)


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_thought_shows_answer_confidence_and_cost(encoding):
    target = console(encoding=encoding)
    show_thought(SimpleNamespace(chart=CHART), Scene({"puzzle": PUZZLE}), thought(), console=target)
    text = target.export_text()
    assert ANSWER in text
    assert "99.70 %" in text
    assert "sure enough: 24 ticks until the kept answer, 1 try, 0.12 s, 1.24 G operations" in text
    assert ("┏" in text) == (encoding == "utf-8")


def test_thought_is_compared_with_the_known_answer():
    for answer, words in ((ANSWER, "right"), ("1" + ANSWER[1:], "1 cell differs from the known answer")):
        target = console()
        scene = Scene({"puzzle": PUZZLE}, {"solution": ANSWER})
        show_thought(SimpleNamespace(chart=CHART), scene, thought(answer={"solution": answer}), console=target)
        assert words in target.export_text().splitlines()


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_brain_is_listed_with_sizes_and_record(encoding):
    chart = load_chart("hrm")
    target = console(encoding=encoding, width=120)
    digest = {"sha256": "0" * 64, "bytes": 1}
    record = BrainRecord.model_validate(
        {
            "name": "hrm",
            "files": {n: digest for n in ("chart.yaml", "connectome.safetensors", "zones/low.safetensors")},
            "measured": {"exact": 0.978, "scenes": 896, "after 8 ticks": {"exact": 0.5, "confidence": 0.4}},
            "provenance": {"seed": 3, "seconds": 125.0, "data": "somewhere"},
        }
    )
    show_brain(chart, Sizes.of(chart), target, record)
    text = target.export_text()
    assert "27,275,266 parameters" in text
    assert text.count("13,631,488") == 2
    assert re.search(r"fast[ |]+ticks 0-1 of 3 ", text) and re.search(r"slow[ |]+tick 2 of 3 ", text)
    assert "exact 50.0 %  confidence 40.0 %" in text
    assert "97.8 %" in text
    assert "2:05" in text
    assert ("9×9" in text) == (encoding == "utf-8")


def report():
    confidence, right = [0.1, 0.8, 0.9, 0.95], [False, True, True, False]
    return {
        "scenes": 1896,
        "exact": 0.978,
        "exact_interval": [0.966, 0.986],
        "cells": 0.99,
        "by_ticks": [{"ticks": 8, "exact": 0.5, "cells": 0.9, "confidence": 0.4}],
        "ece": 0.0312,
        "auroc": None,
        "right_above_0.9": list(right_above(confidence, right, 0.9)),
        "risk_at_coverage": [0.0, 0.1, 0.2, 0.3, 0.4],
        "reliability": [list(row) for row in reliability(confidence, right)],
        "sure": 0.91,
        "right_when_sure": 0.9991,
        "ticks": 31.3,
        "tries": 1.08,
        "operations": 1.3e9,
        "budget": {"ticks": 1024, "tries": 4, "confidence": 0.99},
        "speed": {"batch_1": {"p50_ms": 31.2, "p99_ms": 47.1}, "batch_128": {"p50_ms": 2.1, "p99_ms": 2.5}},
    }


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_report_says_it_all(encoding):
    target = console(encoding=encoding)
    show_report(report(), target)
    text = target.export_text()
    for words in (
        "97.8 % of 1,896 scenes answered right as a whole",
        "50.0 % right, 50.0 % of the scenes",
        "80 %: 10.0 %",
        "of 91.0 % of the scenes, 99.91 % right when sure",
        "1,024 ticks",
        "31.2 ms a thought",
        "128 thoughts at once",
    ):
        assert words in text
    assert "ranks right above wrong     -" in text
    target = console()
    show_report({}, target)
    assert target.export_text() == ""


def test_reliability_leaves_out_empty_bins_and_marks_distances():
    text = shown(reliability_table(reliability([0.05, 0.95, 0.95], [True, True, False]), plain=True))
    lines = [line for line in text.splitlines() if " - " in line]
    assert len(lines) == 2
    assert "+95.0" in lines[0]
    assert "-45.0" in lines[1]


def standing(step, **changes):
    values = {"loss": 0.5, "right": 0.25, "thoughts": 512.3, "memory": 4e8, "seconds_left": 65, "best": None}
    return Progress(**{"step": step, "steps": 100, "validation": None} | values | changes)


def test_step_lines_come_every_so_often_and_at_the_end():
    moments = iter([0.0, 4.0, 10.0, 11.0, 12.0])
    lines = StepLine(10.0, now=lambda: next(moments))
    got = [lines.line(standing(step)) for step in (1, 2, 3, 4, 100)]
    assert [line is not None for line in got] == [True, False, True, False, True]
    assert got[0] == "step 1/100  loss 0.5000  right 25.0 %  512 thoughts/s  400.00 MB  1:05 left"


def test_training_without_a_terminal_is_lines():
    target = console(encoding="ascii")
    with TrainingDisplay(target, StepLine(0.0)) as display:
        display.say("compiling · now")
        display.update(standing(50, validation=0.3, best=0.4))
    assert target.export_text().splitlines() == [
        "- compiling - now",
        "step 50/100  loss 0.5000  right 25.0 %  validation 30.0 % (best 40.0 %)  512 thoughts/s  400.00 MB  1:05 left",
    ]


def test_training_in_a_terminal_is_a_bar_and_a_summary():
    target = console(terminal=True)
    with TrainingDisplay(target) as display:
        display.say("measuring")
        display.update(standing(50))
        picture = shown(display.live.get_renderable(), terminal=True)
        display.update(standing(100))
    assert "learning" in picture
    assert "50/100" in picture
    assert "1:05 left" in picture
    text = target.export_text()
    assert "· measuring" in text
    assert text.rstrip().endswith("100 of 100 steps  loss 0.5000  right 25.0 %  512 thoughts/s  400.00 MB")
