"""`ltm zone`: zones leave one brain and enter another."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ltm.cli.brain_folder import BrainFolder, refuse_several, require_free, require_outside

if TYPE_CHECKING:
    from ltm.brain.brain import Brain
    from ltm.runtime.zone_file import ZoneFile

app = typer.Typer(help="Carry zones from one brain to another.", no_args_is_help=True)


@app.command("list")
def list_zones(
    brain: BrainFolder,
) -> None:
    """List a brain's zones: kind, channels, roles, weights, bytes and checksum.

    Example: ltm zone list brain/
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from ltm.chart.base import format_bytes
    from ltm.chart.load import chart_from_text
    from ltm.chart.parse import read_text
    from ltm.cli.training import console_of
    from ltm.runtime.bodies import zone_file
    from ltm.runtime.listing import inspect_folder
    from ltm.runtime.record import CHART

    refuse_several(brain, "name")
    record = inspect_folder(brain)
    chart = chart_from_text(read_text(brain / CHART), str(brain / CHART))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    table.add_column("zone")
    table.add_column("kind")
    table.add_column("roles")
    for words in ("channels", "weights", "bytes"):
        table.add_column(words, justify="right", no_wrap=True)
    table.add_column("sha256")
    for name, spec in chart.zones.items():
        file = record.files[zone_file(name)]
        kind = f"{spec.kind}, frozen" if spec.frozen else spec.kind
        size, width = format_bytes(file.bytes), str(spec.width or chart.field.width)
        roles = ", ".join(spec.roles)
        table.add_row(Text(name, "cyan"), kind, roles, width, f"{file.parameters:,}", size, file.sha256[:12])
    console_of().print(table)


@app.command("take")
def take(
    brain: BrainFolder,
    zone: Annotated[str, typer.Argument(help="Which zone.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="File to write, such as core.safetensors.")],
) -> None:
    """Write a zone to a file of its own: weights, declaration, where it comes from, checksums. The brain stays.

    Example: ltm zone take brain/ core -o core.safetensors
    """
    from ltm.chart.base import format_bytes
    from ltm.cli.training import console_of
    from ltm.runtime.zone_file import take_zone

    refuse_several(brain, "name")
    require_outside(out, brain)
    taken = take_zone(brain, zone, out)
    count = sum(weight.numel() for weight in taken.body.values())
    words = f"{taken.spec.kind}, {taken.width} channels, {count:,} weights, {format_bytes(out.stat().st_size)}"
    console = console_of()
    console.print(f"saved {out}: {words}. Next:", highlight=False, markup=False)
    console.print(f"  ltm zone put {out} other-brain/ -o grown/", highlight=False, markup=False)


@app.command("put")
def put(
    file: Annotated[Path, typer.Argument(help="A zone that was taken out of a brain.")],
    brain: BrainFolder,
    out: Annotated[Path, typer.Option("--out", "-o", help="Brain folder to write.")],
    name: Annotated[str | None, typer.Option(help="What to call it there; what it was called when absent.")] = None,
    thaw: Annotated[bool, typer.Option("--thaw", help="Let its own weights be learned too.")] = False,
) -> None:
    """Put a zone into another brain: tied to the field there by new matrices, silent until these are learned.

    Example: ltm zone put core.safetensors brain/ -o grown/
    """
    from ltm.cli.render import percent
    from ltm.cli.training import console_of
    from ltm.errors import LtmError
    from ltm.runtime.alone import alone
    from ltm.runtime.brains import load_brain, save_brain
    from ltm.runtime.zone_file import read_zone_file
    from ltm.training.from_data import name_of
    from ltm.training.graft import graft

    refuse_several(brain, "name")
    with alone(out, "puts a zone into it"):
        require_free(out, beside=[brain])
        require_outside(out, brain)
        zone = read_zone_file(file)
        before, record = load_brain(brain)
        called = name or zone.name
        if called != name_of(Path(called)):
            raise LtmError(f"--name {called}: expected a lower-case word such as '{name_of(Path(called))}'")
        after = graft(before, zone, called, thaw=thaw)
        width, field = zone.width, after.chart.field.width
        ties = sum(w.numel() for n, w in after.circuit.zone(called).named_parameters() if not n.startswith("body."))
        console = console_of()
        words = (
            f"{called}: its {width} channels are tied to the field's {field} by {ties:,} new weights; it starts silent"
        )
        console.print(words, highlight=False, markup=False)
        for note in _notes(zone, after.chart.wave.policy):
            console.print(note, highlight=False, markup=False)
        provenance = record["provenance"]
        origin = f"{zone.origin.get('brain', 'unknown')} ({zone.provenance.get('data') or 'unknown'})"
        data = f"{provenance.get('data') or 'unknown'}; zone {called} taken from {origin}"
        save_brain(after, out, {"provenance": {**provenance, "data": data[:4000]}, "measured": {}})
    right = [_right(one) for one in (before, after)]
    if right[0] is not None and right[1] is not None:
        kept = f"of the scenes that the brain keeps, {percent(right[0])} right before, {percent(right[1])} now"
        console.print(kept, highlight=False, markup=False)
    console.print(f"saved {out}/. Let it learn what the zone is good for:", highlight=False, markup=False)
    console.print(f"  ltm train {out}/chart.yaml -o {out} --data train.csv --minutes 5", highlight=False, markup=False)


def _notes(zone: ZoneFile, wave: str) -> Iterator[str]:
    """Says what of a zone is otherwise than it was, and what else a zone more changes."""
    from ltm.training.graft import unheard

    roles = zone.spec.roles
    if len(roles) > 1:
        when = "in turn, a tick each" if wave == "rhythm" else "as this brain's wave says"
        yield f"its roles {', '.join(roles)} fire {when}, whenever they did where it comes from"
    if any(role.vector for role in roles.values()) and not zone.roles:
        yield "its file is of an earlier version, which didn't carry the vectors of roles: they are new"
    if others := unheard(zone):
        yield f"it heard {', '.join(others)} there, which it doesn't here"
    if wave == "random":
        yield "this brain's wave draws who fires: among one more, so the others come up less often, and answers change"


def _right(brain: Brain) -> float | None:
    """Returns the share of kept scenes that a brain answers right; None where it keeps none."""
    from ltm.scenes.prepare import scorer_of
    from ltm.training.outcome import think_all

    if brain.rehearsal is None or not len(brain.rehearsal.aside):
        return None
    scorer, will = scorer_of(brain.chart), brain.chart.will
    return float(think_all(brain, brain.rehearsal.aside, will, False, scorer).right.mean())
