"""A little notation of its own, with everything a chart has, and texts in it that are wrong in one place."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, model_validator

from ltm.chart.base import Bytes, Name, Part
from ltm.chart.parse import parse
from ltm.errors import ChartError


class Plain(Part):
    kind: Literal["plain"]
    width: Annotated[int, Field(ge=1)] | None = None
    ring: bool = True
    mode: Literal["slow", "fast"] = "slow"
    pair: tuple[float, float] = (0.9, 0.95)
    budget: Bytes | None = None


class Box(Part):
    kind: Literal["box"]
    parts: Annotated[dict[Name, Piece], Field(min_length=1)]
    about: str = ""


Piece = Annotated[Plain | Box, Field(discriminator="kind")]
Box.model_rebuild()


class Loop(Part):
    ticks: int = 8
    last: int | None = None
    rate: Annotated[float, Field(gt=0)] = 3e-3
    names: tuple[str, ...] = ()
    switch: int | Literal["auto"] | None = None


class Whole(Part):
    pieces: Annotated[dict[Name, Piece], Field(min_length=1)]
    loop: Loop = Loop()
    about: str = ""

    @model_validator(mode="after")
    def _fits(self) -> Whole:
        if self.loop.last is not None and self.loop.last > self.loop.ticks:
            raise ValueError(f"loop.last ({self.loop.last}) exceeds loop.ticks ({self.loop.ticks})")
        return self


GOOD = "pieces:\n  a: {kind: plain}\n"


def refusal(text: str, model: type[Part] = Whole, **more: Any) -> str:
    with pytest.raises(ChartError) as caught:
        parse(text, model, **more)
    return str(caught.value)


# Text, and the first line of the message without `chart.yaml:`.
LOCATED = [
    (GOOD + "abuot: x\n", "3:1: unknown key 'abuot'; did you mean 'about'?"),
    (GOOD + "zzz: x\n", "3:1: unknown key 'zzz'; expected one of 'pieces', 'loop', 'about'"),
    (GOOD + "loop:\n  tiks: 3\n", "4:3: loop: unknown key 'tiks'; did you mean 'ticks'?"),
    ("about: x\n", "1:1: missing key 'pieces'"),
    ("pieces:\n  a:\n    width: 3\n", "2:3: pieces.a: missing key 'kind'; expected one of 'plain', 'box'"),
    (
        "pieces:\n  a:\n    kind: plane\n",
        "3:11: pieces.a.kind: expected one of 'plain', 'box', got 'plane'; did you mean 'plain'?",
    ),
    ("pieces:\n  a:\n    kind: plain\n    widht: 3\n", "4:5: pieces.a: unknown key 'widht'; did you mean 'width'?"),
    # The kind's name is not mistaken for a key, even where there is a key of that name.
    (
        "pieces:\n  b:\n    kind: box\n    parts:\n      plain: {kind: plain, ring: 3}\n",
        "5:34: pieces.b.parts.plain.ring: expected true or false, got 3",
    ),
    (
        "pieces:\n  b:\n    kind: box\n    parts:\n      c:\n        kind: plain\n        abuot: 3\n",
        "7:9: pieces.b.parts.c: unknown key 'abuot'; expected one of 'kind', 'width', 'ring', 'mode', 'pair', 'budget'",
    ),
    ("pieces:\n  b:\n    kind: box\n", "2:3: pieces.b: missing key 'parts'"),
    (
        "pieces:\n  a: {kind: plain, mode: fats}\n",
        "2:26: pieces.a.mode: expected one of 'slow' or 'fast', got 'fats'; did you mean 'fast'?",
    ),
    ("pieces:\n  a: {kind: plain, pair: [1]}\n", "2:20: pieces.a.pair: missing item '1'"),
    ("pieces:\n  a: {kind: plain, pair: [1, x]}\n", "2:30: pieces.a.pair.1: expected a number, got 'x'"),
    ("pieces:\n  a: {kind: plain, pair: [1, 2, 3]}\n", "2:26: pieces.a.pair: should have at most 2 items, not 3"),
    ("pieces:\n  a: {kind: plain, budget: 3 PB}\n", "2:20: pieces.a.budget: expected a size such as 2MB"),
    ("pieces:\n  Aa: {kind: plain}\n", "2:3: pieces.Aa: text should match pattern"),
    ("pieces: {}\n", "1:9: pieces: should have at least 1 item, not 0"),
    ("pieces: []\n", "1:9: pieces: expected keys with values, got a list of 0"),
    ("pieces:\n  a: 5\n", "2:6: pieces.a: expected keys with values, got 5"),
    ("pieces:\n", "1:8: pieces: expected keys with values, got nothing"),
    (GOOD + "loop: {rate: 0}\n", "3:14: loop.rate: expected greater than 0, got 0"),
    (GOOD + "loop: {ticks: 1.5}\n", "3:15: loop.ticks: expected a whole number, got 1.5"),
    (GOOD + "loop: {ticks: '8'}\n", "3:15: loop.ticks: expected a whole number, got '8'"),
    (GOOD + "loop: {ticks: true}\n", "3:15: loop.ticks: expected a whole number, got true"),
    (GOOD + "loop: {rate: .nan}\n", "3:14: loop.rate: expected a number, got '.nan'"),
    (GOOD + "loop: {names: [a, 1]}\n", "3:19: loop.names.1: expected text, got 1"),
    (GOOD + "loop: {names: a}\n", "3:15: loop.names: expected a list, got 'a'"),
    (GOOD + "loop:\n  ticks: 4\n  last: 5\n", "5:3: loop.last (5) exceeds loop.ticks (4)"),
    # YAML 1.1 would have made a boolean, an octal number, minutes in base 60 and a date of these.
    ("pieces:\n  a: {kind: plain, ring: no}\n", "2:26: pieces.a.ring: expected true or false, got 'no'"),
    (GOOD + "loop: {ticks: 010}\n", "3:15: loop.ticks: expected a whole number, got '010'"),
    (GOOD + "loop: {ticks: 12:30:00}\n", "3:15: loop.ticks: expected a whole number, got '12:30:00'"),
    (GOOD + "loop: {ticks: 0x10}\n", "3:15: loop.ticks: expected a whole number, got '0x10'"),
    # Not plain data, or not YAML.
    (GOOD + "about: &x y\n", "3:8: anchors and aliases"),
    (GOOD + "about: *x\n", "3:8: anchors and aliases"),
    ("<<: {about: x}\n" + GOOD, "1:1: unknown key '<<'"),
    (GOOD + "about: !!python/object/apply:os.system [ls]\n", "3:8: tags are not allowed in a chart"),
    (GOOD + "about: !mine x\n", "3:8: tags are not allowed in a chart"),
    (GOOD + "about: ! x\n", "3:8: tags are not allowed in a chart"),
    (GOOD + "about: x\nabout: y\n", "4:1: key 'about' appears twice"),
    (GOOD + "---\nabout: x\n", "3:1: expected one document, found a second one"),
    ("- a\n", "1:1: expected keys with values"),
    ("5\n", "1:1: expected keys with values"),
    ("? [a]\n: 1\n", "1:3: expected a word as key"),
    (GOOD + "about: [1\n", "4:1: not valid YAML: expected ',' or ']'"),
    (GOOD + "\tabout: x\n", "3:1: not valid YAML"),
    (GOOD + "about: @x\n", "3:8: not valid YAML"),
    (GOOD + "about: x\x00\n", "3:9: character U+0000 is not allowed in a chart"),
    (GOOD + "about: \x1b[31m\n", "3:8: character U+001B is not allowed in a chart"),
    (GOOD + 'about: "\\ud800"\n', "3:8: half of a surrogate pair"),
    (GOOD + 'about: "\\U99999999"\n', "3:11: not valid YAML"),
    (GOOD + "loop: {rate: 1e999}\n", "3:14: number 1e999 is too large"),
    (GOOD + f"loop: {{ticks: {'9' * 5000}}}\n", "3:15: a number of 5000 characters"),
    (GOOD + f"about: {'[' * 100}\n", "3:71: nested deeper than 64 levels"),
    ("- " * 100, "1:129: nested deeper than 64 levels"),
]
