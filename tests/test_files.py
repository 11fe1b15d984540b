"""Files stay small, and tell nothing of the machine they were written on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parents[1]


def sources() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=HERE, capture_output=True, text=True)
    if listed.returncode:
        return [file for folder in ("src", "tests", "benchmarks", "docs") for file in (HERE / folder).rglob("*.*")]
    return [HERE / name for name in listed.stdout.splitlines() if (HERE / name).is_file()]


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks"])
def test_python_files_are_small(folder: str) -> None:
    long = {f: f.read_text(encoding="utf-8").count("\n") for f in (HERE / folder).rglob("*.py")}
    assert {str(f): lines for f, lines in long.items() if lines > 400} == {}


def test_no_path_of_a_machine() -> None:
    home = "/" + "work/", "/" + "root/", "/" + "home/"
    for file in sources():
        if file.suffix in (".py", ".md", ".yaml", ".toml", ".json", ".svg", ""):
            text = file.read_text(encoding="utf-8", errors="ignore")
            assert not [word for word in home if word in text], file


def test_every_package_and_module_says_what_it_is() -> None:
    for file in (HERE / "src").rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert text.startswith('"""') or not text, file
