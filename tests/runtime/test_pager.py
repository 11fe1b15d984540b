"""Zones on disk: whatever fires, under whatever budget, answers are those of the brain fully loaded, to the bit."""

from __future__ import annotations

import copy
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from paged_case import WAVES, ZONES, answers, brain_in_waves, sizes
from tiny import brain_with, puzzles
from torch import Tensor

from ltm.brain.familiarity import Familiarity, features_of, rarity_of
from ltm.errors import FolderError, LtmError
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.paged import open_paged, open_paged_skills
from ltm.runtime.pager import Lodging, Pager, size_of, vacate
from ltm.runtime.skills import load_skills, write_skills

# Made once: no test changes them.
MADE = {name: brain_with(ZONES).circuit.zone(name) for name in ZONES}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("paged")
    for wave in WAVES:
        save_brain(brain_in_waves(wave), place / wave)
    return {wave: place / wave for wave in WAVES}


@pytest.mark.parametrize("wave", WAVES)
def test_answers_are_those_of_the_brain_fully_loaded(folders: dict[str, Path], wave: str) -> None:
    folder = folders[wave]
    each = sizes(folder)
    known = answers(load_brain(folder)[0], 9)
    for budget in (max(each.values()), max(each.values()) * 2, sum(each.values())):
        paged, _ = open_paged(folder, budget)
        pager = paged.circuit.residence
        assert isinstance(pager, Pager) and pager.here == ()
        assert all(torch.equal(one, other) for one, other in zip(known, answers(paged, 9), strict=True))
        assert pager.paging.peak_bytes <= budget and pager.used <= budget
        fired = pager.paging.hits + pager.paging.misses
        assert fired > 0 and pager.paging.bytes_read >= each[pager.here[0]]
        if budget == sum(each.values()):
            assert pager.paging.evictions == 0
            assert len(pager.here) <= pager.paging.misses + pager.paging.ahead + len(pager._coming)
        pager.close()


@given(
    names=st.lists(st.sampled_from(sorted(ZONES)), min_size=1, max_size=40),
    share=st.floats(0.0, 1.0),
    ahead=st.integers(0, 3),
    pins=st.sets(st.sampled_from(sorted(ZONES)), max_size=2),
    wrong=st.lists(st.sampled_from(sorted(ZONES)), max_size=3),
)
def test_any_sequence_under_any_budget(
    names: list[str], share: float, ahead: int, pins: set[str], wrong: list[str]
) -> None:
    each = {name: size_of(zone) for name, zone in MADE.items()}
    weights = {name: dict(zone.state_dict()) for name, zone in MADE.items()}
    zones = {name: copy.deepcopy(zone) for name, zone in MADE.items()}
    for zone in zones.values():
        vacate(zone)
    least = sum(each[name] for name in pins) + max(each[name] for name in ZONES if name not in pins)
    budget = round(least + share * (sum(each.values()) - least))
    read: list[str] = []

    def load(name: str) -> Mapping[str, Tensor]:
        read.append(name)
        return weights[name]

    pager = Pager(zones, load, budget, sorted(pins))
    for place, name in enumerate(names):
        if ahead:
            # What is expected may come, in part, or something else.
            pager.expect([*wrong[: place % 3], *names[place : place + ahead]])
        pager.need(name)
        assert pager.used <= budget
        assert name in pager.here
        state = zones[name].state_dict()
        assert all(torch.equal(state[key], tensor) for key, tensor in weights[name].items())
        gone = [other for other in ZONES if other not in pager.here]
        assert all(weight.is_meta for other in gone for weight in zones[other].parameters())
        assert pager.paging.hits + pager.paging.misses == place + 1
    for pin in pins & set(names):
        assert pin in pager.here
    assert pager.paging.peak_bytes <= budget
    for coming in pager._coming.values():
        coming.result()
    assert pager.paging.bytes_read == sum(each[name] for name in read) - sum(each[name] for name in pager._coming)
    pager.close()


def five(room: int, pins: Sequence[str] = (), gone: str = "") -> tuple[Pager, list[str]]:
    """A pager of five equal zones with room for some, of which one may be gone; and the names that it reads."""
    zones = {name: brain_with({n: {"kind": "mixer"} for n in "abcde"}).circuit.zone(name) for name in "abcde"}
    weights = {name: dict(zone.state_dict()) for name, zone in zones.items()}
    read: list[str] = []

    def load(name: str) -> Mapping[str, Tensor]:
        if name == gone:
            raise FolderError(f"{name}: gone")
        read.append(name)
        return weights[name]

    return Pager(zones, load, room * size_of(zones["a"]), pins), read


def test_the_least_recently_needed_leaves_first() -> None:
    pager, read = five(2)
    for name in "abacab":
        pager.need(name)
    # c sends b away, as a was needed since; b then sends c.
    assert read == ["a", "b", "c", "b"] and pager.here == ("a", "b") and pager.paging.evictions == 2
    pager.expect(["a", "c"])
    assert pager.here == ("a",)
    pager.need("a")
    pager.close()  # what is on its way comes first
    pager.need("c")
    assert pager.paging.ahead == 1 and read[-1] == "c" and pager.here == ("a", "c")


def test_who_fires_soonest_is_sent_away_last() -> None:
    pager, read = five(4)
    for name in "bcde":
        pager.need(name)
    pager.expect(list("abcde"))  # of which the last fires at the next tick
    for name in "abcd":
        pager.need(name)
    assert read == list("bcdea") and set(pager.here) == set("abcd") and pager.paging.evictions == 1
    pager.close()


def test_who_fires_at_this_tick_and_the_next_stays_for_both() -> None:
    pager, read = five(2)
    pager.need("a")
    pager.need("b")
    pager.expect(["a", "c", "a", "c"])
    pager.need("a")
    pager.need("c")
    assert set(pager.here) == {"a", "c"} and read == ["a", "b", "c"]
    pager.close()


def test_what_was_expected_in_vain_and_can_not_be_read_stops_nobody() -> None:
    pager, read = five(1, gone="a")
    pager.expect(["a"])
    pager.need("b")
    assert pager.here == ("b",) and read == ["b"] and pager.paging.vain == 0
    with pytest.raises(FolderError, match="a: gone"):
        pager.need("a")
    pager.close()


def test_once_closed_nothing_is_read_ahead_and_what_is_needed_still_comes() -> None:
    pager, read = five(5)
    pager.expect(list("abc"))
    pager.close()
    pager.close()
    pager.expect(["d"])
    for name in "abcde":
        pager.need(name)
    assert sorted(read) == list("abcde") and set(pager.here) == set("abcde")


def test_what_is_pinned_stays_even_where_it_was_sent_for_and_another_is_needed() -> None:
    pager, _ = five(2, ["a"])
    pager.expect(["a", "b"])
    pager.need("c")
    pager.need("a")
    assert set(pager.here) == {"a", "c"} and pager.paging.ahead == 1
    pager.close()


def test_a_budget_that_can_not_hold_a_zone_says_what_would(folders: dict[str, Path]) -> None:
    each = sizes(folders["all"])
    largest = max(each, key=each.__getitem__)
    with pytest.raises(LtmError, match=rf"zone '{largest}' takes .*at least {each[largest]:,} bytes are needed"):
        open_paged(folders["all"], each[largest] - 1)
    other = next(name for name in each if name != largest)
    least = each[largest] + each[other]
    with pytest.raises(LtmError, match=rf"beside the .* of pinned zones; at least {least:,}"):
        open_paged(folders["all"], least - 1, [other])
    with pytest.raises(LtmError, match="--pin smal: no such zone; did you mean 'small'"):
        open_paged(folders["all"], least, ["smal"])


def blank_its_end(folder: Path) -> None:
    file = folder / "zones" / "large.safetensors"
    data = file.read_bytes()
    file.write_bytes(data[:-100] + bytes(100))


def truncated(kept: float) -> Callable[[Path], None]:
    def truncate(folder: Path) -> None:
        file = folder / "zones" / "large.safetensors"
        os.truncate(file, int(kept * file.stat().st_size))

    return truncate


def grow_huge(folder: Path) -> None:
    os.truncate(folder / "zones" / "large.safetensors", 10**12)  # of which nothing lies on disk


def turn_into_a_pipe(folder: Path) -> None:
    delete(folder)
    os.mkfifo(folder / "zones" / "large.safetensors")


def exchange(folder: Path) -> None:
    shutil.copy(folder / "zones" / "small.safetensors", folder / "zones" / "large.safetensors")


def delete(folder: Path) -> None:
    (folder / "zones" / "large.safetensors").unlink()


HARMS = [
    blank_its_end,
    *map(truncated, (0.0, 0.001, 0.5, 0.999)),
    grow_huge,
    exchange,
    delete,
    *([turn_into_a_pipe] if hasattr(os, "mkfifo") else []),
]


@pytest.mark.parametrize("read_before", [False, True])
@pytest.mark.parametrize("harm", HARMS)
def test_a_zone_file_that_changes_meanwhile_is_named(
    folders: dict[str, Path], tmp_path: Path, harm: Callable[[Path], None], read_before: bool
) -> None:
    shutil.copytree(folders["rhythm"], tmp_path / "brain")
    paged, _ = open_paged(tmp_path / "brain", max(sizes(tmp_path / "brain").values()))
    if read_before:
        answers(paged, 6)
    harm(tmp_path / "brain")
    with pytest.raises(FolderError, match=r"large\.safetensors"):
        answers(paged, 6)


def test_two_may_page_one_brain_and_eight_bits_too(folders: dict[str, Path], tmp_path: Path) -> None:
    whole, _ = load_brain(folders["rhythm"])
    whole.int8 = True
    save_brain(whole, tmp_path / "small")
    known = answers(load_brain(tmp_path / "small")[0], 6)
    budget = max(sizes(tmp_path / "small").values())
    one, other = (open_paged(tmp_path / "small", budget)[0] for _ in range(2))
    for paged in (one, other, one):
        assert all(torch.equal(a, b) for a, b in zip(known, answers(paged, 6), strict=True))


def test_skills_share_one_budget(folders: dict[str, Path], tmp_path: Path) -> None:
    write_skills(tmp_path / "both", "both", {name: folders[name] for name in ("rhythm", "random")})
    each = sizes(folders["rhythm"])
    budget = max(each.values()) + each["small"]
    skilled = open_paged_skills(tmp_path / "both", budget, ["random/small"])
    for name, brain in skilled.skills.items():
        known = answers(load_brain(folders[name])[0], 6)
        assert all(torch.equal(one, other) for one, other in zip(known, answers(brain, 6), strict=True))
    lodging = skilled.skills["rhythm"].circuit.residence
    assert isinstance(lodging, Lodging) and lodging.paging == skilled.skills["random"].circuit.residence.paging
    assert lodging.paging.peak_bytes <= budget and lodging.paging.evictions > 0
    with pytest.raises(LtmError, match=r"--pin random/smal: no such zone; did you mean 'random/small'\?"):
        open_paged_skills(tmp_path / "both", budget, ["random/smal"])
    with pytest.raises(LtmError, match="a brain of several skills"):
        open_paged(tmp_path / "both", budget)
    (tmp_path / "both" / "skills" / "random" / "zones" / "large.safetensors").unlink()
    with pytest.raises(FolderError, match=r"large\.safetensors"):
        open_paged_skills(tmp_path / "both", budget)


def test_what_is_familiar_is_known_with_zones_on_disk_too(tmp_path: Path) -> None:
    for name, seed in (("one", 0), ("two", 1)):
        brain = brain_with({"core": {"kind": "mixer"}})
        known, others = (puzzles(count, seed) for count in (40, 20))
        rarity = rarity_of(brain, [known])
        brain.familiarity = Familiarity.of(
            features_of(brain, known, rarity), features_of(brain, others, rarity), rarity
        )
        save_brain(brain, tmp_path / name)
    write_skills(tmp_path / "both", "both", {name: tmp_path / name for name in ("one", "two")})
    whole, paged = load_skills(tmp_path / "both"), open_paged_skills(tmp_path / "both", 10**6)
    for name in ("one", "two"):
        loaded, here = whole.skills[name].familiarity, paged.skills[name].familiarity
        assert loaded is not None and here is not None
        assert all(torch.equal(tensor, here.tensors()[part]) for part, tensor in loaded.tensors().items())


def test_nothing_of_a_zone_that_left_stays(folders: dict[str, Path]) -> None:
    each = sizes(folders["rhythm"])
    brain, _ = open_paged(folders["rhythm"], max(each.values()))
    pager, zone = brain.circuit.residence, brain.circuit.zone("stateful")
    assert isinstance(pager, Pager) and zone.start_O is not None
    stays = zone.start_O.untyped_storage().data_ptr()
    pager.need("stateful")
    room = {weight.untyped_storage().data_ptr() for weight in zone.parameters()}
    assert stays not in room
    pager.need(max(each, key=each.__getitem__))
    assert "stateful" not in pager.here
    assert zone.start_O.untyped_storage().data_ptr() == stays
    pager.close()
