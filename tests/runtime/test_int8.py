"""Weights in eight bits: a quarter of the bytes, every row within half a step, and the same to the bit ever after."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from tiny import brain_with, puzzles

from ltm.brain.brain import Brain
from ltm.cli.main import run
from ltm.errors import FolderError
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.int8 import SCALE, pack, unpack
from ltm.runtime.shipped import shipped_brain
from ltm.runtime.weights import sha256
from ltm.scenes import sudoku

WIDE = {"only": {"kind": "mixer", "width": 64, "hidden": 128}}


def matrices(seed: int) -> dict[str, torch.Tensor]:
    draws = torch.Generator().manual_seed(seed)
    rows = torch.randn(40, 64, generator=draws) * torch.logspace(-6, 6, 40)[:, None]
    rows[3] = 0.0
    rows[5] = torch.finfo(torch.float32).tiny
    deep = torch.randn(8, 16, 3, 3, generator=draws)
    return {"rows": rows, "deep": deep, "row": torch.randn(2000, generator=draws), "few": rows[:2, :4]}


def test_every_row_is_within_half_a_step_and_small_ones_stay() -> None:
    before = matrices(0)
    packed = pack(before)
    assert {name for name, tensor in packed.items() if tensor.dtype == torch.int8} == {"rows", "deep"}
    after = unpack(packed, "here")
    assert list(after) == list(before)
    for name in ("row", "few"):
        assert torch.equal(after[name], before[name])
    for name in ("rows", "deep"):
        step = packed[name + SCALE].view(-1, *[1] * (before[name].dim() - 1))
        assert ((after[name] - before[name]).abs() <= step * 0.5001).all()
        largest = before[name].flatten(1).abs().amax(1)
        assert (packed[name + SCALE] <= largest / 127 * (1 + 2**-15) + torch.finfo(torch.float32).tiny).all()
    assert not after["rows"][3].any()


def test_what_was_rounded_once_is_never_rounded_again() -> None:
    for seed in range(5):
        once = pack(matrices(seed))
        twice = pack(unpack(once, "here"))
        assert all(torch.equal(tensor, twice[name]) for name, tensor in once.items())


def test_scales_that_do_not_fit_are_refused() -> None:
    packed = pack(matrices(0))
    for change, words in (
        ({"rows" + SCALE: torch.ones(39)}, "'rows' in eight bits lacks its scales"),
        ({"rows" + SCALE: torch.ones(40, dtype=torch.float64)}, "lacks its scales"),
        ({"row" + SCALE: torch.ones(2000)}, "of no matrix in eight bits"),
        ({"more" + SCALE: torch.ones(2)}, "of no matrix in eight bits"),
    ):
        with pytest.raises(FolderError, match=words):
            unpack({**packed, **change}, "here")
    with pytest.raises(FolderError, match="lacks its scales"):
        unpack({name: tensor for name, tensor in packed.items() if not name.endswith(SCALE)}, "here")


def test_a_brain_in_eight_bits_stays_itself(tmp_path: Path) -> None:
    brain = brain_with(WIDE)
    save_brain(brain, tmp_path / "whole")
    brain.int8 = True
    save_brain(brain, tmp_path / "small")
    size = {name: (tmp_path / name / "zones" / "only.safetensors").stat().st_size for name in ("whole", "small")}
    assert 3 < size["whole"] / size["small"] < 4
    assert json.loads((tmp_path / "small" / "brain.json").read_text())["format"] == 3
    small, record = load_brain(tmp_path / "small")
    assert small.int8 and record["parameters"] == load_brain(tmp_path / "whole")[1]["parameters"]
    save_brain(small, tmp_path / "again", {"provenance": record["provenance"]})
    for file in ("zones/only.safetensors", "connectome.safetensors"):
        assert sha256(tmp_path / "again" / file) == sha256(tmp_path / "small" / file)
    field = [one.think_on(one.begin(puzzles()), 4).logits["solution"] for one in (brain_with(WIDE).eval(), small)]
    assert 0 < (field[0] - field[1]).abs().max() < 0.2 * field[0].abs().max()
    assert isinstance(small, Brain) and all(w.dtype == torch.float32 for w in small.parameters())


def test_the_shipped_brain_in_eight_bits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = sudoku.generate(24, seed=3, givens=(34, 38)).values
    lines = [",".join("".join(map(str, made[n][row].reshape(-1))) for n in ("puzzle", "solution")) for row in range(24)]
    (tmp_path / "boards.csv").write_text("puzzle,solution\n" + "\n".join(lines) + "\n")
    words = ["quantize", str(shipped_brain()), "-o", str(tmp_path / "small")]
    assert run([*words, "--data", str(tmp_path / "boards.csv")]) == 0
    shown = capsys.readouterr().out
    before, after = (float(share) for share in re.findall(r"([\d.]+) % right of 24", shown))
    assert before > 90 and after > before - 5 and "saved" in shown
    whole, small = (
        sum(file.stat().st_size for file in folder.rglob("*.safetensors") if file.name != "rehearsal.safetensors")
        for folder in (shipped_brain(), tmp_path / "small")
    )
    assert 3.5 < whole / small < 4
    stored = load_file(tmp_path / "small" / "zones" / "core.safetensors")
    assert any(tensor.dtype == torch.int8 for tensor in stored.values())
    assert run(["quantize", str(tmp_path / "small"), "-o", str(tmp_path / "small")]) == 2
    assert "is the brain itself" in capsys.readouterr().err
