"""Language models of one causal zone: bits a byte at equal size and time, and whether looping pays.

python -m benchmarks.language TEXT... --minutes 5 --seeds 3

TEXT is plain text, or JSON Lines of which one column holds texts. RWKV-7 and Llama layers, plain; and looped: half
the layers twice over (equal operations, half the size); half the layers, wider, twice over, and all layers twice over
(equal size, twice the operations). All train equally long on the first nine tenths of each text; bits are of windows of
its last tenth.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.common import RUNS, Grid, asked, console, read, trained, write
from ltm.chart.load import load_chart
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.scenes.prepare import generate_scenes
from ltm.training.language import language

MADE = ("steps", "seconds", "precision", "processor")
"""What a result says of how it was trained."""
WINDOWS = 200
"""Of the last tenth."""
LETTERS = 256
KINDS = ("rwkv7", "llama")
TWICE = "zones.core.loops=2"
HALF = "zones.core.layers=2"
VARIANTS: dict[str, dict[str, tuple[str, ...]]] = {
    "plain": dict.fromkeys(KINDS, ()),
    "half the layers, twice": dict.fromkeys(KINDS, (HALF, TWICE)),
    "half the layers, wider, twice": {
        "rwkv7": (HALF, TWICE, "field.width=180", "zones.core.head_width=36"),
        "llama": (HALF, TWICE, "field.width=192", "zones.core.hidden=456"),
    },
    "all layers, twice": dict.fromkeys(KINDS, (TWICE,)),
}
"""Changes by kind; the wider ones have the plain one's parameters within 1 %."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, nargs="+")
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS)
    parser.add_argument("--variants", nargs="*", choices=list(VARIANTS), default=list(VARIANTS))
    given = parser.parse_args()
    name = f"language-{given.minutes:g}min"
    command = asked("language TEXT...", given, "minutes", "seeds")
    for seed in range(given.seeds):
        for text in given.texts:
            for kind in given.kinds:
                for variant in given.variants:
                    key = f"{text.stem}/{kind}/{variant}/{seed}"
                    result: dict[str, Any] = {"runs": {}} | read(name) | {"command": command}
                    if key in result["runs"]:
                        continue
                    changes = [*VARIANTS[variant][kind], f"training.minutes={given.minutes}", f"training.seed={seed}"]
                    chart = chart_for(text, kind, changes)
                    brain, record = trained(chart, RUNS / f"{name}-{key.replace('/', '-').replace(' ', '-')}")
                    found = language(brain, generate_scenes(chart, WINDOWS, 1_000_003, part="test"))
                    assert found is not None
                    result["runs"][key] = {
                        "parameters": record["parameters"],
                        **{what: record["provenance"][what] for what in MADE},
                        "operations": Sizes.of(chart, (LETTERS, 1)).segment,
                        **found,
                    }
                    write(name, result)
                    console.print(f"  {key}: {found['bits_per_byte']:.3f} bits a byte", highlight=False)
    for grid in tables(read(name)):
        grid.show()


def chart_for(text: Path, kind: str, changes: list[str]) -> Chart:
    """Returns the chart of a kind that learns from a text."""
    return load_chart(f"{kind}-tiny", [f"scenes.source=text:{text.resolve()}", *changes])


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """One table a text."""
    for text in dict.fromkeys(key.split("/")[0] for key in result["runs"]):
        rows = []
        for kind in KINDS:
            for variant in VARIANTS:
                of = [run for key, run in result["runs"].items() if key.split("/")[:3] == [text, kind, variant]]
                if of:
                    bits = sorted(run["bits_per_byte"] for run in of)
                    middle = bits[len(bits) // 2]
                    shown = f"{middle:.3f}" if len(of) == 1 else f"{middle:.3f} ({bits[0]:.3f}-{bits[-1]:.3f})"
                    cost = f"{of[0]['operations'] / 1e6:,.0f} M"
                    steps = f"{min(run['steps'] for run in of):,}"
                    rows.append([kind, variant, f"{of[0]['parameters']:,}", cost, steps, str(len(of)), shown])
        head = ["kind", "layers", "weights", f"operations for {LETTERS} bytes", "steps", "seeds", "bits a byte"]
        yield Grid(f"What comes next in {text}", head, rows)


if __name__ == "__main__":
    main()
