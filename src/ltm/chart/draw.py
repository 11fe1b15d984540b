"""The chart as a Mermaid flowchart, which GitHub and many editors render."""

from __future__ import annotations

from typing import Any

from ltm.chart.draw_wires import colour, coupling_words, rhythm_words, will_words, wires, zone_words
from ltm.chart.schema import Chart

_ESCAPES = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\n": " "}


def escape(text: str) -> str:
    """Makes any text safe inside a quoted Mermaid label."""
    return "".join(_ESCAPES.get(letter, letter) for letter in text.replace("#", "#35;"))


def mermaid(chart: Chart, sizes: dict[str, int] | None = None) -> str:
    """Draws senses, field, zones, couplings, acts, reflection and will as a Mermaid flowchart.

    Args:
        chart: what to draw.
        sizes: bytes of each zone's weights, where known.

    Returns:
        The text of the flowchart, without a code fence; solid arrows read and write the field, dotted ones read what
        the senses wrote, thick ones are direct couplings.
    """
    found = wires(chart)
    ids = {name: f"zone{place}" for place, name in enumerate(chart.zones)}
    lines = ["flowchart LR", '  subgraph senses["senses"]', "    direction TB"]
    lines += [f"    sense{place}[/{_label(name, _typed(spec))}/]" for place, (name, spec) in _ordered(chart.senses)]
    lines += ["  end", f"  field[({_label('field', [f'width {chart.field.width}'])})]", '  subgraph zones["zones"]']
    lines += [f"    {ids[name]}({_label(name, _about(chart, name, sizes))})" for name in chart.zones]
    lines += ["  end", '  subgraph acts["acts"]', "    direction TB"]
    lines += [f"    act{place}[\\{_label(name, _typed(spec))}\\]" for place, (name, spec) in _ordered(chart.acts)]
    lines += [
        "  end",
        f"  reflection{{{{{_label('reflection', [chart.reflection.kind])}}}}}",
        f"  will[{_label('will', will_words(chart))}]",
    ]
    lines += [f"  sense{place} --> field" for place in range(len(chart.senses))]
    for name, node in ids.items():
        reads, writes = name in found.reads_field, name in found.writes_field
        if reads or writes:
            lines.append(f"  field {'<-->' if reads and writes else '-->' if reads else '<--'} {node}".replace(
                f"field <-- {node}", f"{node} --> field"))
        if name in found.reads_input:
            lines.append(f"  senses -.-> {node}")
    lines += [f"  {ids[source]} ==> {ids[to]}" for source, to in found.hears]
    lines += [f"  field --> act{place}" for place in range(len(chart.acts))]
    lines += ["  field --> reflection", "  reflection --> will"]
    lines.append(f"  wave>{_label('wave', [rhythm_words(chart, found), coupling_words(chart, found)])}]")
    for place, kind in enumerate(sorted({spec.kind for spec in chart.zones.values()})):
        fill, line = colour(kind)
        members = ",".join(ids[name] for name, spec in chart.zones.items() if spec.kind == kind)
        lines += [f"  classDef kind{place} fill:{fill},stroke:{line},color:#1d2530", f"  class {members} kind{place}"]
    return "\n".join(lines) + "\n"
