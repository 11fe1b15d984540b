"""Everything that `ltm scale` says, as data: estimates in groups, what people say checked, and what it all rests on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ltm.catalog.estimate import (
    BRAIN,
    ENERGY_GUESSED,
    ENERGY_MEASURED,
    SHARES,
    THINKING,
    TOKENS,
    Estimate,
    Formula,
    World,
    formula_named,
)
from ltm.catalog.quantity import BrainFigures, KnownModel, Quantity, Said, exactly
from ltm.errors import LtmError, nearest

if TYPE_CHECKING:
    from ltm.catalog.thinking_cost import Thinking, Weight

_SCALE = {"": 1.0, "K": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "T": 1e12}
_COUNT = re.compile(r"(\d+(?:\.\d+)?(?:e\d+)?)\s*([KMBGT]?)", re.IGNORECASE)


@dataclass(frozen=True)
class Checked:
    """What people say, beside what the ranges say.

    Attributes:
        said: the saying.
        computed: the same formula with what whoever says it assumes.
        estimate: the formula with published ranges.
        percentile: how many of 100 draws are at most what is said.
        outside: quantities that whoever says it takes beyond their range.
    """

    said: Said
    computed: float
    estimate: Estimate
    percentile: float
    outside: tuple[str, ...]


@dataclass
class Group:
    """Estimates about one thing, with the quantities they rest on and facts that need no estimate."""

    title: str
    estimates: list[Estimate]
    quantities: dict[str, Quantity]
    facts: dict[str, tuple[float, str, str]] = field(default_factory=dict)
    """By name: value, unit, and how it is known."""
    notes: list[str] = field(default_factory=list)


def parse_parameters(text: str) -> float:
    """Turns `100M`, `1.5B`, `2T`, `14e6` or `124,439,808` into a number of parameters.

    Raises:
        LtmError: it is none of these, or not between 1 and 10^18.
    """
    match = _COUNT.fullmatch(text.strip().replace(",", "").replace("_", ""))
    number = float(match.group(1)) * _SCALE[match.group(2).upper()] if match else 0.0
    if not 1 <= number <= 1e18:
        raise LtmError(f"{text[:60]!r}: expected a number of parameters such as 100M or 1.5B")
    return number


def find_model(figures: BrainFigures, word: str, active: str | None) -> tuple[str, KnownModel]:
    """Returns the model that `--model` means: a number of parameters, or a model that is known by name.

    Raises:
        LtmError: neither; names the nearest. Or more parameters are said to be active than there are.
    """
    names = {name.lower(): name for name in figures.models}
    if word.lower() in names:
        name = names[word.lower()]
        model = figures.models[name]
    elif not word[:1].isdigit():
        close = nearest(word.lower()[:60], names)
        for lower, name in names.items():
            close = close.replace(f"'{lower}'", f"'{name}'")
        known = ", ".join(figures.models)
        raise LtmError(f"--model {word[:60]}: expected a number such as 100M or 1.5B, or one of {known}{close}")
    else:
        name, model = word, KnownModel(parameters=_asked("--model", word), sources=("asked",))
    if active is not None:
        model = model.model_copy(update={"active": _asked("--active", active)})
    if model.active is not None and model.active > model.parameters:
        raise LtmError(f"--active {active}: more than the model's {model.parameters:.4g} parameters")
    return name, model


def _asked(option: str, text: str) -> float:
    try:
        return parse_parameters(text)
    except LtmError as problem:
        raise LtmError(f"{option} {problem}") from None


def about_brain(world: World) -> Group:
    """Estimates the brain."""
    return _group("The human brain", world, {}, BRAIN)


def about_model(world: World, name: str, model: KnownModel, asked: bool = False) -> Group:
    """Estimates what share of a brain a language model is; `asked` says that its active part was told by hand."""
    active = model.active or model.parameters
    dense = "A token uses all of them." if model.active is None else "A token uses so many of them."
    source = "asked" if asked else model.sources[0]
    given = {
        "parameters": exactly(model.parameters, "parameters", f"Of {name}.", model.sources[0]),
        "active_parameters": exactly(active, "parameters", dense, source),
    }
    group = _group(f"{name}: {model.parameters:.4g} parameters", world, given, (*SHARES, *TOKENS))
    group.notes.append("One parameter is taken for one synapse; nothing shows that they are worth the same.")
    return group


def about_folder(world: World, name: str, weight: Weight, thinking: Thinking | None, budget: str, scenes: str) -> Group:
    """Says what a brain folder weighs and costs, and what share of a brain it is.

    Args:
        world: the quantities.
        name: of the brain.
        weight: what was counted.
        thinking: what was measured; None where there was nothing to think about.
        budget: what the will allows, in words.
        scenes: what it thought about, in words.
    """
    at_most = ", at most" if weight.at_most else ", mean over a cycle"
    counted = f"counted for {weight.sites} sites{at_most}"
    facts = {
        "bytes": (float(weight.bytes), "B", f"{weight.parameters:,} weights, as stored"),
        "active_bytes": (weight.active_bytes, "B", f"active a tick: zones that fire, coupling, wave{at_most}"),
        "tick_operations": (weight.tick_operations, "", f"operations a tick, {counted}"),
    }
    given = {
        "parameters": exactly(weight.parameters, "parameters", f"Of {name}.", "counted"),
        "active_parameters": exactly(weight.active_parameters, "parameters", f"At a tick{at_most}.", "counted"),
        "bytes_per_parameter": exactly(
            weight.bytes / weight.parameters,
            "B",
            "As stored; pretrained models' weights aren't in the folder.",
            "counted",
        ),
    }
    formulas: tuple[Formula, ...] = SHARES
    notes = []
    if thinking is None:
        notes.append(f"No thought was measured: its scenes come from a file; name one with --scenes. Will: {budget}.")
    else:
        many = "1 thought" if thinking.thoughts == 1 else f"{thinking.thoughts} thoughts"
        mean = f"mean of {many} about {scenes}, one at a time; will: {budget}"
        facts["ticks"] = (thinking.ticks, "", f"ticks until the kept answer, {mean}")
        facts["thought_operations"] = (thinking.operations, "", "operations a thought, counted as it fired")
        facts["thought_seconds"] = (thinking.seconds, "s", "a thought takes, by the clock")
        given["thought_operations"] = exactly(thinking.operations, "operations", f"{mean.capitalize()}.", "counted")
        energy = ENERGY_GUESSED if thinking.joules is None else ENERGY_MEASURED
        formulas = (*SHARES, *THINKING, *energy)
        if thinking.joules is None:
            cores = thinking.cpu_seconds / thinking.seconds
            busy = f"Processor time of all threads, {mean}; {cores:.1f} cores busy."
            given["thought_cpu_seconds"] = exactly(thinking.cpu_seconds, "s", busy, "measured")
            notes.append(f"Energy is ESTIMATED, not measured: {thinking.why_not}.")
        else:
            whole = "The whole processor's, whatever else it did meanwhile; memory where it is counted."
            given["measured_joules"] = exactly(thinking.joules, "J", whole, "measured")
    group = _group(f"{name}: {weight.parameters:,} parameters", world, given, formulas)
    group.facts, group.notes = facts, notes
    return group


def _group(title: str, world: World, given: Mapping[str, Quantity], formulas: Iterable[Formula]) -> Group:
    inside = world.with_quantities(given)
    estimates = [inside.estimate(formula) for formula in formulas]
    needed = [name for estimate in estimates for name in estimate.formula.quantities]
    return Group(title, estimates, {name: inside.quantities[name] for name in dict.fromkeys(needed)})


def check_said(world: World, figures: BrainFigures) -> list[Checked]:
    """Compares what people say with the ranges; what they assume is used for `computed` only."""
    checked = []
    for said in figures.said:
        formula = formula_named(said.figure)
        around = world
        if said.model is not None:
            model = exactly(said.model, "parameters", "Of the model in question.", said.sources[-1])
            around = around.with_quantities({"parameters": model, "active_parameters": model})
        assumed = {
            name: exactly(value, world.quantities[name].unit, "Assumed.", said.sources[0])
            for name, value in said.assuming.items()
        }
        computed = around.with_quantities(assumed).estimate(formula).typical
        estimate = around.estimate(formula)
        ranges = ((name, value, world.quantities[name]) for name, value in said.assuming.items())
        outside = tuple(name for name, value, quantity in ranges if not quantity.low <= value <= quantity.high)
        checked.append(Checked(said, computed, estimate, estimate.percentile(said.value), outside))
    return checked


def estimate_json(estimate: Estimate) -> dict[str, Any]:
    """Returns an estimate as plain data."""
    formula = estimate.formula
    return {
        "says": formula.says,
        "unit": formula.unit,
        "typical": estimate.typical,
        "low": estimate.low,
        "high": estimate.high,
        "p5": estimate.quantile(0.05),
        "p50": estimate.quantile(0.5),
        "p95": estimate.quantile(0.95),
        "factor": formula.factor,
        "times": list(formula.times),
        "over": list(formula.over),
    }


def group_json(group: Group) -> dict[str, Any]:
    """Returns a group as plain data."""
    return {
        "title": group.title,
        "facts": {name: {"value": v, "unit": u, "known": how} for name, (v, u, how) in group.facts.items()},
        "figures": {estimate.formula.name: estimate_json(estimate) for estimate in group.estimates},
        "quantities": {name: quantity.model_dump(mode="json") for name, quantity in group.quantities.items()},
        "notes": group.notes,
    }


def checked_json(checked: Checked) -> dict[str, Any]:
    """Returns a checked saying as plain data."""
    told = checked.said.model_dump(mode="json")
    return told | {
        "computed": checked.computed,
        "percentile": checked.percentile,
        "outside": list(checked.outside),
        "low": checked.estimate.low,
        "high": checked.estimate.high,
        "p5": checked.estimate.quantile(0.05),
        "p95": checked.estimate.quantile(0.95),
    }
