"""The generated page is current, and every benchmark result that is kept says how it was made."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ltm.evidence.cited import cited
from ltm.evidence.document import markdown
from ltm.evidence.experiments import EXPERIMENTS, plan
from ltm.evidence.readings import Shelf, gather
from ltm.evidence.report import make_report

HERE = Path(__file__).parents[1]


def script(name: str) -> ModuleType:
    found = importlib.util.spec_from_file_location(name, HERE / "docs" / f"{name}.py")
    assert found is not None and found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module  # dataclasses look their module up
    found.loader.exec_module(module)
    return module


def test_the_chart_reference_is_current() -> None:
    kept = (HERE / "docs" / "chart-reference.md").read_text(encoding="utf-8")
    assert kept == script("make_reference").reference(), "python docs/make_reference.py"


def test_the_gallery_is_current() -> None:
    gallery = script("make_gallery")
    assert (HERE / "docs" / "gallery.md").read_text(encoding="utf-8") == gallery.page(), "python docs/make_gallery.py"
    absent = [name for name in gallery.GALLERY if not (HERE / "docs" / f"gallery-{name}.svg").is_file()]
    assert not absent, f"python docs/make_gallery.py {' '.join(absent)}"


def test_the_evidence_is_current() -> None:
    folder, runs = HERE / "docs" / "evidence", plan(EXPERIMENTS.values())
    others, absent, broken = cited(HERE / "benchmarks" / "results")
    own = gather(folder, runs, others)
    shelf = Shelf(own.readings, [*own.missing, *absent], [*own.damaged, *broken])
    page = markdown(make_report(shelf, len(runs), quick=False).blocks, folder)
    assert (folder / "README.md").read_text(encoding="utf-8") == page, "ltm evidence --report"


@pytest.mark.parametrize("file", sorted((HERE / "benchmarks" / "results").glob("*.json")), ids=lambda file: file.stem)
def test_results_say_how_and_where_they_were_measured(file: Path) -> None:
    result = json.loads(file.read_text(encoding="utf-8"))
    assert result["command"].startswith("python -m benchmarks.")
    assert result["machine"]["processor"] and result["machine"]["threads"] >= 1
