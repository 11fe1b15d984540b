"""`ltm rest`: a brain lets go of what carries nothing."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from ltm.cli.brain_folder import Changed, ChangedBrain, fetched, to_change
from ltm.errors import LtmError


def rest(
    brain: ChangedBrain,
    out: Changed = None,
    loss: Annotated[float, typer.Option(min=0.0, max=100.0, help="Points that a skill may lose.")] = 0.5,
    practice: Annotated[
        int, typer.Option(min=0, max=10**6, help="Steps of replay where a skill would lose more; 0 for none.")
    ] = 100,
    try_only: Annotated[bool, typer.Option("--try", help="Say what would be done, and change nothing.")] = False,
) -> None:
    """Let a brain rest: it goes over the scenes that it keeps, and lets go of what carries nothing.

    Couplings, zones and hidden channels are left out and bodies of zones shared where a skill stays as good, measured
    on scenes that it keeps to judge itself by. Where it would lose more, it first replays scenes that it learned from.
    No skill ends below the loss; skills that keep no scenes stay as they are. The brain is replaced as a whole at the
    end, or with -o stays as it is. With --try a brain may be hf://owner/name, too.

    Example: ltm rest brain/ --loss 0.5
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from ltm.chart.base import format_bytes
    from ltm.cli.render import percent
    from ltm.cli.training import console_of
    from ltm.runtime.alone import alone
    from ltm.runtime.record import REHEARSAL
    from ltm.runtime.skills import check_skills_target, folders_of, records_of
    from ltm.training.rest import Rest, put_in_place

    console = console_of()

    def sizes(folder: Path) -> dict[str, int]:
        return {
            name: sum(file.bytes for part, file in record.files.items() if part != REHEARSAL)
            for name, record in records_of(folder).items()
        }

    if try_only and out is not None:
        raise LtmError("--try changes nothing and so writes nothing: leave out -o, or --try")
    found = fetched(brain) if try_only else to_change(brain, out, "rest")
    assert found is not None
    final = out or found
    with nullcontext() if try_only else alone(final, "lets it rest"):
        if not try_only:
            check_skills_target(final)
        before = sizes(found)
        resting = Rest(
            folders_of(found), loss, lambda words: console.print(f"  {words}", highlight=False, markup=False), practice
        )
        changed = resting.run()
        if not try_only and (changed or out is not None):
            put_in_place(found, changed, out)
    after = before if try_only else sizes(final)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("skill")
    for words in ("bytes before", "after", "right before", "after", "scenes"):
        table.add_column(words, justify="right", no_wrap=True)
    for name, one in resting.skills.items():
        shown = ["-" if share is None else percent(share) for share in (one.before, one.after)]
        table.add_row(
            Text(name, "cyan"),
            format_bytes(before[name]),
            "-" if try_only else format_bytes(after[name]),
            *shown,
            f"{one.scenes:,}",
        )
    console.print(table)
    if out is not None:
        left = "" if changed else "nothing to let go within the loss: a copy. "
        console.print(f"{left}saved {out}/. Next: ltm inspect {out}", highlight=False, markup=False)
    elif not changed:
        console.print("nothing to let go within the loss: the brain is as it was", highlight=False)
    elif try_only:
        console.print("the brain is as it was (--try)", highlight=False)
