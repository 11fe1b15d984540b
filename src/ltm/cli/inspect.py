"""`ltm inspect`: what a brain is made of."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from ltm.cli.brain_folder import BrainFolder


def inspect(
    brain: BrainFolder,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show a brain's zones, sizes, couplings, rhythms, roles, results and provenance; weights are not read.

    Example: ltm inspect brain/
    """
    from ltm.runtime.skills import has_skills, records_of

    if has_skills(brain):
        records = records_of(brain)
        if as_json:
            parts = {name: record.model_dump(mode="json") for name, record in records.items()}
            typer.echo(json.dumps({"skills": parts}, indent=1))
        else:
            from ltm.cli.show_skills import show_skills
            from ltm.cli.training import console_of

            show_skills(brain, records, console_of())
        return
    from ltm.chart.load import chart_from_text
    from ltm.chart.parse import read_text
    from ltm.chart.size import Sizes
    from ltm.cli.show_brain import show_brain
    from ltm.cli.training import console_of
    from ltm.runtime.folder import CHART, inspect_folder

    record = inspect_folder(brain)
    chart = chart_from_text(read_text(brain / CHART), str(brain / CHART))
    sizes = Sizes.of(chart)
    if as_json:
        whole = {
            "record": record.model_dump(mode="json"),
            "chart": chart.model_dump(mode="json"),
            "operations": sizes.operations,
            "operations_once": sizes.once,
            "segment_operations": sizes.segment,
        }
        typer.echo(json.dumps(whole, indent=1))
    else:
        show_brain(chart, sizes, console_of(), record)
