"""Brains of several skills: who thinks about a scene, what looks familiar, and that skills keep to themselves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from ltm.brain.brain import Brain
from ltm.brain.familiarity import BUCKETS, Familiarity, features_of
from ltm.brain.skills import SkilledBrain, trust
from ltm.brain.think import think
from ltm.chart.propose import propose
from ltm.chart.schema import WillSpec
from ltm.errors import DataError, FolderError, LtmError
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.skills import SKILLS, folders_of, load_skills, write_skills
from ltm.scenes.scene import Scene
from ltm.scenes.skilled import skilled_questions
from ltm.scenes.store import SceneSet
from ltm.training.familiar import familiarity_with
from ltm.training.merge import gather

COLUMNS = {
    "board": {"kind": "grid", "rows": 4, "columns": 4, "symbols": 5, "form": "text"},
    "kind": {"kind": "label", "labels": ["a", "b"]},
}


def boards(count: int, low: int, high: int, seed: int) -> SceneSet:
    grids = np.random.default_rng(seed).integers(low, high, (count, 4, 4), dtype=np.uint8)
    return SceneSet.of({"board": grids, "kind": np.zeros((count, 1), dtype=np.uint8)})


def skill(low: int, high: int, seed: int = 0, width: int = 60_000) -> Brain:
    """A brain that knows boards of some symbols only; what it answers doesn't matter here."""
    brain = Brain(propose(COLUMNS, ["board"], ["kind"], source="any.csv", size=width, name=f"from{low}"), seed).eval()
    brain.familiarity = familiarity_with(brain, boards(300, low, high, 0), boards(100, low, high, 1))
    return brain


def familiarity_of(brain: Brain, sense: str, scenes: SceneSet) -> torch.Tensor:
    assert brain.familiarity is not None
    seen = {sense: torch.from_numpy(scenes.values[sense])}
    return brain.familiarity(features_of(brain, seen, brain.familiarity.rarity_R))


def texts(scenes: SceneSet) -> list[str]:
    return ["".join(map(str, grid.flatten())) for grid in scenes.values["board"]]


def test_scenes_find_the_skill_that_knows_their_like() -> None:
    both = SkilledBrain("both", {"low": skill(0, 3), "high": skill(2, 5)})
    right = total = 0
    for name, low, high in (("low", 0, 3), ("high", 2, 5)):
        for text in texts(boards(50, low, high, 7)):
            scene = Scene({"board": text})
            choice = both.choose({"low": scene, "high": scene})
            assert set(choice.familiarity) == {"low", "high"}
            right, total = right + (choice.skill == name), total + 1
    assert right / total > 0.9


def test_familiar_is_what_is_like_what_was_learned_from() -> None:
    brain = skill(0, 3)
    assert brain.familiarity is not None
    known, strange = (familiarity_of(brain, "board", boards(200, low, high, 5)) for low, high in ((0, 3), (3, 5)))
    assert 0.35 < known.mean() < 0.65 and (known < 0.02).float().mean() < 0.1
    assert (strange < 0.02).float().mean() > 0.9 and (strange > 0).all()
    again = Familiarity(**brain.familiarity.tensors())
    assert torch.equal(again(torch.ones(1, len(again.mean_F))), brain.familiarity(torch.ones(1, len(again.mean_F))))


def test_what_is_written_isnt_taken_for_sentences() -> None:
    columns = {"said": {"kind": "text", "unit": "words", "longest": 300}, "kind": COLUMNS["kind"]}
    brain = Brain(propose(columns, ["said"], ["kind"], source="any.csv", size=600_000), 0).eval()
    said, draw = brain.chart.senses["said"], np.random.default_rng(0)

    def sentences(count: int) -> SceneSet:
        """Few words often, most rarely (Zipf), of lengths that differ."""
        lengths = draw.integers(1, 40, count)
        return as_scenes([" ".join(f"w{min(n, 9_999)}" for n in draw.zipf(1.3, length)) for length in lengths])

    def as_scenes(written: list[str]) -> SceneSet:
        ragged = [said.encode(text) for text in written]
        values = np.full((len(ragged), max(map(len, ragged)), ragged[0].shape[1]), said.layout.void, dtype=np.int32)
        for row, one in zip(values, ragged, strict=True):
            row[: len(one)] = one
        return SceneSet.of({"said": values, "kind": np.zeros((len(ragged), 1), dtype=np.uint8)})

    brain.familiarity = familiarity_with(brain, sentences(500), sentences(200))
    mazes = as_scenes(["/".join("".join(draw.choice(["#", "."], 12)) for _ in range(2)) for _ in range(50)])
    assert (familiarity_of(brain, "said", sentences(200)) < 0.02).float().mean() < 0.06
    assert (familiarity_of(brain, "said", mazes) < 0.02).all()
    # It is the symbols that give mazes away: without them they look like sentences of a few unknown words.
    assert len(brain.familiarity.rarity_R) == BUCKETS
    nothing = torch.zeros(0)

    def looks(scenes: SceneSet) -> torch.Tensor:
        return features_of(brain, {"said": torch.from_numpy(scenes.values["said"])}, nothing)

    assert (
        Familiarity.of(looks(sentences(500)), looks(sentences(200)), nothing)(looks(mazes)) >= 0.02
    ).float().mean() > 0.5


def test_a_word_counts_for_less_where_the_scene_is_hardly_familiar() -> None:
    assert trust(1.0) == trust(0.5) == 1.0 and trust(0.3) == pytest.approx(0.982, abs=1e-3)
    assert trust(0.01) == pytest.approx(0.125, abs=1e-3) and 0 < trust(1e-9) < 1e-6
    one, other = skill(0, 3), skill(0, 5)
    one.reflection.shift.fill_(0.3)  # of two that trust themselves, one a little more
    other.reflection.shift.fill_(0.2)
    both = SkilledBrain("both", {"one": one, "other": other})
    for text in texts(boards(40, 0, 3, 9)):
        choice = both.choose(dict.fromkeys(("one", "other"), Scene({"board": text})))
        if len(choice.asked) == 2:
            worth = {name: choice.asked[name] * trust(choice.familiarity[name]) for name in choice.asked}
            assert choice.skill == max(worth, key=worth.__getitem__)


def test_familiarity_that_fits_nothing_is_refused(tmp_path: Path) -> None:
    brain = skill(0, 3)
    known = brain.familiarity
    assert known is not None
    scene = {"one": Scene({"board": "0" * 16})}
    for changed, words in (
        ({"rarity_R": torch.zeros(7)}, "counted by other senses"),
        ({name: getattr(known, name)[..., :5] for name in ("mean_F", "scale_F", "basis_MF")}, "with other senses"),
    ):
        brain.familiarity = Familiarity(**{**known.tensors(), **changed})
        with pytest.raises(FolderError, match=words):
            SkilledBrain("one", {"one": brain}).choose(scene)
    brain.familiarity = Familiarity(**{**known.tensors(), "variance_M": torch.ones(3)})
    save_brain(brain, tmp_path / "brain")
    with pytest.raises(FolderError, match=r"familiarity\.safetensors: the sizes of its tensors don't fit"):
        load_brain(tmp_path / "brain")


def test_few_scenes_are_enough_to_be_familiar_with() -> None:
    features = torch.randn(3, 40, generator=torch.Generator().manual_seed(0))
    found = Familiarity.of(features, features, torch.zeros(0))
    assert bool(found(features).isfinite().all()) and bool((found(features * 100) < 0.01).all())


def test_who_can_read_a_scene_is_asked_and_no_one_else() -> None:
    brain = SkilledBrain("one", {"low": skill(0, 3)})
    scene = Scene({"board": "0" * 16})
    assert brain.choose({"low": scene}).skill == "low" and brain.choose({"low": scene}).asked == {}
    with pytest.raises(DataError, match="none of the skills"):
        brain.choose({})
    (thought,) = brain.think([{"low": scene}])
    assert thought.skill == "low" and thought.to_json()["skill"] == "low" and thought.words().startswith("low, ")
    assert list(thought.to_json()["choice"]["familiarity"]) == ["low"] and thought.choice is not None


def test_where_nothing_was_measured_reflection_decides() -> None:
    one, other = skill(0, 3), skill(0, 3, seed=1)
    one.familiarity = other.familiarity = None
    one.reflection.shift.fill_(9.0)
    choice = SkilledBrain("both", {"one": one, "other": other}).choose(
        dict.fromkeys(("other", "one"), Scene({"board": "1" * 16}))
    )
    assert choice.skill == "one" and choice.asked["one"] > choice.asked["other"]


def test_asking_is_paid_for_and_hears_the_will() -> None:
    one, other = skill(0, 3), skill(0, 3, seed=1)
    one.familiarity = other.familiarity = None
    both = SkilledBrain("both", {"one": one, "other": other})
    scene = dict.fromkeys(("one", "other"), Scene({"board": "1" * 16}))
    wills = {name: WillSpec(confidence=1.0, ticks=128) for name in both.skills}
    (thought,) = both.think([scene], wills)
    assert thought.choice is not None
    (alone,) = think(both.skills[thought.choice.skill], [scene["one"]], wills["one"])
    assert thought.operations == alone.operations + thought.choice.operations and thought.choice.operations > 0
    assert thought.answer == alone.answer
    for share in (0.9, 0.6, 0.4):  # whoever is asked, enough is left for a thought
        allowed = int(share * thought.operations)
        limited = {name: will.model_copy(update={"operations": allowed}) for name, will in wills.items()}
        (cut,) = both.think([scene], limited)
        assert cut.choice is not None and cut.choice.operations <= allowed / 2 and cut.operations <= allowed
    assert thought.choice.seconds > 0 and thought.choice.paid(alone).seconds == alone.seconds + thought.choice.seconds
    assert thought.choice.left(WillSpec(operations=1, ms=1e-6)).operations == 1
    with pytest.raises(DataError, match="hears no goal"):
        both.choose(scene, {name: WillSpec(goal="go") for name in both.skills})


def test_merged_brains_answer_bit_for_bit_as_before(tmp_path: Path) -> None:
    brains = {"low": skill(0, 3), "high": skill(2, 5, width=30_000)}  # of different widths
    for name, brain in brains.items():
        save_brain(brain, tmp_path / name)
    folders, notes = gather([tmp_path / "low", tmp_path / "high"], ["low", "high"])
    write_skills(tmp_path / "both", "both", folders)
    merged = load_skills(tmp_path / "both")
    assert list(merged.skills) == ["low", "high"] and notes == []
    scenes = [Scene({"board": text}) for text in texts(boards(5, 0, 5, 3))]
    for name, brain in brains.items():
        before, after = think(brain, scenes), think(merged.skills[name], scenes)
        assert [t.confidence for t in before] == [t.confidence for t in after]
        assert [t.answer for t in before] == [t.answer for t in after]
    again, notes = gather([tmp_path / "both", tmp_path / "low"], [])
    assert list(again) == ["low", "high"] and "taken once" in notes[0]
    write_skills(tmp_path / "both", "both", again)  # over itself
    assert list(load_skills(tmp_path / "both").skills) == ["low", "high"]


def test_names_that_collide_are_numbered_and_impossible_ones_refused(tmp_path: Path) -> None:
    for number, brain in enumerate((skill(0, 3), skill(2, 5), skill(1, 4))):
        brain.chart = brain.chart.model_copy(update={"name": "same"})
        save_brain(brain, tmp_path / str(number))
    places = [tmp_path / str(number) for number in range(3)]
    folders, notes = gather(places, [])
    assert list(folders) == ["same", "same-2", "same-3"] and len(notes) == 2
    assert list(gather(places, ["one", "same"])[0]) == ["one", "same", "same-2"]
    for names, words in ((["A B"], "lower-case"), (["a", "a"], "one name"), (["a"] * 4, "4 names for 3")):
        with pytest.raises(LtmError, match=words):
            gather(places, names)


def test_damaged_and_exchanged_skills_are_refused_by_name(tmp_path: Path) -> None:
    for name, brain in (("low", skill(0, 3)), ("high", skill(2, 5))):
        save_brain(brain, tmp_path / name)
    whole = tmp_path / "both"

    def fresh() -> None:
        if not (whole / "mine.txt").exists() and not (whole / ".git").exists():
            shutil.rmtree(whole, ignore_errors=True)
        write_skills(whole, "both", {name: tmp_path / name for name in ("low", "high")})

    fresh()
    (whole / "skills" / "low").rename(whole / "aside")
    (whole / "skills" / "high").rename(whole / "skills" / "low")
    (whole / "aside").rename(whole / "skills" / "high")
    with pytest.raises(FolderError, match=r"low/brain.json.*exchanged"):
        folders_of(whole)
    with pytest.raises(LtmError, match=r"aside|damaged|exchanged|not what"):
        load_skills(whole)
    for file, words in (
        ("skills/low/familiarity.safetensors", "familiarity"),
        ("skills/high/chart.yaml", "chart.yaml"),
    ):
        fresh()
        (whole / file).write_bytes((whole / file).read_bytes()[:-1])
        with pytest.raises(FolderError, match=words):
            load_skills(whole)
    for text, words in (("{", "JSON|json"), (json.dumps({"format": 2, "name": "a", "skills": {}}), "format")):
        fresh()
        (whole / SKILLS).write_text(text)
        with pytest.raises(FolderError, match=words):
            load_skills(whole)
    fresh()
    (whole / "mine.txt").write_text("kept")
    with pytest.raises(LtmError, match=r"mine.txt"):
        fresh()
    (whole / "mine.txt").rename(whole / ".git")
    with pytest.raises(LtmError, match=r".git"):
        fresh()
    assert (whole / ".git").exists()


def test_familiarity_is_saved_with_the_brain(tmp_path: Path) -> None:
    brain = skill(0, 3)
    save_brain(brain, tmp_path / "brain")
    loaded, _ = load_brain(tmp_path / "brain")
    assert loaded.familiarity is not None and brain.familiarity is not None
    for name, tensor in brain.familiarity.tensors().items():
        assert torch.equal(loaded.familiarity.tensors()[name], tensor)


def test_a_file_is_read_by_every_skill_that_can(tmp_path: Path) -> None:
    senses = {
        "grids": dict(propose(COLUMNS, ["board"], ["kind"], source="any.csv").senses),
        "labels": {
            "board": propose(
                {"board": COLUMNS["kind"], "kind": COLUMNS["kind"]}, ["board"], ["kind"], source="x"
            ).senses["board"]
        },
    }
    file = tmp_path / "scenes.csv"
    file.write_text("board\n" + "0" * 16 + "\na\nwrong\n" + "1" * 16 + "\n")
    skipped: list[str] = []
    read = list(skilled_questions(senses, str(file), skipped.append))
    assert [set(one) for one in read] == [{"grids"}, {"labels"}, {"grids"}]
    assert len(skipped) == 1 and "scenes.csv:4: no skill can read this" in skipped[0] and "grids:" in skipped[0]
    with pytest.raises(DataError, match=":4: no skill can read this"):
        list(skilled_questions(senses, str(file)))
    assert [set(one) for one in skilled_questions(senses, "b")] == [{"labels"}]
