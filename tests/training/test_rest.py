"""Rest: what carries nothing goes, what carries something stays, and no skill ends below the loss."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from conftest import make_boards, make_chart

import ltm.training.prune as pruning
import ltm.training.rest as resting
from ltm.brain.brain import Brain
from ltm.brain.rehearsal import Rehearsal
from ltm.chart.base import format_bytes
from ltm.cli.main import run
from ltm.cli.render import percent
from ltm.errors import DivergedError
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.folder import inspect_folder
from ltm.runtime.record import REHEARSAL
from ltm.runtime.skills import folders_of, write_skills
from ltm.scenes.store import SceneSet
from ltm.training.looks import look_at
from ltm.training.prune import carried, narrower, without_edge, without_zone
from ltm.training.rest import Rest, put_in_place

MIXER = {"kind": "mixer", "state": "own"}
RING = {
    "zones": {name: MIXER for name in ("a", "b", "c")},
    "coupling": {"pattern": "all", "rank": 2},
    "wave": {"policy": "all"},
}


def logits(brain: Brain, scenes: SceneSet) -> torch.Tensor:
    seen = {"puzzle": torch.from_numpy(scenes.values["puzzle"])}
    return brain.think_on(brain.begin(seen), 4).logits["solution"].detach()


def ring() -> Brain:
    return Brain(make_chart(**RING), 1).eval()


@pytest.mark.parametrize("strength", ["fixed", "learned", "dynamic"])
def test_a_coupling_that_carries_nothing_is_not_missed(strength: str) -> None:
    coupling = {**RING["coupling"], "strength": strength}  # type: ignore[dict-item]
    brain = Brain(make_chart(**{**RING, "coupling": coupling}), 1).eval()
    number = 2
    with torch.no_grad():
        for weight in brain.circuit.coupling.matrices[number].parameters():
            weight.zero_()
    less, other = without_edge(brain, number), without_edge(brain, number + 1)
    before = logits(brain, make_boards(16))
    torch.testing.assert_close(logits(less, make_boards(16)), before)
    assert not torch.allclose(logits(other, make_boards(16)), before)
    assert len(less.circuit.coupling.edges) == 5
    assert sum(w.numel() for w in less.parameters()) < sum(w.numel() for w in brain.parameters())
    while less.circuit.coupling.edges:
        less = without_edge(less, 0)
    assert less.chart.coupling.pattern == "none"


def test_a_zone_goes_with_its_couplings_or_stays_where_others_need_it() -> None:
    less = without_zone(ring(), "b")
    assert less is not None and list(less.chart.zones) == ["a", "c"]
    assert {(edge.source, edge.to) for edge in less.circuit.coupling.edges} == {("a", "c"), ("c", "a")}
    assert without_zone(Brain(make_chart()), "core") is None
    chosen = make_chart(**{**RING, "wave": {"policy": "top-k", "fire": 2}})
    assert without_zone(Brain(chosen), "b") is None
    zones = {**RING["zones"], "c": {**MIXER, "roles": {"self": {"reads": ["field", "b"]}}}}  # type: ignore[dict-item]
    assert without_zone(Brain(make_chart(**{**RING, "zones": zones})), "b") is None


def test_hidden_channels_that_carry_least_go_first() -> None:
    chart = make_chart(zones={"core": {"kind": "mixer", "write": "replace", "layers": 2, "hidden": 32}})
    brain = Brain(chart, 1).eval()
    idle = [3, 7, 8, 20, 21, 22, 30, 31]
    with torch.no_grad():
        for layer in brain.circuit.zone("core").body.channels:  # type: ignore[union-attr]
            layer.down.weight[:, idle] = 0.0  # type: ignore[union-attr,operator]
    boards = make_boards(40)
    less = narrower(brain, "core", carried(brain, "core", boards), 0.75)
    assert less is not None and less.chart.zones["core"].hidden == 24  # type: ignore[attr-defined]
    torch.testing.assert_close(logits(less, boards), logits(brain, boards))
    further = narrower(brain, "core", carried(brain, "core", boards), 0.7)
    assert further is not None and not torch.allclose(logits(further, boards), logits(brain, boards))
    assert narrower(brain, "core", carried(brain, "core", boards), 1.0) is None


def test_what_channels_carry_counts_scene_by_scene(monkeypatch: pytest.MonkeyPatch) -> None:
    zones = {"core": {"kind": "mixer", "write": "replace", "hidden": 16}}
    chart = make_chart(field={"width": 8, "noise": 0.0}, zones=zones)
    brain, boards = Brain(chart, 1).eval(), make_boards(33)
    with torch.no_grad():
        whole = carried(brain, "core", boards)[0]
        monkeypatch.setattr(pruning, "BATCH", 32)  # one of them alone in its batch
        torch.testing.assert_close(carried(brain, "core", boards)[0], whole, rtol=1e-4, atol=1e-6)


def test_practice_that_gets_out_of_hand_is_a_step_not_done(
    copier: tuple[Brain, SceneSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverged(*_: Any, **__: Any) -> Any:
        raise DivergedError("the loss is no number")

    monkeypatch.setattr(resting, "adapt", diverged)
    brain = knowing(copier)
    rest = object.__new__(resting.Rest)
    rest.practice = 10
    assert rest._practised(brain) == (brain, 0)


def knowing(copier: tuple[Brain, SceneSet], coupling: dict[str, Any] | None = None, **parts: Any) -> Brain:
    """A brain that repeats boards, with parts that do nothing beside the zone that does; couplings carry nothing."""
    trained, scenes = copier
    chart = trained.chart
    made = make_chart(
        chart.training.model_dump(),
        zones={"core": chart.zones["core"].model_dump(exclude_defaults=True) | {"kind": "mixer"}, **parts},
        coupling=coupling or {},
        wave={"policy": "all"},
    )
    brain = Brain(made, 3)
    brain.load_state_dict({**brain.state_dict(), **trained.state_dict()})
    with torch.no_grad():
        for name in parts:
            brain.circuit.zone(name).write.weight.zero_()  # type: ignore[union-attr]
        for weight in brain.circuit.coupling.matrices.parameters():
            weight.zero_()
    brain.rehearsal = Rehearsal(scenes, scenes)
    return brain.eval()


def exact(brain: Brain, scenes: SceneSet) -> float:
    return float(look_at(brain, scenes, (4,), False, None).right[0].mean())


def test_rest_lets_go_within_the_loss_and_never_below(
    tmp_path: Path, copier: tuple[Brain, SceneSet], capsys: pytest.CaptureFixture[str]
) -> None:
    brain = knowing(copier, idle={"kind": "mixer", "width": 4})
    save_brain(brain, tmp_path / "brain")
    before = inspect_folder(tmp_path / "brain")
    beside = tmp_path / "rested"
    assert run(["rest", str(tmp_path / "brain"), "--loss", "0", "-o", str(beside)]) == 0
    assert inspect_folder(tmp_path / "brain") == before and inspect_folder(beside).zones == ("core",)
    capsys.readouterr()
    assert run(["rest", str(tmp_path / "brain"), "--loss", "0", "--try"]) == 0
    assert inspect_folder(tmp_path / "brain") == before and "--try" in capsys.readouterr().out
    assert run(["rest", str(tmp_path / "brain"), "--loss", "0"]) == 0
    after = inspect_folder(tmp_path / "brain")
    assert after.zones == ("core",) and after.parameters < before.parameters
    loaded, record = load_brain(tmp_path / "brain")
    row = record["measured"]["before it rested"]
    assert record["measured"]["exact"] >= row["exact"] > 0.5
    assert loaded.rehearsal is not None and len(loaded.rehearsal.aside) == 40
    shown = capsys.readouterr().out
    assert "without zone idle" in shown and "without zone core" not in shown
    assert run(["rest", str(tmp_path / "brain"), "--loss", "100"]) == 0  # anything goes: as narrow as is tried
    assert load_brain(tmp_path / "brain")[0].chart.zones["core"].hidden == 8  # type: ignore[attr-defined]


def test_couplings_that_carry_nothing_go_and_the_others_stay(
    tmp_path: Path, copier: tuple[Brain, SceneSet], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    edges = [{"source": name, "to": "core", "rank": 2} for name in ("idle", "loud")]
    own = {"kind": "mixer", "width": 4, "state": "own"}
    brain = knowing(copier, {"pattern": "edges", "edges": edges}, idle=own, loud=own)
    save_brain(brain, tmp_path / "brain")
    measured = Rest._right

    def right(rest: Rest, one: Brain) -> float:
        """As measured; nothing is right without the one coupling, as if it carried all."""
        carries = any(edge.source == "loud" for edge in one.circuit.coupling.edges)
        return measured(rest, one) if carries else 0.0

    monkeypatch.setattr(Rest, "_right", right)
    before = inspect_folder(tmp_path / "brain")
    assert run(["rest", str(tmp_path / "brain"), "--loss", "0", "--practice", "0"]) == 0
    after, shown = inspect_folder(tmp_path / "brain"), capsys.readouterr().out
    said = [line.strip() for line in shown.splitlines() if "coupling" in line]
    assert ["done" if "not done" not in line else "not done" for line in said] == ["not done", "done"]
    assert "loud -> core" in said[0] and "idle -> core" in said[1]
    rested, record = load_brain(tmp_path / "brain")
    assert [edge.source for edge in rested.circuit.coupling.edges] == ["loud"] and after.zones == ("core", "loud")
    kept = record["measured"]
    (row,) = [line.split() for line in shown.splitlines() if line.split()[-1:] == ["40"]]
    shares = [*percent(kept["before it rested"]["exact"]).split(), *percent(kept["exact"]).split(), "40"]
    assert "bytes before" in shown and "right before" in shown and row[-5:] == shares
    sizes = (sum(file.bytes for part, file in one.files.items() if part != REHEARSAL) for one in (before, after))
    assert row[1:5] == [word for size in sizes for word in format_bytes(size).split()]


def test_what_costs_too_much_is_replayed_before_it_is_given_up(
    tmp_path: Path, copier: tuple[Brain, SceneSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    save_brain(knowing(copier), tmp_path / "brain")

    def hurt(brain: Brain, *_: object) -> Brain | None:
        """As losing channels does, but for sure: what it writes for two digits is no longer told apart."""
        lost = copy.deepcopy(brain)
        with torch.no_grad():
            symbol = lost.sense_of("puzzle").symbol  # type: ignore[union-attr]
            symbol[4] = symbol[3] + 0.01 * symbol[4]  # type: ignore[index,operator]
        return lost

    monkeypatch.setattr("ltm.training.rest.narrower", hurt)
    monkeypatch.setattr("ltm.training.rest.SHARES", (0.5,))
    monkeypatch.setattr("ltm.training.rest.WITHIN_REACH", 100.0)
    ends = []
    for practice in (0, 80, 80):
        said: list[str] = []
        resting = Rest({"brain": tmp_path / "brain"}, 1.0, said.append, practice)
        changed = resting.run()
        (one,) = resting.skills.values()
        assert one.before is not None and one.after is not None and one.after >= one.before - 0.01
        assert bool(changed) == bool(practice), said
        assert any("80 steps of replay" in words for words in one.done) == bool(practice)
        ends.append(one.brain.state_dict())
    assert all(torch.equal(weight, ends[2][name]) for name, weight in ends[1].items())


def test_a_brain_in_eight_bits_is_judged_as_it_will_be_written(
    tmp_path: Path, copier: tuple[Brain, SceneSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    brain = knowing(copier, idle={"kind": "mixer", "width": 48})
    brain.int8 = True
    save_brain(brain, tmp_path / "brain")
    judged: list[Brain] = []
    right = Rest._right

    def noted(self: Rest, one: Brain) -> float:
        judged.append(one)
        return right(self, one)

    monkeypatch.setattr(Rest, "_right", noted)
    resting = Rest({"brain": tmp_path / "brain"}, 100.0, practice=1)
    changed = resting.run()
    assert changed and len(judged) > 2
    save_brain(resting.skills["brain"].brain, tmp_path / "rested")
    written = load_brain(tmp_path / "rested")[0]
    assert written.int8
    for name, weight in resting.skills["brain"].brain.state_dict().items():
        assert torch.equal(weight, written.state_dict()[name]), name


def test_what_calibration_brings_below_the_loss_is_taken_back(
    tmp_path: Path, copier: tuple[Brain, SceneSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    save_brain(knowing(copier, idle={"kind": "mixer", "width": 4}), tmp_path / "brain")

    def spoil(brain: Brain, *_: object) -> None:
        with torch.no_grad():
            for weight in brain.acts.parameters():
                weight.neg_()

    monkeypatch.setattr("ltm.training.rest.calibrate", spoil)
    resting = Rest({"brain": tmp_path / "brain"}, 0.5)
    assert resting.run() == {}
    (one,) = resting.skills.values()
    assert one.after == one.before and "idle" in one.brain.chart.zones


def test_zones_that_do_alike_get_one_body(tmp_path: Path, copier: tuple[Brain, SceneSet]) -> None:
    one, other = knowing(copier), knowing(copier)
    with torch.no_grad():
        for weight in other.circuit.zone("core").body.parameters():
            weight.add_(1e-4)
    for name, brain in (("one", one), ("two", other)):
        save_brain(brain, tmp_path / name)
    plain = Brain(make_chart(), 2).eval()  # keeps no scenes: left alone
    save_brain(plain, tmp_path / "three")
    both = tmp_path / "both"
    write_skills(both, "both", {name: tmp_path / name for name in ("one", "two", "three")})
    said: list[str] = []
    resting = Rest(folders_of(both), 0.5, said.append)
    assert {name for name, skill in resting.skills.items() if skill.before is None} == {"three"}
    changed = resting.run()
    assert "three" not in changed and any("three: keeps no scenes" in words for words in said)
    mine = tmp_path / "both.rest"
    mine.mkdir()
    (mine / "notes.txt").write_text("a folder of the person's own")
    before = (both / "skills.json").read_bytes()
    put_in_place(both, changed, tmp_path / "elsewhere" / "rested")
    assert (both / "skills.json").read_bytes() == before
    put_in_place(both, changed)
    assert (both / "skills.json").read_bytes() == (tmp_path / "elsewhere" / "rested" / "skills.json").read_bytes()
    records = {name: inspect_folder(folder) for name, folder in folders_of(both).items()}
    bodies = [file.body for record in records.values() for file in record.files.values() if file.body]
    assert len(bodies) == 1 and records["two"].files["zones/core.safetensors"].body is not None
    assert (mine / "notes.txt").exists() and not list(tmp_path.glob(".both.*"))
    for skill, brain in (("one", one), ("two", other)):
        rested, kept = load_brain(both / "skills" / skill)[0], brain.rehearsal
        assert kept is not None and exact(rested, kept.aside) >= exact(brain, kept.aside) - 0.05
