"""The `ltm` command: one verb a file, heavy imports only inside the verbs."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import typer

from ltm.cli import (
    catalog,
    chart,
    demo,
    evaluate,
    evidence,
    export,
    fit,
    grow,
    import_model,
    inspect,
    merge,
    perceive,
    plan,
    push,
    quantize,
    rest,
    scale,
    scenes,
    take,
    think,
    train,
    zone,
)
from ltm.errors import EXIT_INTERRUPTED, EXIT_USAGE, LtmError

VERBS: dict[str, Callable[..., Any]] = {
    "fit": fit.fit,
    "train": train.train,
    "think": think.think,
    "perceive": perceive.perceive,
    "eval": evaluate.evaluate,
    "grow": grow.grow,
    "import": import_model.import_model,
    "export": export.export,
    "inspect": inspect.inspect,
    "merge": merge.merge,
    "rest": rest.rest,
    "quantize": quantize.quantize,
    "take": take.take,
    "plan": plan.plan,
    "push": push.push,
    "scale": scale.scale,
    "evidence": evidence.evidence,
    "demo": demo.demo,
}
"""Every verb. A new one is one file and one line here."""

GROUPS = {"chart": chart.app, "catalog": catalog.app, "scenes": scenes.app, "zone": zone.app}
"""Verbs with verbs of their own."""


def build() -> typer.Typer:
    """Returns the command line as a Typer application."""
    app = typer.Typer(
        name="ltm",
        help="Local Thinking Models: a brain out of small models, trained on your data, on your own processor.",
        epilog="Start with: ltm demo",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    app.callback()(_root)
    for name, verb in VERBS.items():
        app.command(name)(verb)
    for name, group in GROUPS.items():
        app.add_typer(group, name=name)
    return app


def _show_version(asked: bool) -> None:
    if asked:
        from ltm import __version__

        typer.echo(f"ltm {__version__}")
        raise typer.Exit


def _root(
    version: bool = typer.Option(
        False, "--version", help="Print the version and exit.", is_eager=True, callback=_show_version
    ),
) -> None:
    # All verbs share nothing but this option, which ends the program by itself.
    del version


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits.

    0 done, 2 wrong input, 3 not sure enough, 4 damaged brain, 5 an earlier skill forgotten, 130 interrupted.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # brains say letters that a terminal may not know
    sys.exit(run(sys.argv[1:] if arguments is None else arguments))


def run(arguments: list[str]) -> int:
    """Runs the command line and returns the exit code; mistakes are explained on standard error."""
    try:
        result: Any = build()(arguments, standalone_mode=False)
        if result == EXIT_INTERRUPTED:  # Ctrl-C, which the library that parses has caught
            typer.echo("ltm: interrupted", err=True)
        return result if isinstance(result, int) else 0
    except SystemExit as ended:
        # Libraries that write end the program where the reader of a pipe has gone.
        return _nobody_reads() if _of_broken_pipe(ended) else _exit_code(ended)
    except LtmError as problem:
        typer.echo(f"ltm: {problem}", err=True)
        return problem.exit_code
    except typer.TyperException as problem:
        show = getattr(problem, "show", None)
        show() if callable(show) else typer.echo(f"ltm: {problem}", err=True)
        return EXIT_USAGE
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("ltm: interrupted", err=True)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        return _nobody_reads()
    except OSError as problem:
        where = f"{problem.filename}: " if problem.filename else ""
        typer.echo(f"ltm: {where}{problem.strerror or problem}", err=True)
        return EXIT_USAGE
    except MemoryError:
        return _out_of_memory()
    except RuntimeError as problem:
        if "can't allocate memory" not in str(problem):
            raise
        return _out_of_memory()


def _out_of_memory() -> int:
    typer.echo("ltm: out of memory; try smaller grids, a smaller --size or a smaller training.batch", err=True)
    return EXIT_USAGE


def _nobody_reads() -> int:
    """Ends well where the reader of a pipe has gone, as with `| head`, and keeps Python from complaining at exit."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _of_broken_pipe(ended: BaseException) -> bool:
    seen: BaseException | None = ended
    while seen is not None:
        if isinstance(seen, OSError) and seen.errno == errno.EPIPE:
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def _exit_code(ended: SystemExit) -> int:
    return ended.code if isinstance(ended.code, int) else 0 if ended.code is None else EXIT_USAGE
