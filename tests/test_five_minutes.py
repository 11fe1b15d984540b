"""docs/five-minutes.md as a newcomer follows it: its Python writes the data, its commands run one after another.

Only how long is trained, how large a brain, and from how many rows is less than on the page: `small` and `few` say it.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ltm.cli.main import run

pytest.importorskip("PIL")
PAGE = (Path(__file__).resolve().parents[1] / "docs" / "five-minutes.md").read_text(encoding="utf-8")
SECTIONS = {part.split("\n", 1)[0]: part for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]}
EXAMPLES = [title for title, part in SECTIONS.items() if "```python" in part]


def small(line: str) -> str:
    """The same command, but for a moment and a little brain."""
    line = re.sub(r"--size \S+ ", "", line)
    return re.sub(r"--minutes \d+", "--minutes 0.05 --size 600KB", line)


def few(code: str) -> str:
    """The same data, but fewer rows of it."""
    return re.sub(r"\b(?:800|900|1000)\b", "150", code)


def blocks(part: str, language: str) -> str:
    return "\n".join(re.findall(rf"```{language}\n(.*?)```", part, re.DOTALL))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("newcomer")


@pytest.mark.parametrize("title", SECTIONS)
def test_it_can_be_followed(
    title: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(folder)
    code = blocks(SECTIONS[title], "python")
    if code:
        subprocess.run([sys.executable, "-W", "error", "-c", few(code)], check=True, timeout=60)
    lines = blocks(SECTIONS[title], "sh").splitlines()
    assert lines and all(line.startswith("ltm ") for line in lines)
    for line in lines:
        capsys.readouterr()
        code_of_exit = run(shlex.split(small(line))[1:])
        shown = capsys.readouterr()
        assert code_of_exit == 0, f"{line}\n{shown.err}"
        if line.startswith("ltm think"):
            assert re.search(r"\d %|\d\.\d{4}", shown.out), line
    assert "there is no such" not in shown.err


def test_there_are_five() -> None:
    assert len(EXAMPLES) == 5
