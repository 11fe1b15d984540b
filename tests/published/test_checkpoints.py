"""Checkpoints of TRM and HRM, written under their published names, become brains that answer alike.

Compared in fp64, as in `test_published`: untrained recursions blow fp32's rounding up.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from reference import HRM, TRM, Net, Reasoner
from safetensors.torch import save_file
from torch import Tensor

from ltm.cli.main import run
from ltm.errors import FolderError
from ltm.foreign.brain import imported
from ltm.foreign.pickled import load_pickled
from ltm.runtime.brains import load_brain
from ltm.training.segment import run_segment

Named = dict[str, Tensor]
SIZE = 64
CONFIG = """arch:
  H_cycles: 2
  L_cycles: 4
  halt_max_steps: 8
  hidden_size: 64
  num_heads: 4
  pos_encodings: rope
  puzzle_emb_len: 16
  name: recursive_reasoning.trm@TinyRecursiveReasoningModel_ACTV1
global_batch_size: 768
"""


def published(model: Reasoner) -> Named:
    """A model's tensors under the names that TRM's and HRM's training saves them by."""
    named = {
        "embed_tokens.embedding_weight": model.embed.weight,
        "lm_head.weight": model.out.weight,
        "q_head.weight": model.q.weight,
        "q_head.bias": model.q.bias,
        "puzzle_emb.weights": model.puzzle[None],
        "H_init": model.start_high.bfloat16(),
        "L_init": model.start_low.bfloat16(),
    }
    nets: dict[str, Net] = (
        {"L_level": model.net} if isinstance(model, TRM) else {"L_level": model.low, "H_level": model.high}
    )
    for level, net in nets.items():
        for number, block in enumerate(net.blocks):
            at = f"{level}.layers.{number}"
            mlps = {"mlp": block.channels} | ({} if block.positions is None else {"mlp_t": block.positions})
            for name, mlp in mlps.items():
                named[f"{at}.{name}.gate_up_proj.weight"] = torch.cat((mlp.gate.weight, mlp.up.weight))
                named[f"{at}.{name}.down_proj.weight"] = mlp.down.weight
            if block.attention is not None:
                part = block.attention
                named[f"{at}.self_attn.qkv_proj.weight"] = torch.cat((part.q.weight, part.k.weight, part.v.weight))
                named[f"{at}.self_attn.o_proj.weight"] = part.o.weight
    return {f"model.inner.{name}": tensor.detach().clone().contiguous() for name, tensor in named.items()}


def drawn(build: Callable[[], Reasoner]) -> Reasoner:
    """A model of random weights, with a halting head and a puzzle embedding that were learned, so to speak."""
    torch.manual_seed(0)
    model = build()
    with torch.no_grad():
        model.q.weight.normal_(std=0.05)
        model.puzzle.normal_(std=0.3)
        for start in (model.start_high, model.start_low):
            start.copy_(start.bfloat16())  # as they are kept
    return model


MODELS: dict[str, Callable[[], Reasoner]] = {
    "trm": lambda: TRM(attention=False, size=SIZE),
    "trm-attention": lambda: TRM(attention=True, size=SIZE),
    "hrm": lambda: HRM(size=SIZE),
}
MAZES: dict[str, Callable[[], Reasoner]] = {
    "trm-attention": lambda: TRM(attention=True, size=16, symbols=6, cells=900, cycles=(3, 4)),
    "hrm": lambda: HRM(size=16, symbols=6, cells=900),
}


def agree(model: Reasoner, place: Path, segments: int, see: str = "puzzle", side: int = 9) -> None:
    found = imported(place).brain
    brain, model = found.double(), model.double()
    values = {see: torch.randint(1, model.embed.num_embeddings, (2, side, side), dtype=torch.uint8)}
    values["solution"] = values[see]
    mind = brain.begin(values, dtype=torch.float64)
    high, low = model.start(2)
    with torch.no_grad():
        for _ in range(segments):
            reading = run_segment(brain, mind, values, bf16=False)
            high, low = model.segment(high, low, values[see].flatten(1))
        logits, halt, go_on = (read.float() for read in model.read(high))
    assert logits.std() > 0.1
    torch.testing.assert_close(reading.logits["solution"], logits, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(reading.right, halt, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(reading.ahead, go_on, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", MODELS)
def test_a_checkpoint_answers_as_the_published_model(name: str, tmp_path: Path) -> None:
    model, file = drawn(MODELS[name]), tmp_path / "step_65104"
    tensors = published(model)
    torch.save(tensors, file)
    agree(model, file, 4)
    found = imported(file, "theirs")
    assert (found.family, found.brain.chart.name) == (name.split("-")[0], "theirs")
    # Every number of theirs is somewhere in the brain, and two more: reflection's scale and shift.
    assert sum(t.numel() for t in found.brain.state_dict().values()) == sum(t.numel() for t in tensors.values()) + 2
    assert found.brain.prefix is not None and torch.equal(found.brain.prefix.vectors, model.puzzle.float()[None])
    cycles = "H_cycles 2, L_cycles 2" if name == "hrm" else "H_cycles 3, L_cycles 6"
    assert len(found.notes) == 1 and cycles in found.notes[0] and found.notes[0].startswith("assumed")


@pytest.mark.slow
@pytest.mark.parametrize("name", MAZES)
def test_mazes_are_taken_over_too(name: str, tmp_path: Path) -> None:
    model = drawn(MAZES[name])
    torch.save(published(model), tmp_path / "checkpoint")
    agree(model, tmp_path / "checkpoint", 1, "maze", 30)


def test_a_published_size_is_the_chart_with_a_vector_more(tmp_path: Path) -> None:
    torch.save(published(drawn(lambda: TRM(attention=False))), tmp_path / "step_1")
    brain = imported(tmp_path / "step_1").brain
    assert sum(weight.numel() for weight in brain.parameters()) == 5_028_866 + 512


def test_what_lies_beside_a_checkpoint_says_how_it_thinks(tmp_path: Path) -> None:
    model = drawn(lambda: TRM(attention=True, size=SIZE, heads=4, cycles=(2, 4)))
    compiled = {f"_orig_mod.{name}": tensor for name, tensor in published(model).items()}
    torch.save(compiled, tmp_path / "step_7")
    (tmp_path / "all_config.yaml").write_text(CONFIG)
    agree(model, tmp_path, 3)
    found = imported(tmp_path)
    assert found.notes == ()
    assert found.brain.chart.will.ticks == 8 * 2 * 5
    save_file(compiled, tmp_path / "converted.safetensors")
    with pytest.raises(FolderError, match=r"found converted.safetensors, step_7; name the file"):
        imported(tmp_path)
    agree(model, tmp_path / "converted.safetensors", 2)


def test_rotary_tables_are_left_out_by_name(tmp_path: Path) -> None:
    table = {"model.inner.rotary_emb.cos_cached": torch.ones(97, 8)}
    torch.save(published(drawn(MODELS["trm-attention"])) | table, tmp_path / "step_1")
    assert any("left out: model.inner.rotary_emb.cos_cached" in note for note in imported(tmp_path / "step_1").notes)


Change = Callable[[Named], Any]
AT = "model.inner."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop(f"{AT}q_head.bias"), "no tensor 'model.inner.q_head.bias'"),
        (
            lambda t: t.pop(f"{AT}L_level.layers.1.mlp.down_proj.weight"),
            "no tensor 'model.inner.L_level.layers.1.mlp.down_proj",
        ),
        (lambda t: t.update({f"{AT}L_level.layers.1.extra": torch.ones(3)}), "belongs to no part of the model"),
        (lambda t: t.update({f"{AT}L_init": torch.ones(63)}), "L_init is 63; expected 64"),
        (lambda t: t.update({f"{AT}lm_head.weight": torch.ones(64, 11)}), "lm_head.weight is 64×11; expected 11×64"),
        (lambda t: t.update({f"{AT}lm_head.weight": torch.full((11, 64), torch.nan)}), "holds NaN"),
        (lambda t: t.update({f"{AT}puzzle_emb.weights": torch.zeros(960, 64)}), "vectors of 960 puzzles, as of ARC"),
        (
            lambda t: t.update({f"{AT}embed_pos.embedding_weight": torch.ones(97, 64)}),
            "a learned vector for every site",
        ),
        (lambda t: t.update({f"{AT}embed_tokens.embedding_weight": torch.ones(12, 64)}), "12 symbols; known are 11"),
        (lambda t: t.update({f"{AT}L_init": torch.ones(64, dtype=torch.int32)}), "not a plain one of floating-point"),
        (lambda t: t.update({f"{AT}L_init": torch.ones(1).expand(64)}), "not a plain one"),
        (lambda t: t.update({f"{AT}L_init": torch.empty(64, device="meta")}), "not a plain one"),
        (
            lambda t: t.update({f"{AT}embed_tokens.embedding_weight": torch.ones(11, 0)}),
            "embedding_weight is 11×0; expected at least one",
        ),
        (
            lambda t: t.update({f"{AT}embed_tokens.embedding_weight": torch.ones(0, 64)}),
            "embedding_weight is 0×64; expected at least one",
        ),
        (lambda t: t.update(step=3), "under 'step' is int"),
    ],
)
def test_every_tensor_is_accounted_for_or_refused(change: Change, words: str, tmp_path: Path) -> None:
    tensors = published(drawn(MODELS["trm"]))
    change(tensors)
    torch.save(tensors, tmp_path / "step_1")
    with pytest.raises(FolderError) as problem:
        imported(tmp_path / "step_1")
    assert words in str(problem.value)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("  pos_encodings: learned", "a learned vector for every site"),
        ("  pos_encodings: none", "pos_encodings: 'none' is not built here, only 'rope'"),
        ("  rms_norm_eps: 0.001", "rms_norm_eps: 0.001 is not built here"),
        ("  L_cycles: -3", "all_config.yaml: L_cycles: expected a positive number"),
        ("  num_heads: 7", "7 heads don't divide"),
        ("  H_cycles: &a [*a]", "can't be read"),
    ],
)
def test_settings_that_no_chart_can_hold_are_refused(line: str, words: str, tmp_path: Path) -> None:
    torch.save(published(drawn(MODELS["trm-attention"])), tmp_path / "step_1")
    (tmp_path / "all_config.yaml").write_text(f"arch:\n{line}\n")
    with pytest.raises(FolderError) as problem:
        imported(tmp_path)
    assert words in str(problem.value)


class Harmful:
    """What a pickle could do."""

    def __reduce__(self) -> Any:
        return print, ("harm",)


def test_a_pickle_that_asks_for_more_than_tensors_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    torch.save({"model.inner.H_init": Harmful()}, tmp_path / "step_1")
    with pytest.raises(FolderError, match="asks for more than tensors"):
        imported(tmp_path / "step_1")
    assert "harm" not in capsys.readouterr().out
    torch.save({"layers.0.attention.wq.weight": torch.ones(2, 2)}, tmp_path / "consolidated.00.pth")
    with pytest.raises(FolderError, match="pickled weights of others are not read"):
        imported(tmp_path / "consolidated.00.pth")


def test_containers_are_looked_at_before_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = tmp_path / "whole"
    torch.save({"x": torch.zeros(100_000)}, whole)
    packed = tmp_path / "packed"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            new.writestr(entry, old.read(entry))
    with pytest.raises(FolderError, match="is packed"):
        load_pickled(packed)
    cut = tmp_path / "cut"
    cut.write_bytes(whole.read_bytes()[:-500])
    with pytest.raises(FolderError, match="damaged"):
        load_pickled(cut)
    shared = torch.zeros(100_000)
    torch.save({"x": shared, "y": shared, "z": shared}, tmp_path / "shared")
    with pytest.raises(FolderError, match="claim more bytes"):
        load_pickled(tmp_path / "shared")
    torch.save([torch.zeros(2)], tmp_path / "list")
    with pytest.raises(FolderError, match="holds no state dict"):
        load_pickled(tmp_path / "list")
    monkeypatch.setattr("ltm.foreign.pickled.MOST_BYTES", 1000)
    with pytest.raises(FolderError, match="expected at most 1,000"):
        load_pickled(whole)
    monkeypatch.undo()
    monkeypatch.setattr("ltm.foreign.pickled.MOST_PICKLE", 10)
    with pytest.raises(FolderError, match="names and shapes take"):
        load_pickled(whole)


def test_a_pickle_that_is_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    torch.save({"x": torch.zeros(10)}, whole)
    with zipfile.ZipFile(whole) as container:
        entries = {name: container.read(name) for name in container.namelist()}
    (names,) = (name for name in entries if name.endswith(".pkl"))
    for end in range(0, len(entries[names]), 3):
        with zipfile.ZipFile(cut, "w") as container:
            for name, data in entries.items():
                container.writestr(name, data[:end] if name == names else data)
        with pytest.raises(FolderError, match=r"damaged|asks for more"):
            load_pickled(cut)


def test_the_verb_says_what_it_did(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = drawn(MODELS["hrm"])
    torch.save(published(model), tmp_path / "checkpoint")
    out = tmp_path / "brain"
    assert run(["import", str(tmp_path / "checkpoint"), "-o", str(out)]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert (
        "assumed, as nothing beside the weights says so" in shown
        and "low (kind attention), high (kind attention)" in shown
    )
    brain, record = load_brain(out)
    assert record["provenance"]["data"] == "trained elsewhere; taken from checkpoint"
    assert brain.prefix is not None and torch.equal(brain.prefix.vectors[0], model.puzzle.float())
    puzzle = "53..7....6..195....98....6.8...6...34..8.3..17...2...6.6....28....419..5....8..79"
    assert run(["think", str(out), puzzle, "--ticks", "6", "--confidence", "0"]) == 0
