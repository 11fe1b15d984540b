"""A brain larger than memory: 200 zones of different kinds and sizes on disk, four firing at a tick, a budget of bytes.

python -m benchmarks.paging --zones 200 --memory 300MB

Each way to have the brain is a process of its own, whose resident memory the operating system tells: `loaded` (all of
it), `mapped` (files mapped into memory, no budget: the operating system pages as it likes), and `paged` (ours). What is
private to a process, and not a file in memory that any process may share, is told beside. Three waves: `top-k`, whose
router asks for much the same zones again and again, so that what is needed comes to fit; `random`, which asks for any
of all zones at every tick: the worst there is; and, with `--wave rhythm`, four zones after the other until all have
fired, so that every thought needs all of them, and which come next is always known. Thoughts by rhythm last one such
round, the others 8 ticks. Answers of all ways are compared by hash.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from benchmarks.common import RUNS, Grid, console, read, write
from ltm.brain.brain import Brain
from ltm.brain.think import think
from ltm.chart.base import format_bytes, parse_bytes
from ltm.chart.schema import Chart
from ltm.runtime.brains import load_brain, save_brain
from ltm.runtime.paged import open_paged

WAYS = ("loaded", "mapped", "paged")
WAVES = ("top-k", "random", "rhythm")
USUAL = WAVES[:2]
"""What is measured where nobody asks for a wave."""
SIDE = 9
KINDS: tuple[dict[str, Any], ...] = (
    {"kind": "mixer", "hidden": 1536},
    {"kind": "attention", "heads": 8, "hidden": 1536},
    {"kind": "conv", "layers": 2},
    {"kind": "recurrent", "cell": "gru"},
    {"kind": "llama", "layers": 1, "heads": 8},
    {"kind": "rwkv7", "layers": 1},
)
WIDTHS = (256, 384, 512, 640)
FIRE = 4
THOUGHTS, WARM = 30, 10
TICKS = 8
"""Of a thought, but for those by rhythm."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--zones", type=int, default=200)
    parser.add_argument("--memory", default="300MB")
    parser.add_argument("--wave", action="append", choices=WAVES, help="may be repeated; else top-k and random")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    name = f"paging-{given.zones}-{given.memory}"
    place = RUNS / name
    if given.child is not None:
        way, wave = given.child
        print(json.dumps(measured(place / wave, way, int(parse_bytes(given.memory)))))
        return
    command = f"python -m benchmarks.paging --zones {given.zones} --memory {given.memory}"
    result: dict[str, Any] = {"command": command, "memory": int(parse_bytes(given.memory)), "runs": {}} | read(name)
    for wave in given.wave or USUAL:
        if not (place / wave / "brain.json").exists():
            console.print(f"  writing {place / wave}", highlight=False)
            call(given, "write", wave)
        for way in WAYS:
            if f"{wave}/{way}" not in result["runs"]:
                asked = "" if wave in USUAL else f" --wave {wave}"
                result["runs"][f"{wave}/{way}"] = {"command": command + asked} | call(given, way, wave)
                write(name, result)
    for grid in tables(result):
        grid.show()


def call(given: argparse.Namespace, way: str, wave: str) -> dict[str, Any]:
    """Measures one way in a process of its own."""
    words = ["--zones", str(given.zones), "--memory", given.memory]
    if way == "write":
        written(RUNS / f"paging-{given.zones}-{given.memory}" / wave, wave, given.zones)
        return {}
    line = [sys.executable, "-m", "benchmarks.paging", *words, "--child", way, wave]
    out = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def written(folder: Path, wave: str, zones: int) -> None:
    """Writes a brain of random weights; nothing learns from them, so they are all drawn alike, which is quick."""
    brain, draws = Brain(declared(wave, zones), absent=True), torch.Generator().manual_seed(0)
    brain = brain.to_empty(device="cpu")
    with torch.no_grad():
        for part, tensor in brain.state_dict().items():
            tensor.fill_(1.0) if "norm" in part else tensor.normal_(0.0, 0.02, generator=draws)
    save_brain(brain.eval(), folder)


def declared(wave: str, count: int) -> Chart:
    """Returns a chart of zones of different kinds and widths."""
    zones = {}
    cycle = -(-count // FIRE)
    ticks = cycle if wave == "rhythm" else TICKS
    policy = {"policy": wave} if wave == "rhythm" else {"policy": wave, "fire": FIRE}
    for number in range(count):
        kind = dict(KINDS[number % len(KINDS)])
        kind["width"] = WIDTHS[number % len(WIDTHS)]
        if wave == "rhythm":
            kind["roles"] = {"self": {"period": cycle, "phases": [number // FIRE]}}
        zones[f"zone-{number:03}"] = kind
    grid = {"kind": "grid", "rows": SIDE, "columns": SIDE, "symbols": 10, "positions": "learned"}
    return Chart.model_validate(
        {
            "field": {"width": 128},
            "senses": {"puzzle": grid},
            "acts": {"solution": {"kind": "grid", "rows": SIDE, "columns": SIDE, "symbols": 10}},
            "zones": zones,
            "wave": policy,
            "training": {"ticks": ticks, "segments": 1},
            "will": {"ticks": ticks},
        }
    )


def measured(folder: Path, way: str, memory: int) -> dict[str, Any]:
    """Opens a brain one way and times thoughts about one scene each."""
    torch.set_num_threads(os.cpu_count() or 1)
    framework, private = resident("VmRSS"), resident("RssAnon")
    watch = Watch()
    start = time.perf_counter()
    if way == "paged":
        brain, _ = open_paged(folder, memory)
    else:
        brain = load_brain(folder)[0] if way == "loaded" else mapped(folder)
    opened, opened_resident = time.perf_counter() - start, resident("VmRSS")
    seconds, answers, operations = [], hashlib.sha256(), 0
    draws = torch.Generator().manual_seed(0)
    for number in range(THOUGHTS):
        scene = {"puzzle": torch.randint(0, 10, (1, SIDE, SIDE), generator=draws, dtype=torch.uint8)}
        start = time.perf_counter()
        (thought,) = think(brain, scene, seed=number)
        seconds.append(time.perf_counter() - start)
        answers.update(json.dumps([thought.answer, thought.confidence]).encode())
        operations = thought.operations
    residence = brain.circuit.residence
    watch.done()
    return {
        "bytes": sum(file.stat().st_size for file in folder.rglob("*.safetensors")),
        "open_seconds": opened,
        "framework": framework,
        "framework_private": private,
        "peak_private": watch.most,
        "open_resident": opened_resident,
        "peak_resident": resident("VmHWM"),
        "first_seconds": seconds[0],
        "seconds": statistics.median(seconds[WARM:]),
        "slowest": max(seconds[WARM:]),
        "operations": operations,
        "answers": answers.hexdigest(),
        "paging": None if residence is None else residence.paging.to_json(),
    }


def mapped(folder: Path) -> Brain:
    """Returns a brain whose weights are the files, mapped into memory: the operating system reads what is touched."""
    from safetensors.torch import load_file

    from ltm.chart.load import chart_from_text

    chart = chart_from_text((folder / "chart.yaml").read_text(), "chart.yaml")
    brain = Brain(chart, absent=True)
    brain.load_state_dict(load_file(folder / "connectome.safetensors"), strict=False)
    for name in chart.zones:
        tensors = load_file(folder / "zones" / f"{name}.safetensors")
        brain.circuit.zone(name).load_state_dict(tensors, assign=True)
    return brain.eval()


class Watch:
    """Looks every 5 ms at the memory that is private to the process."""

    def __init__(self) -> None:
        self.most = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._stopped.wait(0.005):
            self.most = max(self.most, resident("RssAnon"))

    def done(self) -> None:
        self._stopped.set()
        self._thread.join()


def resident(what: str) -> int:
    """Returns the process's resident memory now (`VmRSS`), at most (`VmHWM`), or private (`RssAnon`), in bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what + ":"):
            return int(line.split()[1]) * 1024
    return 0


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """One line a wave and way."""
    rows = []
    for wave in WAVES:
        loaded = result["runs"].get(f"{wave}/loaded")
        for way in WAYS:
            run = result["runs"].get(f"{wave}/{way}")
            if run is None or loaded is None:
                continue
            paging = run["paging"]
            share = "-" if paging is None else f"{100 * paging['hits'] / (paging['hits'] + paging['misses']):.0f} %"
            rows.append(
                [
                    wave,
                    way,
                    f"{run['open_seconds']:.2f} s",
                    format_bytes(run["open_resident"] - run["framework"]),
                    format_bytes(run["peak_resident"] - run["framework"]),
                    format_bytes(run["peak_resident"]),
                    format_bytes(run["peak_private"]),
                    f"{1000 * run['seconds']:.0f} ms",
                    f"{loaded['seconds'] / run['seconds']:.2f}",
                    share,
                    "yes" if run["answers"] == loaded["answers"] else "no",
                ]
            )
    size = next(iter(result["runs"].values()))["bytes"]
    framework = next(iter(result["runs"].values()))["framework"]
    private = next(iter(result["runs"].values()))["framework_private"]
    title = f"{format_bytes(size)} of zones, {format_bytes(result['memory'])} allowed; the framework alone takes "
    title += f"{format_bytes(framework)}, of which {format_bytes(private)} are private"
    head = [
        "wave",
        "",
        "to open",
        "resident beside the framework",
        "at most",
        "with the framework",
        "private in all, at most",
    ]
    head += ["a thought", "rate", "zones found here", "same answers"]
    yield Grid(title, head, rows)


if __name__ == "__main__":
    main()
