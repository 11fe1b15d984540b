"""`ltm push`: a brain goes to the Hugging Face hub."""

from __future__ import annotations

from typing import Annotated

import typer

from ltm.cli.brain_folder import BrainFolder


def push(
    brain: BrainFolder,
    repository: Annotated[str, typer.Argument(help="Where to: owner/name; made where there is none.")],
    private: Annotated[
        bool | None, typer.Option("--private/--public", help="Of a new repository; else as the owner's account says.")
    ] = None,
    revision: Annotated[str | None, typer.Option(help="A branch, made where there is none; else main.")] = None,
    message: Annotated[str | None, typer.Option(help="Says what changed.")] = None,
    license: Annotated[str | None, typer.Option(help="For the card where it names none, such as mit.")] = None,
) -> None:
    """Push a brain to the Hugging Face hub, in one commit; every file is verified first.

    Needs ltm[hub], and a token with the right to write: hf auth login, or HF_TOKEN. Scenes that the brain keeps to
    rehearse them go with it, which is said.

    Example: ltm push brain/ owner/name --private
    """
    from ltm.chart.base import format_bytes
    from ltm.cli.training import console_of
    from ltm.runtime.hub_push import push as send
    from ltm.runtime.record import REHEARSAL
    from ltm.runtime.skills import records_of

    kept = sum(record.files[REHEARSAL].bytes for record in records_of(brain).values() if REHEARSAL in record.files)
    if kept:
        words = f"with it go {format_bytes(kept)} of the scenes that it learned from; a fit with --replay 0 keeps none"
        typer.echo(words, err=True)
    done = send(brain, repository, private=private, revision=revision, commit_message=message, license=license)
    console = console_of()
    console.print(f"pushed to {done.url}. Next:", highlight=False, markup=False)
    console.print(f"  ltm inspect {done.address}", highlight=False, markup=False)
