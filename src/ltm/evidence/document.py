"""The report as blocks, which become Markdown, and one HTML page that needs nothing beside itself."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from ltm.evidence.readings import Reading


@dataclass(frozen=True)
class Heading:
    """A heading; 1 is the document's title."""

    level: int
    words: str


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of plain words."""

    words: str


@dataclass(frozen=True)
class Points:
    """A list of points."""

    words: Sequence[str]


@dataclass(frozen=True)
class Row:
    """Cells of a table, and the readings that their figures come from."""

    cells: Sequence[str]
    readings: Sequence[Reading] = ()


@dataclass(frozen=True)
class Table:
    """A table; where any row has readings, a last column leads to the file of each."""

    head: Sequence[str]
    rows: Sequence[Row]

    @property
    def traced(self) -> bool:
        """Whether there is a column of runs."""
        return any(row.readings for row in self.rows)


@dataclass(frozen=True)
class Image:
    """A picture that is drawn from the table beside it; the name is that of its file, without ending."""

    name: str
    words: str


Block = Heading | Paragraph | Points | Table | Image


def sources(row: Row) -> list[tuple[str, Reading]]:
    """Returns a link's word and a reading for each part of a file that a row's figures come from, each part once.

    Where they are of several arms, the first word of each says which.
    """
    found: dict[tuple[Path, str], Reading] = {}
    for reading in row.readings:
        found.setdefault((reading.file, reading.part), reading)
    several, before, words = len({reading.arm for reading in found.values()}) > 1, "", list[str]()
    for reading in found.values():
        label = reading.label.removeprefix("seed ")
        words.append(f"{reading.arm}: {label}" if several and reading.arm != before else label)
        before = reading.arm
    return list(zip(words, found.values(), strict=True))


def markdown(blocks: Sequence[Block], folder: Path, ending: str = "svg") -> str:
    """Returns the report as Markdown; pictures and results are files beside it.

    Args:
        blocks: of the report.
        folder: that it will lie in, from which links lead.
        ending: of the pictures' files.
    """
    return "\n".join(line for block in blocks for line in _markdown(block, folder, ending)).strip() + "\n"


def _markdown(block: Block, folder: Path, ending: str) -> Iterator[str]:
    if isinstance(block, Heading):
        yield from ("#" * block.level + " " + block.words, "")
    elif isinstance(block, Paragraph):
        yield from (block.words, "")
    elif isinstance(block, Points):
        yield from (*(f"- {words}" for words in block.words), "")
    elif isinstance(block, Image):
        yield from (f"![{block.words}]({block.name}.{ending})", "")
    else:
        head = [*block.head, "runs"] if block.traced else list(block.head)
        yield from (f"| {' | '.join(head)} |", "|" + "---|" * len(head))
        for row in block.rows:
            cells = [cell.replace("|", "\\|") for cell in row.cells]
            if block.traced:
                cells.append(" ".join(f"[{word}]({link(reading, folder)})" for word, reading in sources(row)))
            yield f"| {' | '.join(cells)} |"
        yield ""


def link(reading: Reading, folder: Path) -> str:
    """Returns where a reading's file lies, seen from a folder."""
    return Path(os.path.relpath(reading.file.resolve(), folder.resolve())).as_posix()


_STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1d2530; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0; font-size: .86rem; display: block; overflow-x: auto }
th, td { border-bottom: 1px solid #dde2e8; padding: .25rem .6rem; text-align: left; vertical-align: top }
th { color: #5b6675; font-weight: 600 }
figure { margin: 1.5rem 0 } figure svg { max-width: 100%; height: auto } figcaption { color: #5b6675 }
pre { white-space: pre-wrap; font-size: .75rem; background: #f6f8fa; padding: .5rem }
"""


def html(blocks: Sequence[Block], title: str, pictures: Mapping[str, str], texts: Mapping[str, str]) -> str:
    """Returns the report as one page, with its pictures and the text of every run in it.

    Args:
        blocks: of the report.
        title: of the page.
        pictures: SVG elements by name.
        texts: the part of a result file that figures come from, by the anchor of its readings.
    """
    parts = [
        "<!doctype html>",
        f'<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title><style>{_STYLE}</style></head>',
        "<body>",
        *(line for block in blocks for line in _html(block, pictures)),
        "<h2>The runs</h2><p>Every figure above leads to one of these.</p>",
        *(
            f'<details id="{escape(anchor)}"><summary>{escape(anchor.removeprefix("run-"))}</summary>'
            f"<pre>{escape(text)}</pre></details>"
            for anchor, text in texts.items()
        ),
        "<script>addEventListener('hashchange', open_run); open_run();"
        "function open_run() { const run = location.hash && document.getElementById(location.hash.slice(1));"
        " if (run && run.tagName === 'DETAILS') { run.open = true; run.scrollIntoView() } }</script>",
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def _html(block: Block, pictures: Mapping[str, str]) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"<h{block.level}>{escape(block.words)}</h{block.level}>"
    elif isinstance(block, Paragraph):
        yield f"<p>{_plain(block.words)}</p>"
    elif isinstance(block, Points):
        yield "<ul>" + "".join(f"<li>{_plain(words)}</li>" for words in block.words) + "</ul>"
    elif isinstance(block, Image):
        yield f"<figure>{pictures[block.name]}<figcaption>{escape(block.words)}</figcaption></figure>"
    else:
        head = [*block.head, "runs"] if block.traced else list(block.head)
        yield "<table><tr>" + "".join(f"<th>{escape(word)}</th>" for word in head) + "</tr>"
        for row in block.rows:
            cells = [_plain(cell) for cell in row.cells]
            if block.traced:
                links = (f'<a href="#{escape(reading.anchor)}">{escape(word)}</a>' for word, reading in sources(row))
                cells.append(" ".join(links))
            yield "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"
        yield "</table>"


def _plain(words: str) -> str:
    """Returns words with what Markdown marks as code or bold marked likewise."""
    parts = escape(words, quote=False).split("`")
    coded = "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))
    bold = coded.split("**")
    return "".join(f"<b>{part}</b>" if number % 2 else part for number, part in enumerate(bold))
