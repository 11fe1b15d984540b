"""Shows what `ltm scale` found: two lines a figure, then a numbered list of what it all rests on. Fits 80 columns."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from ltm.catalog.estimate import SAMPLES, Estimate, Formula
from ltm.catalog.quantity import Quantity
from ltm.catalog.scale_report import Checked, Group
from ltm.cli.render import plain_of, safe

WIDE = 79
_PREFIXES = {
    -18: "a",
    -15: "f",
    -12: "p",
    -9: "n",
    -6: "u",
    -3: "m",
    0: "",
    3: "k",
    6: "M",
    9: "G",
    12: "T",
    15: "P",
    18: "E",
}


def amount(value: float, unit: str = "") -> str:
    """Writes a number with three digits for people: `88.1 TB`, `2.1 pJ`, `0.0015 %`, `1.9e+04`."""
    if unit == "share":
        percent = 100 * value
        return f"{percent:.3g} %" if percent == 0 or percent >= 1e-4 else f"{percent:.1e} %"
    if not unit and 0.01 <= value < 1e5:
        return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
    power = 3 * math.floor(math.log10(value) / 3 + 1e-9)
    if value / 10.0**power >= 999.5:
        power += 3
    if (power < 0 and unit in ("", "B")) or power not in _PREFIXES:
        return f"{value:.2e} {unit}".strip()
    number = f"{value / 10.0**power:.3g}"
    return f"{number} {_PREFIXES[power]}{unit}".strip()


class References:
    """Numbers quantities in the order in which they are first mentioned."""

    def __init__(self) -> None:
        self.cited: dict[str, tuple[str, Quantity]] = {}

    def number(self, name: str, quantity: Quantity) -> int:
        """Returns the number of a quantity; one that has another value elsewhere gets a number of its own."""
        key = f"{name}={quantity.low:g}:{quantity.typical:g}:{quantity.high:g}"
        self.cited.setdefault(key, (name, quantity))
        return list(self.cited).index(key) + 1


def show_group(group: Group, references: References, console: Console) -> None:
    """Prints a group: facts, then each estimate with its formula, then notes."""
    plain = plain_of(console)
    _line(console, group.title, "bold", plain)
    for value, unit, how in group.facts.values():
        _wrapped(console, f"{amount(value, unit):>11}  {how}", " " * 13, "default", plain)
    if group.facts:
        console.print()
    _line(console, f"{'':27}{'typical':>10}  {'5-95 % of draws':>19}  {'range':>19}", "bright_black", plain)
    for estimate in group.estimates:
        _line(console, _row(estimate), "default", plain)
        words = formula_words(estimate.formula, group.quantities, references)
        _wrapped(console, f"  = {words}", "    ", "bright_black", plain)
    for note in group.notes:
        _wrapped(console, note, "  ", "yellow", plain)
    console.print()


def _row(estimate: Estimate) -> str:
    unit = estimate.formula.unit
    middle = _span(estimate.quantile(0.05), estimate.quantile(0.95), unit)
    whole = _span(estimate.low, estimate.high, unit)
    return f"{estimate.formula.says:<27}{amount(estimate.typical, unit):>10}  {middle:>19}  {whole:>19}"


def _span(low: float, high: float, unit: str) -> str:
    if math.isclose(low, high, rel_tol=1e-9):
        return "exact"
    first, last = _short(low, unit), _short(high, unit)
    word, same = last.partition(" ")[2], first.partition(" ")[2]
    return f"{first.partition(' ')[0] if word == same else first} - {last}"


def _short(value: float, unit: str) -> str:
    return amount(float(f"{value:.2g}"), unit)


def formula_words(formula: Formula, quantities: Mapping[str, Quantity], references: References) -> str:
    """Writes a formula with the number of each quantity: `synapses [1] × bits_per_synapse [2] / 8`."""

    def cite(name: str) -> str:
        return f"{name} [{references.number(name, quantities[name])}]"

    up = [cite(name) for name in formula.times]
    down = [cite(name) for name in formula.over]
    if formula.factor > 1:
        up.append(f"{formula.factor:g}")
    elif formula.factor < 1:
        down.append(f"{1 / formula.factor:g}")
    below = " × ".join(down)
    below = f"({below})" if len(down) > 1 else below
    return " × ".join(up or ["1"]) + (f" / {below}" if down else "")


def show_said(checked: list[Checked], references: References, sources: Mapping[str, str], console: Console) -> None:
    """Prints what people say, what it comes to as they assume, and where it lies among the draws."""
    plain = plain_of(console)
    _line(console, "What is said, and where it lies", "bold", plain)
    _line(console, f"{'':28}{'computed':>10}  {'5-95 % of draws':>21}  {'percentile':>10}", "bright_black", plain)
    for row in checked:
        unit = row.estimate.formula.unit
        middle = _span(row.estimate.quantile(0.05), row.estimate.quantile(0.95), unit)
        line = f"{row.said.says:<28}{amount(row.computed, unit):>10}  {middle:>21}  {row.percentile:>10.0f}"
        _line(console, line, "default", plain)
        given = [f"{name} = {value:g}" for name, value in row.said.assuming.items()]
        given += [f"outside the range of {name}" for name in row.outside]
        how = f"assuming {', '.join(given)}" if given else "from typical values"
        _wrapped(
            console,
            f"  {how}. Source: {'; '.join(sources[s] for s in row.said.sources)}",
            "    ",
            "bright_black",
            plain,
        )
    words = (
        "Computed: as assumed. Percentile: how many of 100 draws from the published ranges are at most what is said."
    )
    _wrapped(console, words, "  ", "bright_black", plain)
    console.print()


def show_references(references: References, sources: Mapping[str, str], seed: int, console: Console) -> None:
    """Prints what each number stands for: value, range, distribution, assumption, source."""
    plain = plain_of(console)
    _line(console, "What it rests on", "bold", plain)
    for number, (name, quantity) in enumerate(references.cited.values(), 1):
        unit = "" if quantity.unit == "share" else f" {quantity.unit}"
        spread = "" if quantity.kind == "exact" else f" ({quantity.low:g} to {quantity.high:g}, {quantity.kind})"
        _wrapped(console, f"[{number}] {name}: {quantity.typical:.6g}{unit}{spread}", "     ", "default", plain)
        cited = "; ".join(sources[source] for source in quantity.sources)
        _wrapped(console, f"     {quantity.assumption} Source: {cited}.", "     ", "bright_black", plain)
    words = (
        f"Ranges are products of ends (interval arithmetic). Draws: {SAMPLES:,}, seed {seed}, quantities independent "
        "of one another. Change one with --set, such as --set synapses=1e15."
    )
    _wrapped(console, words, "  ", "bright_black", plain)


def _line(console: Console, words: str, style: str, plain: bool) -> None:
    console.print(Text(safe(words, plain), style))


def _wrapped(console: Console, words: str, indent: str, style: str, plain: bool) -> None:
    first = words[: len(words) - len(words.lstrip())]
    for line in textwrap.wrap(words.strip(), WIDE, initial_indent=first, subsequent_indent=indent):
        _line(console, line, style, plain)
