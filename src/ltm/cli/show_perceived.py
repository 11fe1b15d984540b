"""Shows what was perceived: what was read, what was in doubt, the answer, and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from ltm.brain.perceive import DOUBTED, Coupled
from ltm.brain.perceived import Perceived
from ltm.cli.render import on_one_line, plain_of, safe
from ltm.cli.render_picture import picture

if TYPE_CHECKING:
    from ltm.scenes.pictured import Picture

MOST_DOUBTS = 8
"""Pictures in doubt that are listed."""
DRAWN = 2
"""Pictures in doubt that are drawn, where the thought isn't sure."""


def show_perceived(
    coupled: Coupled, found: Perceived, pictures: Sequence[Picture], console: Console | None = None
) -> None:
    """Prints a thought about pictures.

    Args:
        coupled: who perceived it.
        found: what came of it.
        pictures: what was seen, in order.
        console: where to print; standard output when absent.
    """
    from ltm.cli.show_thought import show_thought
    from ltm.scenes.scene import Scene

    console = console or Console(soft_wrap=True)
    plain = plain_of(console)
    there = sum(one is not None for one in pictures)
    doubted = sum(one.likely < DOUBTED for one in found.doubts)
    lines = [f"{there} pictures read, {there - doubted} of them without doubt"]
    changed = sum(one.changed for one in found.doubts)
    if found.readings > 1:
        again = f"{changed} taken for something else in the end" if changed else "none taken for anything else"
        lines.append(f"{found.readings} readings tried; {again}")
    for words in lines:
        console.print(Text(safe(words, plain)))
    for one in found.doubts[:MOST_DOUBTS]:
        console.print(Text(f"  {safe(one.words(), plain)}", "yellow" if one.changed else "bright_black"))
    if len(found.doubts) > MOST_DOUBTS:
        console.print(Text(f"  and {len(found.doubts) - MOST_DOUBTS} more", "bright_black"))
    (sense,) = coupled.mind.chart.senses
    console.print(Text.assemble((f"{sense}  ", "bold"), safe(on_one_line(found.reading), plain)), soft_wrap=True)
    show_thought(coupled.mind, Scene({sense: found.reading}), found.thought, console)
    if not found.thought.sure and found.doubts:
        worst = found.doubts[:DRAWN]
        places = " and of ".join(one.place for one in worst)
        console.print(Text(safe(f"not sure, above all of {places}:", plain), "red"))
        for one in worst:
            pixels = pictures[one.cell]
            if pixels is not None:
                console.print(picture(pixels, console, min(console.width, 2 * pixels.shape[1])))
                console.print(Text(safe(one.place, plain), "bright_black"))


def line_of(found: Perceived, where: str) -> str:
    """Returns one line: answers, confidence, readings tried, pictures in doubt, and where the pictures are."""
    answer = "\t".join(on_one_line(value) for value in found.thought.answer.values())
    return f"{answer}\t{found.thought.confidence:.4f}\t{found.readings}\t{len(found.doubts)}\t{where}"
