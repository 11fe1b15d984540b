"""`ltm import` and `ltm think` with brains that talk, as a person uses them."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from given_away import given_away

from ltm.brain.talk import Talk
from ltm.cli.main import run
from ltm.runtime.brains import load_brain
from ltm.runtime.shipped import shipped_brain
from ltm.runtime.skills import load_skills


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = run(list(words))
    shown = capsys.readouterr()
    assert "Traceback" not in shown.err
    return code, shown.out, shown.err


def test_a_model_that_reads_bytes_becomes_a_brain_that_talks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = given_away(tmp_path / "theirs", 256)
    brain = str(tmp_path / "brain")
    code, shown, _ = said(capsys, "import", str(tmp_path / "theirs"), "-o", brain)
    assert code == 0 and "kind llama" in shown and "ltm think" in shown
    loaded, record = load_brain(tmp_path / "brain")
    assert torch.equal(loaded.sense_of("context").table, model.table)  # type: ignore[union-attr]
    assert loaded.parameters_by_part()["acts"] == 0 and "theirs" in record["provenance"]["data"]
    code, shown, _ = said(capsys, "think", brain, "Once", "--symbols", "7", "--json")
    found = json.loads(shown)
    assert code == 0 and found["symbols"] == 7 and found["text"] == "Once"
    code, streamed, _ = said(capsys, "think", brain, "Once", "--symbols", "7")
    assert code == 0 and streamed == f"Once{found['said']}\n"
    code, shown, _ = said(capsys, "think", brain, "Once", "--symbols", "7", "--json", "--memory", "1MB")
    on_disk = json.loads(shown)
    assert code == 0 and on_disk["said"] == found["said"] and "paging" not in found
    assert on_disk["paging"]["misses"] + on_disk["paging"]["ahead"] == 1
    assert on_disk["paging"]["bytes_read"] == on_disk["paging"]["peak_bytes"] > 0
    (tmp_path / "start.txt").write_text("Once")
    assert json.loads(said(capsys, "think", brain, str(tmp_path / "start.txt"), "--symbols", "7", "--json")[1]) | {
        "seconds": 0
    } == found | {"seconds": 0}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(b"Once"))))
    assert json.loads(said(capsys, "think", brain, "-", "--symbols", "7", "--json")[1])["said"] == found["said"]
    drawn = [said(capsys, "think", brain, "Once", "--temperature", "2", "--seed", str(seed))[1] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    code, shown, _ = said(capsys, "inspect", brain)
    assert code == 0 and "llama" in shown


def test_each_symbol_is_shown_before_the_next_is_thought_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given_away(tmp_path / "theirs", 256)
    assert run(["import", str(tmp_path / "theirs"), "-o", str(tmp_path / "brain")]) == 0
    happened = list[str]()
    go_on = Talk.go_on

    def slowly(talk: Talk, *arguments: Any, **options: Any) -> Iterator[int]:
        for symbol in go_on(talk, *arguments, **options):
            happened.append("symbol")
            yield symbol

    class Screen(io.StringIO):
        def flush(self) -> None:
            happened.append("shown")

    monkeypatch.setattr(Talk, "go_on", slowly)
    monkeypatch.setattr(sys, "stdout", Screen())
    assert run(["think", str(tmp_path / "brain"), "Once", "--symbols", "5"]) == 0
    assert happened[:10] == ["symbol", "shown"] * 5 and "symbol" not in happened[10:]


def test_a_skill_that_talks_goes_on_with_what_only_it_knows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given_away(tmp_path / "theirs", 256)
    assert said(capsys, "import", str(tmp_path / "theirs"), "-o", str(tmp_path / "plays"))[0] == 0
    both = str(tmp_path / "both")
    assert said(capsys, "merge", str(tmp_path / "plays"), str(shipped_brain()), "-o", both)[0] == 0
    words = ("Once", "--symbols", "7", "--json")
    alone = json.loads(said(capsys, "think", str(tmp_path / "plays"), *words)[1])
    code, shown, _ = said(capsys, "think", both, *words)
    found = json.loads(shown)
    assert code == 0 and found.pop("skill") in load_skills(tmp_path / "both").skills
    assert found | {"seconds": 0} == alone | {"seconds": 0}
    code, shown, _ = said(capsys, "think", both, "Once", "--symbols", "7")
    assert code == 0 and shown == f"Once{alone['said']}\n"
    assert said(capsys, "think", both, "Once", "--ticks", "3")[0] == 2
    (tmp_path / "texts.txt").write_text("Once\nThere\n")
    code, _, problem = said(capsys, "think", both, str(tmp_path / "texts.txt"))
    assert code == 2 and "talks, about one text at a time" in problem and "ltm take" in problem


def test_what_can_not_be_imported_or_continued_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    given_away(tmp_path / "theirs", 256)
    brain = tmp_path / "brain"
    assert said(capsys, "import", str(tmp_path / "theirs"), "-o", str(brain))[0] == 0
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "note.txt").write_text("mine")
    long = "zones and couplings " * 30
    assert said(capsys, "think", str(brain), long, "--symbols", "2", "--json")[0] == 0
    for words, code, expected in (
        (("think", str(brain), ""), 2, "the text is empty"),
        (("think", str(brain), "a", "--ticks", "4", "--watch"), 2, "--ticks, --watch: nothing to a brain that talks"),
        (("eval", str(brain), "text:x.txt", "--plot", str(tmp_path / "x.png")), 2, "--plot: nothing to a brain that"),
        (("import", str(tmp_path / "theirs"), "-o", str(brain)), 2, "already there"),
        (("think", str(brain), str(tmp_path / "latin.txt")), 2, "byte 4 isn't UTF-8"),
        (("import", str(tmp_path / "nowhere"), "-o", str(tmp_path / "x")), 4, "no such file or folder"),
        (("import", str(tmp_path / "theirs"), "-o", str(tmp_path / "mine")), 2, "mine"),
    ):
        found, _, wrong = said(capsys, *words)
        assert found == code and expected in wrong, (words, found, wrong)
    assert (tmp_path / "mine" / "note.txt").read_text() == "mine"
