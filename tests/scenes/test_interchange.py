"""Things that take one another's place: all columns tell of the same scene afterwards, and charts say it in place."""

from __future__ import annotations

import pytest
import torch

from ltm.acts.label import LabelActSpec
from ltm.chart.load import chart_from_text
from ltm.errors import ChartError
from ltm.scenes.interchange import interchange
from ltm.scenes.minigrid import COLOURED_THINGS, COLOURS, PLAIN, cells
from ltm.senses.grid import GridSpec
from ltm.senses.layout import VOID
from ltm.senses.sequence import SequenceSpec
from ltm.training.from_data import propose_for

BOARD = GridSpec(kind="grid", symbols=7)
WORDS = SequenceSpec(kind="sequence", tokens=("go", "red", "blue", "green"), unknown=True)
DEED = LabelActSpec(kind="label", labels=("red", "blue", "green", "wait"))
SPECS = {"board": BOARD, "goal": WORDS, "deed": DEED}
COLOURS_OF = {
    name: {"board": (first, first + 3), "goal": (name,), "deed": (name,)}
    for first, name in ((1, "red"), (2, "blue"), (3, "green"))
}


def scenes(batch: int) -> dict[str, torch.Tensor]:
    """Says `go red` and an unknown word, sees red things of both kinds beside another, and does `red`."""
    board = torch.tensor([[1, 4, 2], [0, 5, VOID]], dtype=torch.uint8)
    goal = torch.tensor([0, 1, 4, VOID], dtype=torch.uint8)
    deed = torch.tensor([0], dtype=torch.uint8)
    return {n: v.expand(batch, *v.shape).clone() for n, v in (("board", board), ("goal", goal), ("deed", deed))}


def test_all_columns_are_renamed_alike_and_everything_else_stays() -> None:
    before = scenes(600)
    after = interchange(before, SPECS, [COLOURS_OF], torch.Generator().manual_seed(0))
    board, goal, deed = after["board"].long(), after["goal"].long(), after["deed"].long()
    red = goal[:, 1] - 1  # what red has become
    assert torch.equal(board[:, 0, 0], red + 1)
    assert torch.equal(board[:, 0, 1], red + 4)
    assert torch.equal(deed[:, 0], red)
    assert torch.equal(board[:, 0, 2] + 3, board[:, 1, 1])
    assert bool((board[:, 0, 2] != board[:, 0, 0]).all())
    assert bool((board[:, 1, 0] == 0).all()) and bool((board[:, 1, 2] == VOID).all())
    assert goal[:, [0, 2, 3]].unique(dim=0).tolist() == [[0, 4, VOID]]
    assert min(torch.bincount(red, minlength=3).tolist()) > 150
    assert all(after[name].dtype == before[name].dtype for name in after)


def test_steps_of_a_scene_share_a_draw() -> None:
    one = scenes(50)["board"]
    steps = torch.stack((one, one, one), dim=1)
    after = interchange(
        {"board": steps}, SPECS, [{n: {"board": t["board"]} for n, t in COLOURS_OF.items()}], torch.Generator()
    )
    assert bool((after["board"] == after["board"][:, :1]).all())
    assert len(after["board"][:, 0].unique(dim=0)) == 6


def test_two_groups_compose() -> None:
    kinds = {"low": {"board": (1, 2, 3)}, "high": {"board": (4, 5, 6)}}
    colours = {n: {"board": t["board"]} for n, t in COLOURS_OF.items()}
    board = torch.arange(7, dtype=torch.uint8).view(1, 1, 7).expand(2000, 1, 7)
    after = interchange({"board": board}, SPECS, [colours, kinds], torch.Generator().manual_seed(1))["board"][
        :, 0
    ].long()
    assert bool((after.sort(dim=1).values == torch.arange(7)).all())
    assert len(after.unique(dim=0)) == 12
    assert bool(((after[:, 1:4] - after[:, 4:7]).abs() == 3).all())


def test_symbols_nested_in_brackets_keep_their_tree() -> None:
    spec = SequenceSpec(kind="sequence", tokens=("(", ")", "a", "b"), opening=("(",), closing=(")",))
    values = torch.from_numpy(spec.encode("( a b )"))[None].expand(40, -1, -1)
    group = {"one": {"said": ("a",)}, "other": {"said": ("b",)}}
    after = interchange({"said": values}, {"said": spec}, [group], torch.Generator().manual_seed(0))["said"]
    assert torch.equal(after[..., 1:], values[..., 1:])
    assert {tuple(row) for row in after[..., 0].tolist()} == {(0, 2, 3, 1), (0, 3, 2, 1)}


def test_minigrid_names_all_that_is_coloured() -> None:
    seen = sorted(symbol for thing in COLOURED_THINGS.values() for symbol in thing["view"])
    assert seen == [n for n, (kind, _, _) in enumerate(cells()) if kind not in PLAIN]
    for colour, thing in COLOURED_THINGS.items():
        assert {COLOURS[cells()[symbol][1]] for symbol in thing["view"]} == {colour}


def test_a_proposed_chart_says_so_unless_told_otherwise() -> None:
    chart, _ = propose_for("minigrid", [], [])
    assert set(chart.scenes.interchange[0]) == set(COLOURS)
    chart, _ = propose_for("minigrid", [], [], symmetries=[])
    assert chart.scenes.interchange == ()


CHART = """
senses: {board: {kind: grid, symbols: 7}, letters: {kind: grid, symbols: 4, alphabet: abcd}, size: {kind: number}}
acts: {deed: {kind: label, labels: [red, blue]}}
zones: {core: {kind: mixer, windows: [all]}}
scenes: {interchange: [%s]}
"""


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ("{red: {board: [1]}, blue: {board: [1]}}", "'red' too"),
        ("{red: {board: [1]}, blue: {board: [9]}}", "no symbol 9"),
        ("{red: {bord: [1]}, blue: {bord: [2]}}", "did you mean 'board'"),
        ("{red: {size: [1]}, blue: {size: [2]}}", "have symbols"),
        ("{red: {board: [1, 2]}, blue: {board: [3]}}", "each takes the place of one"),
        ("{red: {board: [1]}, blue: {deed: [blue]}}", "stands in"),
        ("{red: {board: [1, 1]}, blue: {board: [2, 3]}}", "listed twice"),
        ("{red: {}, blue: {}}", "in no column"),
        ("{red: {board: [1]}}", "at least 2"),
        ("{red: {letters: [1]}, blue: {letters: [2]}}", "no symbol 1"),
        ("{red: {letters: [ab]}, blue: {letters: [c]}}", "no symbol 'ab'"),
    ],
)
def test_what_a_chart_gets_wrong_is_said_in_place(group: str, words: str) -> None:
    with pytest.raises(ChartError, match="interchange") as problem:
        chart_from_text(CHART % group, "chart.yaml")
    assert words in str(problem.value)
