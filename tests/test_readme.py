"""The README: its Python runs, its commands exist, its links lead somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from ltm.cli.main import build

HERE = Path(__file__).parents[1]
PAGES = [HERE / "README.md", *sorted((HERE / "docs").glob("*.md")), *sorted(HERE.glob("[AC]*.md"))]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)


@each_page
def test_python_runs_as_written(page: Path, tmp_path: Path) -> None:
    code = "\n".join(blocks(page, "python"))
    if not code:
        return
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-1500:]


@each_page
def test_yaml_is_a_chart(page: Path) -> None:
    from ltm.chart.load import chart_from_text

    for text in blocks(page, "yaml"):
        if "senses:" in text:
            chart_from_text(text, page.name)


@each_page
def test_commands_exist_with_their_options(page: Path) -> None:
    lines = "\n".join(blocks(page, "sh")).replace("\\\n", " ").splitlines()
    spoken = re.findall(r"`(ltm [^`]+)`", page.read_text(encoding="utf-8"))
    for line in [*(line for line in lines if line.startswith("ltm ")), *spoken]:
        words = [word for word in shlex.split(line, comments=True)[1:] if word not in ("…", "...")]
        command = typer.main.get_command(build())
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        known = {option for part in command.params for option in part.opts} | {"--help"}
        assert not hasattr(command, "commands") or not words or words[0] in known, line
        assert {word.split("=")[0] for word in words if word.startswith("--")} <= known, line


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_two_commands_are_in_the_makefile() -> None:
    targets = re.findall(r"^([a-z]+):", (HERE / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^make ([a-z]+)", readme, re.MULTILINE)) == {"demo", "test"} <= set(targets)
