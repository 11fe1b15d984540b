"""Windows that group sites across senses."""

from __future__ import annotations

from ltm.zones.places import Places


def test_cells_are_the_same_place_in_every_sense() -> None:
    places = Places(((2, 3), (2, 2)), prefix=1)
    groups = places.groups("cells").tolist()
    before, after = groups[1:7], groups[7:]
    assert groups[0] not in before + after
    assert after == [before[0], before[1], before[3], before[4]]
    assert len(set(before)) == 6
