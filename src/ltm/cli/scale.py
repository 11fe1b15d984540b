"""`ltm scale`: the brain as a model, and models as shares of a brain."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ltm.cli.brain_folder import Memory, Pins, fetched, refuse_several, require_outside

if TYPE_CHECKING:
    from ltm.catalog.estimate import World
    from ltm.catalog.quantity import BrainFigures, KnownModel
    from ltm.catalog.scale_report import Group
    from ltm.catalog.thinking_cost import Weight
    from ltm.chart.schema import Chart, WillSpec
    from ltm.scenes.store import SceneSet

THOUGHTS = 8
"""That are measured, unless told."""


def scale(
    brain: Annotated[Path | None, typer.Argument(help="A brain folder to weigh.", callback=fetched)] = None,
    model: Annotated[
        str | None, typer.Option(help="A language model: its parameters (100M, 1.5B), or a name such as GPT-3.")
    ] = None,
    active: Annotated[str | None, typer.Option(help="With --model: parameters that a token uses (32B).")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Fix a quantity: synapses=1e15. May be repeated.")
    ] = None,
    scenes: Annotated[
        str | None, typer.Option(help="What the brain thinks about: a file, or a built-in source (sudoku, maze).")
    ] = None,
    thoughts: Annotated[
        int | None, typer.Option(min=1, max=1000, help="Thoughts to measure, at most 20 seconds; 8 unless told.")
    ] = None,
    memory: Memory = None,
    pin: Pins = None,
    plot: Annotated[Path | None, typer.Option(help="Write a picture of sizes, .png or .svg.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of the draws, and of scenes that are made.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Say how large a brain is, with ranges and sources, and what share of it a model or a brain folder is.

    Example: ltm scale --model 1.5B --set synapses=1e15
    """
    from ltm.catalog.estimate import World
    from ltm.catalog.quantity import shipped_figures, with_settings
    from ltm.catalog.scale_report import about_brain, about_model, check_said, checked_json, find_model, group_json
    from ltm.cli.show_scale import References, show_group, show_references, show_said
    from ltm.cli.training import console_of

    _check(brain, model, active, {"scenes": scenes, "thoughts": thoughts, "memory": memory, "pin": pin}, plot)
    figures = shipped_figures()
    world = World(with_settings(figures.quantities, settings or []), seed)
    console = console_of(stderr=as_json)
    groups: dict[str, Group] = {}
    found = None
    if model is not None:
        found = find_model(figures, model, active)
        groups["model"] = about_model(world, *found, asked=active is not None)
    weight = None
    if brain is not None:
        with console.status("thinking"):
            groups["folder"], weight = _weigh(world, brain, scenes, thoughts or THOUGHTS, seed, memory, pin or [])
    if not groups:
        groups["brain"] = about_brain(world)
    said = check_said(world, figures) if "brain" in groups else []
    for name in (setting.partition("=")[0].strip() for setting in settings or []):
        if not any(_set_by_hand(group, name) for group in groups.values()):
            typer.echo(f"ltm: --set {name} changes nothing of what is shown here", err=True)
    if as_json:
        whole: dict[str, Any] = {"seed": seed, **{name: group_json(group) for name, group in groups.items()}}
        whole |= {"said": [checked_json(row) for row in said]} if said else {}
        typer.echo(json.dumps(whole | {"sources": figures.sources}, indent=1, ensure_ascii=False))
    else:
        references = References()
        for group in groups.values():
            show_group(group, references, console)
        if said:
            show_said(said, references, figures.sources, console)
        show_references(references, figures.sources, seed, console)
    if plot is not None:
        named = None if brain is None or weight is None else (brain.resolve().name[:24], weight)
        _draw(world, figures, found, named, plot)
        console.print(f"wrote {plot}", highlight=False, markup=False)


def _set_by_hand(group: Group, name: str) -> bool:
    return name in group.quantities and "set-by-hand" in group.quantities[name].sources


def _check(
    brain: Path | None,
    model: str | None,
    active: str | None,
    of_folder: Mapping[str, object],
    plot: Path | None,
) -> None:
    from ltm.errors import LtmError

    if active is not None and model is None:
        raise LtmError("--active says how many parameters of a --model a token uses; name the model too")
    for option, said in of_folder.items() if brain is None else ():
        if said is not None:
            raise LtmError(f"--{option} is for a brain folder that thinks; name the folder too")
    if plot is not None and plot.suffix.lower() not in (".png", ".svg"):
        raise LtmError(f"--plot {plot}: expected a name that ends in .png or .svg")
    if plot is not None and brain is not None:
        require_outside(plot, brain, option="--plot")
    if plot is not None and not plot.parent.is_dir():
        raise LtmError(f"--plot {plot}: there is no folder {plot.parent}")


def _weigh(
    world: World, folder: Path, source: str | None, thoughts: int, seed: int, memory: str | None, pins: list[str]
) -> tuple[Group, Weight]:
    from ltm.catalog.scale_report import about_folder
    from ltm.catalog.thinking_cost import time_thoughts, weigh
    from ltm.runtime.folder import inspect_folder
    from ltm.runtime.paged import open_brain
    from ltm.scenes.sources import find_source

    refuse_several(folder, "weigh")
    loaded, record = open_brain(folder, memory, pins)
    weight = replace(weigh(loaded.chart), bytes=inspect_folder(folder).weight_bytes)
    scenes = _scenes(loaded.chart, source, thoughts, seed)
    thinking = None if scenes is None else time_thoughts(loaded, scenes, seed)
    named = source or loaded.chart.scenes.source or ""
    words = f"{named} scenes of seed {seed}" if find_source(named) else f"scenes of {Path(named).name}"
    return about_folder(world, record["name"], weight, thinking, _budget(loaded.chart.will), words), weight


def _budget(will: WillSpec) -> str:
    tries = f"{will.tries} {'try' if will.tries == 1 else 'tries'}"
    return f"until {will.confidence:g} sure, at most {will.ticks} ticks, {tries}"


def _scenes(chart: Chart, source: str | None, count: int, seed: int) -> SceneSet | None:
    """Returns scenes to think about; None where the brain learned from a file and none was named."""
    import numpy as np

    from ltm.errors import DataError
    from ltm.scenes.prepare import generate_scenes, read_scenes
    from ltm.scenes.sources import check_named, find_source

    named = source or chart.scenes.source
    if source is None and find_source(named) is None:
        return None
    if source is None or find_source(source) is not None:
        return generate_scenes(chart, count, seed, source, part="test", left_out=[])
    check_named(source)
    read = read_scenes(chart, source).train
    if not len(read):
        raise DataError(f"{source}: no scenes in it")
    return read.take(np.arange(min(count, len(read))))


def _draw(
    world: World,
    figures: BrainFigures,
    asked: tuple[str, KnownModel] | None,
    weighed: tuple[str, Weight] | None,
    path: Path,
) -> None:
    """Draws the sizes of the brain, of the known models and the asked one, and of brains: shipped, and weighed."""
    from ltm.catalog.estimate import formula_named
    from ltm.catalog.thinking_cost import weigh
    from ltm.chart.load import load_chart
    from ltm.cli.plot_scale import Size, sizes_picture
    from ltm.runtime.shipped import shipped_brain

    rows = []
    for name, words in (("brain_bytes", "whole brain"), ("active_bytes", "active at once"), ("area_bytes", "one area")):
        estimate = world.estimate(formula_named(name))
        middle = (estimate.quantile(0.05), estimate.quantile(0.95))
        rows.append(Size(words, estimate.typical, estimate.low, estimate.high, "brain", middle))
    width = world.quantities["bytes_per_parameter"]
    models = dict(figures.models) | ({asked[0]: asked[1]} if asked else {})
    rows += [
        Size(name, m.parameters * width.typical, m.parameters * width.low, m.parameters * width.high, "model")
        for name, m in sorted(models.items(), key=lambda item: -item[1].parameters)
    ]
    own = {"sudoku (shipped)": weigh(load_chart(shipped_brain() / "chart.yaml"))}
    own |= {"maze (chart)": weigh(load_chart("maze"))}
    own |= {weighed[0]: weighed[1]} if weighed else {}
    rows += [Size(name, w.bytes, w.bytes, w.bytes, "ours") for name, w in own.items()]
    sizes_picture(rows, path)
