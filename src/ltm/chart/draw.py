"""The chart as a Mermaid flowchart, which GitHub and many editors render."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ltm.chart.draw_wires import colour, coupling_words, kind, rhythm_words, will_words, wires, zone_words
from ltm.chart.schema import Chart

_ESCAPES = {"&": "#amp;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\n": " "}


def escape(text: str) -> str:
    """Makes any text safe inside a quoted Mermaid label."""
    return "".join(_ESCAPES.get(letter, letter) for letter in text.replace("#", "#35;"))


def _label(name: str, words: Sequence[str]) -> str:
    small = "<br/>".join(escape(word) for word in words if word)
    return f'"<b>{escape(name)}</b><br/>{small}"'


def ranges(phases: Sequence[int]) -> str:
    """Writes 0, 1, 2, 5 as `0-2, 5`."""
    runs: list[list[int]] = []
    for phase in sorted(set(phases)):
        if runs and phase == runs[-1][1] + 1:
            runs[-1][1] = phase
        else:
            runs.append([phase, phase])
    return ", ".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)


def _about(chart: Chart, name: str, sizes: Mapping[str, int] | None) -> list[str]:
    roles = chart.zones[name].roles
    plays = [f"roles: {', '.join(roles)}"] if len(roles) > 1 else []
    times = [
        f"{role} at ticks {ranges(spec.phases or (0,))} of {spec.period}"
        for role, spec in roles.items()
        if spec.period is not None and chart.wave.policy == "rhythm"
    ]
    return zone_words(chart, name, sizes) + plays + times


def mermaid(chart: Chart, sizes: Mapping[str, int] | None = None) -> str:
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
    lines += [
        f"    sense{place}[/{_label(name, [spec.words()])}/]" for place, (name, spec) in enumerate(chart.senses.items())
    ]
    lines += ["  end", f"  field[({_label('field', [f'width {chart.field.width}'])})]", '  subgraph zones["zones"]']
    lines += [f"    {ids[name]}({_label(name, _about(chart, name, sizes))})" for name in chart.zones]
    lines += ["  end", '  subgraph acts["acts"]', "    direction TB"]
    lines += [
        f"    act{place}[\\{_label(name, [spec.words()])}\\]" for place, (name, spec) in enumerate(chart.acts.items())
    ]
    lines += [
        "  end",
        f"  reflection{{{{{_label('reflection', [chart.reflection.kind])}}}}}",
        f"  will[{_label('will', will_words(chart))}]",
    ]
    lines += [f"  sense{place} --> field" for place in range(len(chart.senses))]
    for name, node in ids.items():
        reads, writes = name in found.reads_field, name in found.writes_field
        if reads:
            lines.append(f"  field {'<-->' if writes else '-->'} {node}")
        elif writes:
            lines.append(f"  {node} --> field")
        if name in found.reads_input:
            lines.append(f"  senses -.-> {node}")
    pairs = set(found.hears)
    for source, to in found.hears:
        if (to, source) not in pairs or source == to:
            lines.append(f"  {ids[source]} ==> {ids[to]}")
        elif ids[source] < ids[to]:
            lines.append(f"  {ids[source]} <==> {ids[to]}")
    lines += [f"  field --> act{place}" for place in range(len(chart.acts))]
    lines += ["  field --> reflection", "  reflection --> will"]
    lines.append(f"  wave>{_label('wave', [rhythm_words(chart, found), coupling_words(chart, found)])}]")
    for place, word in enumerate(sorted({kind(spec) for spec in chart.zones.values()})):
        fill, line = colour(word)
        members = ",".join(ids[name] for name, spec in chart.zones.items() if kind(spec) == word)
        lines += [f"  classDef kind{place} fill:{fill},stroke:{line},color:#1d2530", f"  class {members} kind{place}"]
    return "\n".join(lines) + "\n"
