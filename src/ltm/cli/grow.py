"""`ltm grow`: a brain gains a skill and keeps those it has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def grow(
    brain: Annotated[Path, typer.Argument(help="A brain folder, of one skill or several.")],
    scenes: Annotated[str, typer.Option(help="What to learn from: a file, or a built-in source.")],
    name: Annotated[str, typer.Option(help="What to call the new skill.")],
    see: Annotated[list[str] | None, typer.Option(help="Column that is seen, as for ltm fit.")] = None,
    do: Annotated[list[str] | None, typer.Option(help="Column that is to be answered.")] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Skill whose zones the new one starts from, instead of from scratch.")
    ] = None,
    minutes: Annotated[float, typer.Option(min=0.05, max=10**5, help="Minutes of training.")] = 15.0,
    size: Annotated[str, typer.Option(help="At most this many bytes of weights for the new skill.")] = "2MB",
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of weights, order and noise.")] = 0,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Count unreadable rows instead of stopping.")] = False,
) -> None:
    """Let a brain gain a skill; what it could do before, it does bit for bit as before.

    The skill is trained beside the brain, which is replaced as a whole once that is done: an interrupted attempt leaves
    it as it was, and the same command goes on with it.

    Example: ltm grow brain/ --scenes digits.npz --see images --do labels --name digits --minutes 5
    """
    from ltm.chart.dump import dump
    from ltm.chart.load import load_chart
    from ltm.cli.training import console_of, run_training
    from ltm.errors import LtmError, nearest
    from ltm.runtime.brains import load_brain
    from ltm.training.from_data import name_of, propose_for
    from ltm.training.grow import add_skill, check_new, has_begun, nursery, start_from
    from ltm.training.run_folder import run_folder

    console = console_of()
    if name != name_of(Path(name)):
        raise LtmError(f"--name {name}: expected a lower-case word such as {name_of(Path(name))!r}")
    folders = check_new(brain, name)
    if start is not None and start not in folders:
        raise LtmError(f"--from {start}: the brain's skills are {', '.join(folders)}{nearest(start, folders)}")
    place = nursery(brain, name)
    run = run_folder(place)
    if has_begun(brain, name):
        console.print(f"going on with '{name}', which was interrupted", highlight=False, markup=False)
        chart = load_chart(run / "chart.yaml")
    else:
        chart, notes = propose_for(
            scenes, see or [], do or [], size=size, minutes=minutes, seed=seed, out=place, skip_bad=skip_bad
        )
        for note in notes:
            console.print(f"  {note}", highlight=False, markup=False)
        console.rule("proposed chart", style="dim")
        console.print(dump(chart), highlight=False, markup=False)
        console.rule(style="dim")
    first = None
    if start is not None:
        first, copied = start_from(chart, load_brain(folders[start])[0], start)
        console.print(f"starting from '{start}': zones {', '.join(copied)}", highlight=False, markup=False)
    if not (place / "brain.json").exists():  # it is there where only the last step was missed
        run_training(
            chart, place, run, fresh=True, skip_bad=skip_bad, console=console, weights=first, again="the same command"
        )
    add_skill(brain, name, place)
    console.print(f"{brain}/ has {len(folders) + 1} skills: {', '.join([*folders, name])}", highlight=False)
