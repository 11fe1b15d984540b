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

    Needs ltm[hub], and a token with the right to write: hf auth login, or HF_TOKEN.

    Example: ltm push brain/ owner/name --private
    """
    from ltm.cli.training import console_of
    from ltm.runtime.hub_push import push as send

    done = send(brain, repository, private=private, revision=revision, commit_message=message, license=license)
    console = console_of()
    console.print(f"pushed to {done.url}. Next:", highlight=False, markup=False)
    console.print(f"  ltm inspect {done.address}", highlight=False, markup=False)
