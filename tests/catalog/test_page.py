"""docs/catalog.md shows what the commands print today, and an entry that the chart would take."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ltm.catalog.load import FILE, catalog_from_text, load_catalog
from ltm.catalog.schema import Shape
from ltm.cli.main import run

HERE = Path(__file__).parents[2]
PAGE = (HERE / "docs" / "catalog.md").read_text(encoding="utf-8")
SHOWN = re.findall(r"```sh\nltm (.*?)\n```\n```\n(.*?)\n```", PAGE, re.DOTALL)


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=[command for command, _ in SHOWN])
def test_output_is_as_shown(
    command: str, output: str, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert len(SHOWN) == 3 and run(shlex.split(command)) == 0
    printed = "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert printed.strip("\n") == output


def test_the_example_is_an_entry_of_the_chart() -> None:
    entry = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0]
    text = (HERE / "src" / "ltm" / "catalog" / FILE).read_text(encoding="utf-8")
    shown = catalog_from_text(text.split("\nmodels:\n")[0] + "\nmodels:\n" + entry).models["Pythia-14M"]
    assert shown.parameters == load_catalog().models["Pythia-14M"].parameters


def test_every_key_of_a_shape_is_told() -> None:
    assert all(f"`{name}`" in PAGE for name in Shape.model_fields)
