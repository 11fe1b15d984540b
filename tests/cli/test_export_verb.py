"""`ltm export` as a user types it, and its file in an environment that has neither torch nor this package."""

from __future__ import annotations

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest
from exported import doubting

from ltm.brain.brain import Brain
from ltm.chart.load import load_chart
from ltm.cli.main import run
from ltm.runtime.brains import load_brain, save_brain

PAGE = Path(__file__).parents[2] / "docs" / "export.md"
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a brain of the shipped brain's form, though little and ignorant."""
    found = tmp_path_factory.mktemp("export")
    chart = load_chart("sudoku", ["field.width=8", "zones.core.layers=1", "training.ticks=4"])
    save_brain(doubting(chart), found / "brain")
    return found


@pytest.fixture(scope="module")
def exported(folder: Path) -> tuple[Path, str]:
    """Its file, and what the verb said."""
    words = [sys.executable, "-m", "ltm", "export", "brain/", "--ticks", "4"]
    said = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=280)
    assert said.returncode == 0, said.stderr
    return folder / "sudoku.onnx", said.stdout


def test_it_says_what_goes_in_and_out_and_how_it_was_verified(exported: tuple[Path, str]) -> None:
    file, said = exported
    for words in ("see.puzzle", "batch × 9 × 9", "answer.solution", "confidence", "4 ticks"):
        assert words in said, said
    assert "verified on 100 scenes (100 new ones of its source): 100 answered as by the brain" in said
    ((confidence, logits),) = re.findall(r"confidence differs by ([0-9.e-]+) at most, logits by ([0-9.e-]+);", said)
    assert (
        float(confidence) <= 1e-4
        and float(logits) <= 1e-4
        and re.search(r"a thought takes [0-9.]+ ms, the brain's [0-9.]+", said)
    )
    assert file.stat().st_size > 10_000


def test_the_file_describes_itself_and_names_no_folder_of_this_machine(exported: tuple[Path, str]) -> None:
    file, _ = exported
    told = json.loads(onnxruntime.InferenceSession(str(file)).get_modelmeta().custom_metadata_map["ltm"])
    assert told["inputs"]["see.puzzle"]["symbols"] == list("0123456789") and told["ticks"] == 4
    content = file.read_bytes()
    for place in (file.parent, Path(sys.prefix), Path(__file__).parents[2]):
        assert str(place).encode() not in content


def lonely(folder: Path) -> Path:
    """Returns a folder with NumPy, ONNX Runtime and what these need, and nothing else."""
    found = folder / "packages"
    found.mkdir(exist_ok=True)
    for package in ("numpy", "onnxruntime", "flatbuffers", "protobuf", "packaging"):
        for file in importlib.metadata.files(package) or ():
            top = file.parts[0]
            if not top.startswith("..") and not (found / top).exists():
                (found / top).symlink_to(Path(str(file.locate())).parents[len(file.parts) - 1] / top)
    return found


def test_the_documented_lines_run_without_torch(exported: tuple[Path, str]) -> None:
    file, _ = exported
    _, alone = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    check = "import sys\nassert not {'torch', 'ltm'} & {name.partition('.')[0] for name in sys.modules}\n"
    missing = "try:\n    import torch\nexcept ImportError:\n    print('no torch here')\n"
    clean = {"PYTHONPATH": str(lonely(file.parent)), "PATH": os.environ["PATH"]}
    done = subprocess.run(
        [sys.executable, "-S", "-c", alone + check + missing],
        cwd=file.parent,
        env=clean,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    answer, sure, without = done.stdout.splitlines()
    assert re.fullmatch(r"[0-9]{81}", answer) and re.fullmatch(r"[0-9.]+ % sure", sure) and without == "no torch here"


def test_what_cannot_be_exported_is_located(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    chart = load_chart("llama-tiny", ["field.width=16", "zones.core.layers=1", "zones.core.hidden=8"])
    save_brain(Brain(chart), tmp_path / "speaks")
    assert run(["export", str(tmp_path / "speaks"), "-o", str(tmp_path / "no.onnx")]) == 2
    said = capsys.readouterr().err
    assert re.search(r"chart\.yaml:[0-9]+:[0-9]+: acts\.next\.kind: acts of kind 'next' can't be exported", said)
    assert not (tmp_path / "no.onnx").exists()


def test_several_skills_and_folders_in_the_way_are_refused(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    brain, _ = load_brain(folder / "brain")
    for name in ("one", "two"):
        save_brain(brain, tmp_path / name)
    assert run(["merge", str(tmp_path / "one"), str(tmp_path / "two"), "-o", str(tmp_path / "both")]) == 0
    capsys.readouterr()
    assert run(["export", str(tmp_path / "both")]) == 2
    assert "a brain of several skills; export one of them" in capsys.readouterr().err
    assert run(["export", str(tmp_path / "one"), "-o", str(tmp_path)]) == 2
    assert "a folder; expected the name of a file" in capsys.readouterr().err
