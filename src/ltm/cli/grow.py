"""`ltm grow`: a brain gains a skill and keeps those it has."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ltm.cli.brain_folder import Changed, ChangedBrain, to_change
from ltm.cli.scene_options import Buffer, Count, SourceOptions, Streamed, Symmetry, symmetries_of

if TYPE_CHECKING:
    from rich.console import Console

    from ltm.chart.schema import Chart
    from ltm.scenes.store import SceneSet

KEEP = ("frozen", "rehearse")
LOSS = 1.0
"""Points that an earlier skill may lose, unless told."""


def grow(
    brain: ChangedBrain,
    scenes: Annotated[str, typer.Option(help="What to learn from: a file, or a built-in source.")],
    name: Annotated[
        str, typer.Option("--name", "--zone", help="What to call the new skill, and the group of its zones.")
    ],
    out: Changed = None,
    see: Annotated[
        list[str] | None, typer.Option(help="Column that is seen, as for ltm fit; else those of a skill that fits.")
    ] = None,
    do: Annotated[list[str] | None, typer.Option(help="Column that is to be answered; likewise.")] = None,
    keep: Annotated[
        str,
        typer.Option(
            help="frozen: earlier skills stay bit for bit; rehearse: they share zones with the new one, and rehearse."
        ),
    ] = "frozen",
    share: Annotated[
        list[str] | None,
        typer.Option(help="With rehearse: skill whose zones to share; else the newest with like ones, if it pays."),
    ] = None,
    loss: Annotated[
        float | None,
        typer.Option(min=0.0, max=100.0, help="With rehearse: points that an earlier skill may lose; 1 unless told."),
    ] = None,
    reuse: Annotated[
        list[str] | None,
        typer.Option(help="SKILL or SKILL/ZONE: earlier zones that the new skill uses as they are, beside its own."),
    ] = None,
    start: Annotated[
        str | None, typer.Option("--from", help="Skill whose zones the new one starts from, instead of from scratch.")
    ] = None,
    symmetry: Symmetry = None,
    option: SourceOptions = None,
    count: Count = None,
    stream: Streamed = False,
    buffer: Buffer = None,
    minutes: Annotated[float, typer.Option(min=0.05, max=10**5, help="Minutes of training.")] = 15.0,
    size: Annotated[str, typer.Option(help="At most this many bytes of weights for the new skill.")] = "2MB",
    seed: Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Of weights, order and noise.")] = 0,
    replay: Annotated[
        str, typer.Option(help="Bytes of scenes that the new skill keeps, to rehearse them later; 0: none.")
    ] = "200KB",
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Count unreadable rows instead of stopping.")] = False,
) -> None:
    """Let a brain gain a skill; what it could do before, it does bit for bit as before, or rehearses.

    The skill is trained beside the brain, which is replaced as a whole once that is done: an interrupted attempt leaves
    it as it was, and the same command goes on with it. With --keep rehearse, an earlier skill that lost more than
    --loss leaves it as it was too, with exit code 5. With -o the grown brain is written there, and the other stays.

    Example: ltm grow brain/ --scenes digits.npz --see images --do labels --name digits --minutes 5
    """
    from ltm.chart.scenes import PIPE
    from ltm.cli.training import console_of, run_training
    from ltm.errors import LtmError
    from ltm.runtime.alone import alone
    from ltm.runtime.skills import folders_of
    from ltm.scenes.options import parse_options
    from ltm.scenes.prepare_stream import scenes_of
    from ltm.scenes.sources import check_named, find_source, settled
    from ltm.scenes.stream import sample_of
    from ltm.training.forgetting import EARLIER, changes, refuse_forgetting
    from ltm.training.from_data import name_of, propose_for
    from ltm.training.grow import add_skill, check_new, nursery
    from ltm.training.growth import Growth
    from ltm.training.run_folder import run_folder
    from ltm.training.skill_for import columns_like_earlier
    from ltm.training.trial import LEAST, seconds_of_trial

    console = console_of()
    if name != name_of(Path(name)):
        raise LtmError(f"--name {name}: expected a lower-case word such as {name_of(Path(name))!r}")
    _check_keep(keep, share, reuse, loss)
    loss = LOSS if loss is None else loss
    found = to_change(brain, out, "grow")
    final = out or found
    folders = check_new(found, name, out)
    if not see and not do and scenes != PIPE and find_source(scenes) is None:
        check_named(scenes)
        see, do, like = columns_like_earlier(folders, scenes)
        words = " ".join([*(f"--see {column}" for column in see), *(f"--do {column}" for column in do)])
        console.print(f"columns as of skill '{like}': {words}", highlight=False, markup=False)
    place = nursery(final, name)
    run = run_folder(place)
    asked = {
        "--scenes": settled(scenes) if find_source(scenes) is not None else str(Path(scenes).resolve()),
        "--see": " ".join(see or []),
        "--do": " ".join(do or []),
        "--keep": keep,
        "--share": " ".join(share or []),
        "--reuse": " ".join(reuse or []),
        "--from": start or "",
        "--symmetry": " ".join(symmetry or []),
        "--option": " ".join(option or []),
        "--count": "" if count is None else str(count),
        "--stream": "yes" if stream else "no",
        "--buffer": "" if buffer is None else str(buffer),
        "--minutes": f"{minutes:g}",
        "--size": size,
        "--seed": str(seed),
        "--replay": replay,
        "--skip-bad": "yes" if skip_bad else "no",
    }
    with alone(place, "trains it"):
        growth = Growth(folders, rehearse=keep == "rehearse", share=share or [], reuse=reuse or [], start=start)
        if growth.begun(run, asked):
            console.print(f"going on with '{name}', which was interrupted", highlight=False, markup=False)
        else:

            def propose(room: int | str) -> tuple[Chart, Sequence[str]]:
                return propose_for(
                    scenes,
                    see or [],
                    do or [],
                    size=room,
                    minutes=minutes,
                    seed=seed,
                    out=place,
                    skip_bad=skip_bad,
                    replay=replay,
                    symmetries=symmetries_of(symmetry),
                    options=parse_options(option or []),
                    count=count,
                    stream=stream,
                    buffer=buffer,
                )

            def learned(chart: Chart) -> SceneSet:
                seconds = seconds_of_trial(minutes)
                length = f"{seconds:.0f} s, or {LEAST} steps, each way"
                console.print(f"trying whether zones are better shared, {length}", style="dim")
                return sample_of(scenes_of(chart, run, skip_bad=skip_bad).train)

            tries = None if scenes == PIPE else learned  # what comes through a pipe comes once
            _show(growth.begin(run, asked, propose, size, tries), growth.chart, console)
        weights, notes = growth.weights()
        together = growth.together(loss)
        for note in notes:
            console.print(note, highlight=False, markup=False)
        waiting = (place / "brain.json").exists()  # only the last step was missed, or it was refused
        if not waiting:
            run_training(
                growth.chart,
                place,
                run,
                fresh=True,
                skip_bad=skip_bad,
                console=console,
                weights=weights,
                again="the same command",
                together=together,
            )
        changed = changes(name, run / EARLIER)
        for change in changed if waiting else ():
            console.print(change.words(), highlight=False, markup=False)
        waits = f"the same command with a higher --loss accepts this; removing {place.parent} ends the attempt"
        kept = f"{final}/ is {'as it was' if out is None else 'not written'}"
        refuse_forgetting(changed, loss, f"{kept}; {waits}")
        add_skill(found, name, place, {change.skill: change.folder for change in changed}, out)
    with suppress(OSError):  # other skills may still be in training there
        place.parent.rmdir()
    folders = folders_of(final)
    console.print(f"{final}/ has {len(folders)} skills: {', '.join(folders)}", highlight=False)


def _check_keep(keep: str, share: list[str] | None, reuse: list[str] | None, loss: float | None) -> None:
    from ltm.errors import LtmError, nearest

    if keep not in KEEP:
        raise LtmError(f"--keep {keep}: expected frozen or rehearse{nearest(keep, KEEP)}")
    if share and keep == "frozen":
        raise LtmError("--share: frozen zones can be used with --reuse; sharing needs --keep rehearse")
    if loss is not None and keep == "frozen":
        raise LtmError("--loss: frozen skills lose nothing; it is for --keep rehearse")
    if reuse and keep == "rehearse":
        raise LtmError("--reuse: zones that are used as they are need --keep frozen; with rehearse, see --share")


def _show(notes: Sequence[str], chart: Chart, console: Console) -> None:
    from ltm.chart.dump import dump

    for note in notes:
        console.print(f"  {note}", highlight=False, markup=False)
    console.rule("proposed chart", style="dim")
    console.print(dump(chart), highlight=False, markup=False)
    console.rule(style="dim")
