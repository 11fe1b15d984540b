"""`ltm plan`: from a wish to charts, predictions, and the commands that make the brain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ltm.plan.search import BrainPlan

THIS = "this"


def plan(
    skills: Annotated[
        str, typer.Option(help="What it shall be able to do, such as sudoku,vision,language; --list names all.")
    ] = "sudoku",
    memory: Annotated[str | None, typer.Option(help="Bytes of all weights in fp32 at most, such as 100MB.")] = None,
    latency: Annotated[str | None, typer.Option(help="Time of a thought at most, such as 200ms.")] = None,
    energy: Annotated[str | None, typer.Option(help="Energy of a thought at most, such as 2J; estimated.")] = None,
    minutes: Annotated[
        float | None, typer.Option(min=0.05, max=10**5, help="Minutes of training in all; what is enough unless told.")
    ] = None,
    device: Annotated[
        str, typer.Option(help="Where it shall think: this machine, or a file that --calibrate wrote on another.")
    ] = THIS,
    data: Annotated[
        list[str] | None, typer.Option(help="SKILL=FILE: scenes of your own, such as language=plays.txt.")
    ] = None,
    see: Annotated[list[str] | None, typer.Option(help="SKILL=COLUMN that is seen, where the file is a table.")] = None,
    do: Annotated[list[str] | None, typer.Option(help="SKILL=COLUMN that is to be answered.")] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of weights, order and noise.")] = 0,
    from_scratch: Annotated[
        bool, typer.Option("--from-scratch", help="Learn all here: no brain that ships, no pretrained models.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Chart file to write; of several skills one each, beside it.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    cortex: Annotated[
        bool, typer.Option("--cortex", help="One brain of zones named after areas of the cortex, fractally coupled.")
    ] = False,
    recalibrate: Annotated[bool, typer.Option("--recalibrate", help="Measure this machine anew.")] = False,
    calibrate: Annotated[
        Path | None, typer.Option(help="Write what was measured of this machine to a file, to plan for it elsewhere.")
    ] = None,
    list_skills: Annotated[bool, typer.Option("--list", help="List the skills.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Plan a brain from a wish: which zones, how large, what to train on what, and what thinking will take here.

    Bytes and operations are exact. Times come from a measurement of this machine that takes half a minute and is kept.
    A wish that can't be granted is answered with the bound that binds, by how much, and what would fit.

    Example: ltm plan --skills sudoku,vision,language --memory 100MB --latency 200ms -o chart.yaml
    """
    from ltm.cli.show_plan import show_plan
    from ltm.cli.training import console_of
    from ltm.errors import LtmError
    from ltm.plan.calibration import calibration, read_calibration, write_calibration
    from ltm.plan.cortex import plan_cortex
    from ltm.plan.search import plan as search
    from ltm.plan.wish import Wish, parse_data, parse_energy, parse_latency, parse_memory
    from ltm.plan.written import as_data

    if list_skills:
        if as_json:
            raise LtmError("--list and --json: the list is for people; skills stand in the docs, too")
        _list()
        return
    if device != THIS and recalibrate:
        raise LtmError(f"--recalibrate: measures this machine, while --device {device[:60]} plans for another")
    if out is not None:
        _check([out], force)
    console, aside = console_of(), console_of(stderr=True)

    def say(words: str) -> None:
        aside.print(words, highlight=False, markup=False)

    wish = Wish(
        tuple(word.strip() for word in skills.split(",") if word.strip()),
        parse_memory(memory),
        parse_latency(latency),
        parse_energy(energy),
        minutes,
        parse_data(data or [], see or [], do or []),
        seed,
        from_scratch,
    )
    if device != THIS and not Path(device).exists():
        raise LtmError(f"--device {device[:60]}: expected this, or a file that ltm plan --calibrate wrote there")
    machine = calibration(recalibrate, say) if device == THIS else read_calibration(Path(device))
    if calibrate is not None:
        write_calibration(machine, calibrate)
        say(f"wrote {calibrate}; elsewhere: ltm plan --device {calibrate.name}")
    folder = Path() if out is None else out.parent
    found = (plan_cortex if cortex else search)(wish, machine, folder)
    written = [] if out is None else _write(found, out, force)
    shown = out or Path("chart.yaml")
    if as_json:
        typer.echo(json.dumps(as_data(found, shown), indent=1))
        return
    show_plan(found, shown, console)
    if written:
        console.print(f"wrote {', '.join(str(file) for file in written)}", highlight=False, markup=False)
    else:
        console.print("nothing is written yet: -o chart.yaml", highlight=False, markup=False)


def _check(files: list[Path], force: bool) -> None:
    """Refuses to write over what is there, or what would not be read as a chart."""
    from ltm.errors import LtmError

    for file in files:
        if file.suffix not in (".yaml", ".yml"):
            raise LtmError(f"--out {file}: expected a name that ends in .yaml")
        if file.exists() and not force:
            raise LtmError(f"{file}: exists; use --force to replace it")


def _write(found: BrainPlan, out: Path, force: bool) -> list[Path]:
    from ltm.plan.written import files, write_charts

    _check(list(files(found, out).values()), force)
    return write_charts(found, out)


def _list() -> None:
    from ltm.plan.skills import SKILLS

    for name, skill in SKILLS.items():
        taught = skill.source or "your own scenes: --data"
        known = "" if skill.measured is None else f"; {skill.measured.told()}"
        typer.echo(f"{name:10} {skill.about} ({taught}){known}")
