"""Training from a stream: memory as gigabytes flow by, scenes a second, and the share of time spent waiting for them.

python -m benchmarks.stream --gigabytes 5
python -m benchmarks.stream --gigabytes 1 --from file
python -m benchmarks.stream --gigabytes 0.2 --from file --ahead 256

`generated`: pictures of 128 by 128, made on the fly chunk by chunk; a gigabyte is one of pixels. `file`: JSON Lines of
64 numbers each, written first and deleted afterwards. `--ahead 256` reads that many in a thread before they are
needed.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.common import Grid, console, write
from ltm.chart.schema import Chart
from ltm.scenes.origin import Origin
from ltm.scenes.origin_made import MadeOrigin
from ltm.scenes.origin_table import TableOrigin
from ltm.scenes.prepare_stream import open_stream
from ltm.scenes.single import Single
from ltm.training.loop import Trainer
from ltm.training.machine import peak_memory
from ltm.training.shuffle import Shuffle

SIDE, NUMBERS, BATCH, CHUNK = 128, 64, 256, 256
CORNERS = ("above left", "above right", "below left", "below right")
SAMPLES = 200
"""How often memory is looked at."""
GIGABYTE = 10**9
_WRITTEN = 20_000
"""Rows that are written at once."""


def chart(kind: str, buffer: int, steps: int) -> Chart:
    """A brain that says which corner of a picture, or which quarter of a list of numbers, is the brightest."""
    image = {"kind": "image", "rows": SIDE, "columns": SIDE, "patch": 32, "stem": "patches"}
    vector = {"kind": "vector", "size": NUMBERS, "each": 16}
    return Chart.model_validate(
        {
            "field": {"width": 32},
            "senses": {"seen": image if kind == "generated" else vector},
            "acts": {"brightest": {"kind": "label", "labels": CORNERS}},
            "zones": {"core": {"kind": "attention", "write": "replace"}},
            "scenes": {"stream": True, "buffer": buffer},
            "will": {"ticks": 1},
            "training": {
                "batch": BATCH,
                "ticks": 1,
                "segments": 1,
                "steps": steps,
                "precision": "fp32",
                "compile": "off",
            },
        }
    )


def pictures(count: int | None) -> Origin:
    def make(chunk: int, wanted: int) -> Iterator[Single]:
        generator = np.random.default_rng([7, chunk])
        corners = generator.integers(0, 4, wanted)
        pixels = generator.integers(0, 160, (wanted, SIDE, SIDE, 1), dtype=np.uint8)
        half = SIDE // 2
        for number, corner in enumerate(corners.tolist()):
            row, column = divmod(corner, 2)
            pixels[number, row * half : (row + 1) * half, column * half : (column + 1) * half] += 60
            yield {"seen": pixels[number].copy(), "brightest": corners[number : number + 1].astype(np.uint8)}

    return MadeOrigin("pictures made on the fly", make, count, CHUNK)


def write_rows(path: Path, size: int) -> int:
    """Writes rows until the file has the size; returns how many."""
    generator, rows = np.random.default_rng(7), 0
    with path.open("w", encoding="utf-8") as file:
        while file.tell() < size:
            numbers = generator.normal(size=(_WRITTEN, NUMBERS)).round(3)
            quarters = generator.integers(0, 4, _WRITTEN)
            for row, quarter in zip(numbers, quarters.tolist(), strict=True):
                row[quarter * 16 : quarter * 16 + 16] += 0.7
                file.write(json.dumps({"seen": row.round(3).tolist(), "brightest": CORNERS[quarter]}) + "\n")
                rows += 1
                if rows % 1000 == 0 and file.tell() >= size:
                    break
    return rows


def resident() -> int:
    """Returns the process's resident bytes at this moment."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def run(kind: str, origin: Origin, scenes: int, size: int, buffer: int, ahead: int) -> dict[str, Any]:
    """Trains on so many scenes of so many bytes in all, and looks at memory meanwhile."""
    steps = max(2, scenes // BATCH)
    asked = chart(kind, buffer, steps)
    opened = open_stream(asked, origin)
    stream = dataclasses.replace(opened.train, ahead=ahead)
    trainer = Trainer(asked, stream, opened.validation)
    feed = trainer.slots.feed
    assert isinstance(feed, Shuffle)
    samples: list[tuple[float, int]] = []
    every = max(1, steps // SAMPLES)

    def look(progress: Any) -> None:
        if progress.step % every == 0:
            samples.append((feed.standing.given / scenes * size / GIGABYTE, resident()))
        if progress.step % max(1, steps // 10) == 0:
            console.print(
                f"  {samples[-1][0]:.2f} GB, {samples[-1][1] / 1e6:.0f} MB resident, right {progress.right:.3f}",
                highlight=False,
            )

    began, given = time.perf_counter(), feed.standing.given
    trainer.fit(look)
    seconds, seen = time.perf_counter() - began, feed.standing.given - given
    # The first tenth is left out: allocators settle, and pages are touched for the first time.
    settled = np.array(samples[len(samples) // 10 :])
    slope = float(np.polyfit(settled[:, 0], settled[:, 1], 1)[0]) if len(settled) > 2 else float("nan")
    feed.close()
    return {
        "kind": kind,
        "gigabytes": size / GIGABYTE,
        "scenes": feed.standing.given,
        "passes": feed.standing.passes,
        "buffer": buffer,
        "ahead": ahead,
        "seconds": seconds,
        "scenes_a_second": seen / seconds,
        "waiting": feed.waited / seconds,
        "resident_first": int(settled[0, 1]),
        "resident_last": int(settled[-1, 1]),
        "peak": peak_memory(),
        "slope_bytes_a_gigabyte": slope,
        "validation": trainer.latest,
        "samples": [[round(gigabytes, 4), bytes_] for gigabytes, bytes_ in samples],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", type=float, default=5.0)
    parser.add_argument("--from", dest="kind", choices=("generated", "file"), default="generated")
    parser.add_argument("--buffer", type=int, default=4096)
    parser.add_argument("--ahead", type=int, default=0)
    given = parser.parse_args()
    size = int(given.gigabytes * GIGABYTE)
    with tempfile.TemporaryDirectory() as folder:
        if given.kind == "file":
            path = Path(folder) / "rows.jsonl"
            console.print(f"writing {given.gigabytes:g} GB of rows", highlight=False)
            scenes = write_rows(path, size)
            size = path.stat().st_size
            origin: Origin = TableOrigin(chart("file", given.buffer, 1), path)
        else:
            scenes, origin = size // (SIDE * SIDE), pictures(None)
        result = run(given.kind, origin, scenes, size, given.buffer, given.ahead)
    command = f"python -m benchmarks.stream --gigabytes {given.gigabytes:g} --from {given.kind}"
    command += f" --buffer {given.buffer} --ahead {given.ahead}"
    write(f"stream-{given.kind}-{given.gigabytes:g}gb-ahead{given.ahead}", {"command": command, **result})
    for grid in tables(result):
        grid.show()


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """One line: how quick the stream was, and whether memory grew."""
    yield Grid(
        f"{result['gigabytes']:.2f} GB {result['kind']}, buffer of {result['buffer']:,}, {result['ahead']} read ahead",
        ["scenes", "scenes/s", "waiting", "resident, first", "last", "peak", "growth a GB", "right"],
        [
            [
                f"{result['scenes']:,}",
                f"{result['scenes_a_second']:,.0f}",
                f"{100 * result['waiting']:.0f} %",
                *(f"{result[key] / 1e6:.0f} MB" for key in ("resident_first", "resident_last", "peak")),
                f"{result['slope_bytes_a_gigabyte'] / 1e6:.2f} MB",
                f"{100 * result['validation']:.1f} %",
            ]
        ],
    )


if __name__ == "__main__":
    main()
