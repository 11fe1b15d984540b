"""`ltm catalog` as a user types it."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ltm.catalog.schema import MODALITIES
from ltm.cli.main import run

Capture = pytest.CaptureFixture[str]


def listed(capsys: Capture, *options: str) -> dict[str, dict]:  # type: ignore[type-arg]
    assert run(["catalog", "--json", *options]) == 0
    models: dict[str, dict] = json.loads(capsys.readouterr().out)["models"]  # type: ignore[type-arg]
    return models


def test_the_list_fits_eighty_columns(capsys: Capture) -> None:
    assert run(["catalog"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(re.search(r"TinyLlama-1.1B +llama +1.1 G +2.2 GB +52.99 tinyllama-7", line) for line in lines)
    assert [line.strip() for line in lines if line.strip() in MODALITIES] == list(MODALITIES)
    assert re.search(r"\d+ models, of which \d+ run here", "\n".join(lines))


def test_filters(capsys: Capture) -> None:
    every = listed(capsys)
    small = listed(capsys, "--under", "100MB", "--modality", "language")
    assert small and all(model["modality"] == "language" for model in small.values())
    assert all(model["figures"]["bytes_fp16"]["value"] <= 100_000_000 for model in small.values())
    assert "Pythia-31M" in small and "Pythia-70M" not in small  # 141 MB
    assert "Pythia-70M" in listed(capsys, "--under", "100MB", "--precision", "int8")
    here = listed(capsys, "--runs-here")
    assert here == {name: model for name, model in every.items() if model["zone"]} and "TRM" in here
    assert "SmolLM2-135M" in here and "GPT-2-small" not in here
    assert {model["family"] for model in listed(capsys, "--family", "llama").values()} == {"llama"}


def test_orders(capsys: Capture) -> None:
    sizes = [m["figures"]["parameters"]["value"] for m in listed(capsys, "--sort", "size", "--under", "1GB").values()]
    assert sizes == sorted(sizes) and len(set(sizes)) > 50
    names = list(listed(capsys, "--sort", "name"))
    assert names == sorted(names, key=str.lower)
    for metric, best_first in (("csr-8", True), ("pile-loss", False)):  # a loss is better when lower
        found = listed(capsys, "--metric", metric, "--sort", "score").values()
        scores = [model["figures"][f"scores.{metric}"]["value"] for model in found]
        assert scores == sorted(scores, reverse=best_first) and len(scores) > 3


def test_mixed_orders_say_the_modality(capsys: Capture) -> None:
    assert run(["catalog", "--sort", "size"]) == 0
    assert re.search(r"vit_tiny_patch16 +vision +5.72 M", capsys.readouterr().out)


def test_every_figure_of_the_json_says_where_it_is_from(capsys: Capture) -> None:
    assert run(["catalog", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    for model in told["models"].values():
        for figure in model["figures"].values():
            assert figure.get("source") in told["sources"] or figure["computed"]


def test_csv(capsys: Capture) -> None:
    assert run(["catalog", "--csv", "--family", "gpt-neo"]) == 0
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(capsys.readouterr().out))}
    assert rows["TinyStories-33M"]["parameters"] == "68514048"
    assert rows["TinyStories-33M"]["bytes_fp16"] == "137028096"
    assert rows["TinyStories-1M"]["parameters_source"] == "computed: gpt-neo"
    assert rows["GPT-Neo-125M"]["shape.kv_heads"] == ""  # unknown is empty


def test_show(capsys: Capture) -> None:
    assert run(["catalog", "show", "trm"]) == 0
    shown = capsys.readouterr().out
    for words in (
        "5,028,866",
        "10.06 MB",
        "trm-copy",
        "third party",
        "training examples",
        "ltm chart new mine.yaml --like TRM",
        "87.4 %",
    ):
        assert words in shown
    assert run(["catalog", "show", "Pythia-14M", "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)["models"]["Pythia-14M"]["figures"]
    assert figures["without_embeddings"] == {"value": 1_189_888, "computed": "gpt-neox"}


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml")])
def test_pictures_need_no_display(
    ending: str, start: bytes, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.delenv("DISPLAY", raising=False)
    out = tmp_path / f"catalog.{ending}"
    assert run(["catalog", "--plot", str(out)]) == 0
    assert out.read_bytes().startswith(start)
    assert "matplotlib.pyplot" not in sys.modules  # which would look for a display
    if ending == "svg":
        assert b"MobileLLM-1.5B" in out.read_bytes() and b"sudoku-extreme" in out.read_bytes()


def test_a_chart_starts_from_an_entry(tmp_path: Path, capsys: Capture) -> None:
    mine = str(tmp_path / "mine.yaml")
    assert run(["chart", "new", mine, "--like", "HRM"]) == 0
    assert "# Started from HRM" in Path(mine).read_text()
    capsys.readouterr()
    assert run(["chart", "check", mine]) == 0
    assert "27,275,266 parameters" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["catalog", "show", "Pytia-14M"], "did you mean 'Pythia-14M'"),
        (["catalog", "--modality", "visoin"], "did you mean 'vision'"),
        (["catalog", "--family", "lama"], "did you mean 'llama'"),
        (["catalog", "--metric", "sudoku-extrem"], "did you mean 'sudoku-extreme'"),
        (["catalog", "--sort", "sise"], "did you mean 'size'"),
        (["catalog", "--sort", "score"], "needs --metric"),
        (["catalog", "--under", "lots"], "expected a size"),
        (["catalog", "--precision", "fp8"], "fp16, int8"),
        (["catalog", "--json", "--csv"], "exclude each other"),
        (["catalog", "--plot", "x.gif"], ".png or .svg"),
        (["catalog", "--plot", "nowhere/x.png"], "no folder"),
        (["catalog", "--family", "satnet", "--plot", "x.png"], "nothing to draw"),
        (["chart", "new", "--like", "Pythia-14M"], "nothing here runs it"),
    ],
)
def test_mistakes_are_explained(
    arguments: list[str], expected: str, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(arguments) == 2
    said = capsys.readouterr()
    assert expected in said.err and not said.out and not list(tmp_path.iterdir())


@pytest.mark.parametrize("verb", [["catalog"], ["catalog", "show"]])
def test_help_has_an_example(verb: list[str], capsys: Capture) -> None:
    assert run([*verb, "--help"]) == 0
    assert "Example: ltm catalog" in capsys.readouterr().out


def test_the_list_needs_no_torch() -> None:
    code = "import sys; from ltm.cli.main import run; run(['catalog', '--json']); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "False"
