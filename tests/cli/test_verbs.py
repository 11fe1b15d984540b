"""The verbs as a user types them: from a file to a brain, and everything that can be asked of it."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ltm.cli import demo
from ltm.cli.main import run
from ltm.runtime.shipped import shipped_brain
from ltm.scenes import sudoku
from ltm.training import from_data

EASY = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
SOLVED = "534678912672195348198342567859761423426853791713924856961537284287419635345286179"
SHIPPED = str(shipped_brain())
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV file as a person might have it."""
    scenes = sudoku.generate(60, seed=3, givens=(34, 36))
    lines = ["id,question,answer"]
    for number, (seen, done) in enumerate(zip(scenes.values["puzzle"], scenes.values["solution"], strict=True)):
        lines.append(",".join((str(number), *("".join(map(str, grid.flatten())) for grid in (seen, done)))))
    file = tmp_path_factory.mktemp("data") / "mine.csv"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def fitted(data: Path) -> Iterator[Path]:
    """A brain fitted to that file in a few seconds."""
    out = data.parent / "brain"
    arguments = ["fit", str(data), "--see", "question:grid(9x9)", "--do", "answer", "--minutes", "0.05"]
    assert run([*arguments, "--size", "60KB", "-o", str(out)]) == 0
    yield out


def test_fit_leaves_a_brain_and_a_run_that_goes_on(fitted: Path, capsys: Capture) -> None:
    record = json.loads((fitted / "brain.json").read_text())
    files = [file for file in fitted.rglob("*.safetensors") if file.name != "rehearsal.safetensors"]
    weights = sum(file.stat().st_size for file in files)  # the size asked for is that of weights, not of kept scenes
    assert weights < 60_000 and record["provenance"]["data_sha256"]
    steps = record["provenance"]["steps"]
    metrics = [json.loads(line) for line in (fitted.with_name("brain.run") / "metrics.jsonl").read_text().splitlines()]
    assert metrics[-1]["step"] == steps
    # No folder of the person's machine goes out with the brain.
    assert str(fitted.parent) not in "".join(f.read_text() for f in fitted.iterdir() if f.suffix in (".json", ".yaml"))
    assert run(["train", str(fitted.with_name("brain.run") / "chart.yaml"), "--minutes", "0.05"]) == 0
    shown = capsys.readouterr().out
    assert "going on from the brain" in shown and "ltm eval" in shown


def test_fit_shows_what_it_saw_and_what_it_proposes(data: Path, tmp_path: Path, capsys: Capture) -> None:
    arguments = ["fit", str(data), "--see", "question", "--do", "answer", "--minutes", "0.05", "--size", "60KB"]
    assert run([*arguments, "-o", str(tmp_path / "b")]) == 0
    shown = capsys.readouterr().out
    for words in ("question", "9", "proposed chart", "zones:", "set aside", "saved"):
        assert words in shown


def test_the_brain_that_ships_has_a_name(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["think", "sudoku", EASY]) == 0
    shown = capsys.readouterr()
    assert SOLVED in shown.out and "taking the brain that comes with the package" in shown.err
    (tmp_path / "sudoku").mkdir()  # a folder of one's own counts more
    assert run(["think", "sudoku", EASY]) != 0
    assert "sudoku/brain.json: missing" in capsys.readouterr().err


def test_think_answers_and_says_how_sure(capsys: Capture) -> None:
    assert run(["think", SHIPPED, EASY, "--json"]) == 0
    thought = json.loads(capsys.readouterr().out)
    assert thought["answer"]["solution"] == SOLVED
    assert thought["confidence"] > 0.9 and thought["ticks"] < 128


def test_think_below_the_asked_confidence_has_its_own_exit_code(fitted: Path, capsys: Capture) -> None:
    assert run(["think", str(fitted), EASY, "--confidence", "0.999", "--ticks", "8"]) == 3
    assert "below the asked confidence of 0.999" in capsys.readouterr().err


def test_think_reads_files_and_standard_input(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "p.csv").write_text(f"id,puzzle\n1,{EASY}\n2,{EASY}\n")
    (tmp_path / "p.txt").write_text(f"{EASY}\n\n{EASY}\n")
    for given in ("p.csv", "p.txt"):
        assert run(["think", SHIPPED, str(tmp_path / given)]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert len(lines) == 2 and all(line.split("\t")[0] == SOLVED for line in lines)
    done = subprocess.run(
        [sys.executable, "-m", "ltm", "think", SHIPPED], input=EASY + "\n", capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and "534" in done.stdout.replace(" ", "")


def test_think_writes_a_trace_of_every_tick(tmp_path: Path, capsys: Capture) -> None:
    trace = tmp_path / "trace.json"
    assert run(["think", SHIPPED, EASY, "--trace", str(trace), "--watch"]) == 0
    told = json.loads(trace.read_text())["trace"]
    assert len(told) > 1 and all(tick["fired"] and tick["transition"] for tick in told)
    assert "confidence" in capsys.readouterr().out


@pytest.mark.parametrize(("will", "most"), [(["--ticks", "4"], 4), (["--operations", "300000000"], 8)])
def test_the_will_bounds_a_thought(will: list[str], most: int, capsys: Capture) -> None:
    run(["think", SHIPPED, EASY, "--json", *will])
    assert json.loads(capsys.readouterr().out)["ticks"] <= most


def test_eval_reports_and_draws(data: Path, tmp_path: Path, fitted: Path, capsys: Capture) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "curve.png"
    assert run(["eval", str(fitted), str(data), "--segments", "1,2", "--limit", "8", "--plot", str(picture)]) == 0
    shown = capsys.readouterr().out
    assert picture.read_bytes()[:4] == b"\x89PNG" and "ticks" in shown
    assert run(["eval", str(fitted), str(data), "--segments", "1,2", "--limit", "8", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["scenes"] == 8 and [row["ticks"] for row in report["by_ticks"]] == [4, 8]
    for key in ("exact", "cells", "ece", "auroc", "reliability", "risk_at_coverage", "budget", "speed"):
        assert key in report


def test_eval_of_the_shipped_brain_is_good(capsys: Capture) -> None:
    assert run(["eval", SHIPPED, "sudoku", "--count", "16", "--segments", "16", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["exact"] > 0.6 and report["right_when_sure"] > 0.99


def test_inspect_tells_what_a_brain_is_made_of(capsys: Capture) -> None:
    assert run(["inspect", SHIPPED]) == 0
    assert "core" in capsys.readouterr().out
    assert run(["inspect", SHIPPED, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["record"]["name"] == "sudoku"


def test_chart_verbs(tmp_path: Path, capsys: Capture) -> None:
    mine = str(tmp_path / "mine.yaml")
    assert run(["chart", "new", mine, "--like", "trm"]) == 0
    assert run(["chart", "new", mine]) == 2  # never replaces a file unasked
    assert run(["chart", "check", mine]) == 0
    assert "5,028,866 parameters" in capsys.readouterr().out
    assert run(["chart", "size", "trm", "field.width=256", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"] < 5_028_866
    for ending, start in ((".svg", b"<svg"), (".mmd", b"flowchart"), (".png", b"\x89PNG")):
        out = tmp_path / f"picture{ending}"
        assert run(["chart", "draw", "hrm", "-o", str(out)]) == 0
        assert start in out.read_bytes()[:200]
    capsys.readouterr()
    assert run(["chart", "schema"]) == 0
    assert json.loads(capsys.readouterr().out)["title"] == "Chart"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["thnik"], "think"),
        (["think", "nowhere", EASY], "nowhere"),
        (["think", SHIPPED, "12"], "81 characters"),
        (["think", SHIPPED, EASY.replace("5", "x")], "'x'"),
        (["think", SHIPPED, EASY, "--tries", "0"], "tries"),
        (["eval", SHIPPED, "sudku"], "sudoku"),
        (["eval", SHIPPED, "sudoku", "--segments", "a"], "--segments"),
        (["eval", SHIPPED, "sudoku", "--plot", "x.jpg"], ".png"),
        (["fit", "nothing.csv", "--see", "a", "--do", "b"], "nothing.csv"),
        (["fit", "sudoku", "--size", "many"], "size"),
        (["fit", "sudoku", "--size", "1KB"], "1"),
        (["chart", "check", "sudko"], "sudoku"),
        (["chart", "check", "sudoku", "field.widht=3"], "width"),
        (["chart", "draw", "sudoku", "-o", "x.gif"], ".svg"),
        (["train", "sudoku", "training.rate=fast"], "training.rate"),
    ],
)
def test_mistakes_are_explained_and_end_with_their_code(
    arguments: list[str], expected: str, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code = run(arguments)
    said = capsys.readouterr()
    assert code in (2, 4) and expected in said.err and "Traceback" not in said.err
    assert not list(tmp_path.iterdir())  # a mistake leaves nothing behind


def test_the_demo_leaves_other_brains_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.run").mkdir()
    for kept in ("plan.json", "checkpoint"):
        (tmp_path / "mine.run" / kept).write_text("{}")
    shutil.copytree(shipped_brain(), tmp_path / "mine")
    monkeypatch.setattr(demo, "HARD", EASY)

    def stopped(*_: object, **__: object) -> None:
        assert (tmp_path / "mine" / "brain.json").exists() and len(list((tmp_path / "mine.run").iterdir())) == 2
        raise KeyboardInterrupt

    monkeypatch.setattr("ltm.cli.training.run_training", stopped)
    assert run(["demo", "-o", str(tmp_path / "mine")]) == 130
    assert (tmp_path / "mine" / "brain.json").exists()


def test_watching_and_json_exclude_one_another(capsys: Capture) -> None:
    assert run(["think", "sudoku", EASY, "--watch", "--json"]) == 2
    assert "--watch is for people and --json for programs" in capsys.readouterr().err


def test_through_a_live_pipe_each_answer_comes_before_the_next_scene(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    live = io.TextIOWrapper(os.fdopen(reading, "rb"))
    monkeypatch.setattr(sys, "stdin", live)
    given, told = 0, [0]

    def echo(text: str, **_: object) -> None:
        nonlocal given
        told.append(told[-1] + 1)
        if given < 3:
            given += 1
            os.write(writing, EASY.encode() + b"\n")  # only once the answer before is there
        else:
            os.close(writing)

    os.write(writing, EASY.encode() + b"\n")
    given += 1
    monkeypatch.setattr("ltm.cli.think.typer.echo", echo)
    with live:
        assert run(["think", SHIPPED, "-", "--at-once", "1", "--json"]) == 0
    assert told[-1] == given == 3


@pytest.mark.parametrize("verb", [[], ["fit"], ["train"], ["think"], ["eval"], ["inspect"], ["demo"], ["chart", "new"]])
def test_help_has_an_example(verb: list[str], capsys: Capture) -> None:
    assert run([*verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert "ltm demo" in shown if not verb else re.search(r"Example: ltm \w+", shown)


def test_interrupted_training_is_saved_and_goes_on(data: Path, tmp_path: Path) -> None:
    columns = ["--see", "question:grid(9x9)", "--do", "answer"]
    command = [sys.executable, "-m", "ltm", "fit", str(data), *columns, "--minutes", "3", "--size", "60KB", "-o", "b"]
    started = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"LANG": "C"}
    )
    metrics = tmp_path / "b.run" / "metrics.jsonl"
    until = time.monotonic() + 120
    while not (metrics.exists() and metrics.stat().st_size) and time.monotonic() < until:
        time.sleep(0.1)
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=60)
    assert started.returncode == 130, err
    assert "Go on with: ltm train b.run/chart.yaml" in out and "Traceback" not in err
    kept = [file.name for file in (tmp_path / "b.run" / "checkpoints").iterdir()]
    assert any(name.startswith("step_") for name in kept)
    assert not (tmp_path / "b").exists()


def test_starting_is_quick() -> None:
    """Guards against heavy imports: the wall time of `--help` is measured by a benchmark."""
    heavy = "['torch' in sys.modules, 'numpy' in sys.modules]"
    code = f"import sys; from ltm.cli.main import run; run(['--help']); print({heavy})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "[False, False]"


def test_thinking_does_not_wait_for_the_compiler() -> None:
    think = f"run(['think', {SHIPPED!r}, '.' * 81])"
    code = f"import sys; from ltm.cli.main import run; print({think}, 'torch._dynamo' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "0 False", done.stderr


def test_same_seed_same_thought(capsys: Capture) -> None:
    hard = "8..........36......7..9.2...5...7.......457.....1...3...1....68..85...1..9....4.."
    told = []
    for _ in range(2):
        run(["think", SHIPPED, hard, "--ticks", "96", "--tries", "3", "--json", "--seed", "5"])
        told.append(json.loads(capsys.readouterr().out))
        told[-1].pop("seconds")
    assert told[0] == told[1] and np.isfinite(told[0]["confidence"])


def test_the_demo_runs_to_its_end_without_a_terminal(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed = from_data.propose_for
    monkeypatch.setattr(from_data, "propose_for", lambda *args, **asked: proposed(*args, **asked, count=400))
    monkeypatch.setattr(demo, "MOST_TICKS", 8)
    monkeypatch.setattr(demo, "HARD", EASY)  # the hard one takes a minute where the machine is busy
    assert run(["demo", "--minutes", "0.05", "-o", str(tmp_path / "demo")]) == 0
    said = capsys.readouterr().out
    parts = [said.index(words) for words in ("A shipped brain thinks", "learns from scratch", "3. Next")]
    assert parts == sorted(parts) and "\x1b" not in said
    assert f"solution  {SOLVED}\n" in said[parts[0] : parts[1]]
    assert (tmp_path / "demo" / "brain.json").exists()
