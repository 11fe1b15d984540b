"""The arms: every brain that an experiment trains, as changes to its task's chart. Sizes are fitted by hand.

An arm may serve in several experiments; it is run once. Names say what differs: `sudoku-350k-16` is one zone of 350 K
parameters that is trained and asked for 16 loops.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ltm.evidence.tasks import LEARNED, TASKS

TICKS = 4
"""Loops between two readings of the answer, each of which is learned from."""
LONG = 3.0
"""Times as long as others train those that are asked to think, and mass that is given more time."""
LOOPS = 16
"""Loops of an arm that is not about loops."""
WIDTHS = {
    "sudoku": {"30k": 37, "100k": 68, "350k": 128, "1m": 217, "3m": 377, "10m": 689},
    "maze": {"10k": 16, "30k": 28, "88k": 48, "300k": 88, "1m": 162},
    "listops": {"30k": 36, "92k": 64, "300k": 118, "1m": 216},
}
"""Widths of the field at which one zone of two layers has so many parameters; the base's is among them."""
BASE = {"sudoku": "350k", "maze": "88k", "listops": "92k"}
REFERENCE = {task: f"{task}-{size}-{LOOPS}" for task, size in BASE.items()}
"""The arm of each task whose training sets the time that all others get."""
_LOOPED = {
    "sudoku": {"100k": (1, 4, 16, 48), "350k": (1, 4, 16, 48), "3m": (1,), "10m": (1,), "": (1, 4, 16)},
    "maze": {"88k": (1, 4, 16, 48), "1m": (), "": (16,)},
    "listops": {"92k": (1, 4, 16, 48), "1m": (), "": (16,)},
}
"""Numbers of loops of each size, and of the sizes that aren't named; the largest get too few steps to loop oftener."""
SURFACE = "sudoku"
"""The task on which they span a surface; elsewhere they are a cross."""
MASS = {"sudoku": "3m", "maze": "1m", "listops": "1m"}
"""Of each task the size that is put against loops and learns longer: mass gets few steps in the time of the small."""
PATTERNS = ("ring", "all", "small-world", "fractal")
REWIRED = 0.25
"""Share of its edges that the small world has moved: of a ring of eight, four."""
COUPLED = {
    "sudoku": ("width: 53", "width: 52", "width: 49"),
    "listops": ("width: 27", "width: 25", "width: 23"),
}
"""What each of eight zones with own states has: coupled by the field alone, by a pattern of edges, by all edges."""
SMALLEST = {"sudoku": "100k", "maze": "88k", "listops": "92k"}
"""Of each task the size of at most 100 K parameters whose loops are put beside mass."""
COUNTS = {"sudoku": (100, 300, 1000, 3000, LEARNED), "maze": (100, 1000, LEARNED)}
REPEATED = 1000
"""Scenes at most of which a run sees each several times."""
_MIXER = {"sudoku": "windows: [rows, columns, blocks]", "listops": "windows: [children, parent, siblings]"}
_STACK = {"sudoku": 64, "maze": 24, "listops": 32}
"""Widths of the field at which eight zones of one layer, used once each, have the base's parameters."""
_LAYER = {"sudoku": "layers: 1", "maze": "layers: 1, hidden: 24", "listops": "layers: 1"}
WHOLE = f"{LOOPS}-whole"
"""What an arm is called that loops, and is trained as one is whose parameters are used once each."""
_TWO_LAYERS = {"sudoku": "layers: 2", "maze": "layers: 2, hidden: 48", "listops": "layers: 2"}
"""What each task's base is, at the widths of `SMALLEST`."""
RING = {
    "sudoku": {2: "width: 128", 4: "width: 79", 8: "width: 53", 16: "width: 35, hidden: 68"},
    "maze": {4: "width: 31, hidden: 32", 16: "width: 15, hidden: 14"},
    "listops": {4: "width: 40, hidden: 76", 8: "width: 27", 16: "width: 17, hidden: 37"},
}
"""What one of so many zones has where all together have the base's parameters."""


@dataclass(frozen=True)
class Arm:
    """One brain to be trained.

    Attributes:
        name: of the arm, unique.
        task: what it learns.
        changes: to the task's chart.
        words: what it is, for the report.
        learned: scenes that it learns from.
        longer: how many times the task's seconds it is trained.
        thinks: whether longer thinking, tries and halting are measured too.
        once: whether each scene is seen once, and training then ends.
    """

    name: str
    task: str
    changes: tuple[str, ...]
    words: str
    learned: int = LEARNED
    longer: float = 1.0
    thinks: bool = False
    once: bool = False


def _arm(
    task: str, name: str, words: str, changes: Sequence[str] = (), loops: int = LOOPS, learned: int = LEARNED
) -> Arm:
    """Returns an arm of so many loops; what `changes` say counts more."""
    return Arm(f"{task}-{name}", task, (*looped(loops), *changes), words, learned)


def looped(loops: int, ticks: int = TICKS) -> tuple[str, str]:
    """Returns the settings of so many ticks, read and learned from after every `ticks` of them."""
    ticks = min(ticks, loops)
    return f"training.ticks={ticks}", f"training.segments={loops // ticks}"


def _zone(task: str, more: str) -> str:
    kind = f"kind: mixer, {_MIXER[task]}" if task in _MIXER else "kind: conv"
    return f"{kind}, {more}"


def _zones(task: str, count: int, more: str) -> str:
    """Returns the setting of so many equal zones, which fire one after another."""
    return "zones={" + ", ".join(f"z{number}: {{{_zone(task, more)}}}" for number in range(count)) + "}"


def _wide(task: str, size: str) -> tuple[str, ...]:
    """Returns the settings that give one zone so many parameters."""
    width = WIDTHS[task][size]
    return (f"field.width={width}", *((f"zones.local.hidden={width}",) if task == "maze" else ()))


def _sized(task: str) -> Iterator[Arm]:
    """One zone: its size against its loops."""
    for size in WIDTHS[task]:
        for loops in _LOOPED[task].get(size, _LOOPED[task][""]):
            words = f"one zone of {size.upper()} parameters, " + ("no loop" if loops == 1 else f"{loops} loops")
            yield _arm(task, f"{size}-{loops}", words, _wide(task, size), loops)
    words = f"one zone of {MASS[task].upper()} parameters, no loop, trained {LONG:g} times as long"
    yield replace(_arm(task, f"{MASS[task]}-1-longer", words, _wide(task, MASS[task]), 1), longer=LONG)
    narrow = (f"field.width={WIDTHS[task][SMALLEST[task]]}",)
    deep = _zones(task, LOOPS, f"write: replace, {_TWO_LAYERS[task]}")
    words = (
        f"{LOOPS} zones of {SMALLEST[task].upper()} parameters, each used once: the depth of {LOOPS} loops, no loop, "
        f"trained {LONG:g} times as long"
    )
    yield replace(_arm(task, "deep", words, (*narrow, deep, *looped(LOOPS, LOOPS))), longer=LONG)
    for size in dict.fromkeys((SMALLEST[task], BASE[task])):
        words = f"one zone of {size.upper()} parameters, {LOOPS} loops, learned from only at their end"
        yield _arm(task, f"{size}-{WHOLE}", words, (*_wide(task, size), *looped(LOOPS, LOOPS)))
    stack = (f"field.width={_STACK[task]}", _zones(task, 8, f"write: replace, {_LAYER[task]}"), *looped(8, 8))
    yield _arm(task, "stack", f"{BASE[task].upper()} parameters as eight layers, each used once: no loop", stack)


def _structured(task: str) -> Iterator[Arm]:
    """The base's parameters in several zones, which fire one after another; and in one that works as these do."""
    added = "one zone, which adds to the field instead of replacing it, as several do; read as often as these"
    yield _arm(task, "zones-1", added, (_zones(task, 1, _TWO_LAYERS[task]), *looped(32, 8)))
    for count, width in RING[task].items():
        settings = (_zones(task, count, width), *looped(4 * max(8, count), max(8, count)))
        yield _arm(task, f"zones-{count}", f"{count} zones, one after another, coupled by the field", settings)


def _coupled(task: str) -> Iterator[Arm]:
    """Eight zones with states of their own, which hear one another by edges or not."""
    ticks, (alone, some, every) = looped(32, 8), COUPLED[task]
    own = _zones(task, 8, f"{alone}, state: own")
    yield _arm(task, "own-8", "8 zones with states of their own, coupled by the field", (own, *ticks))
    for pattern in PATTERNS:
        zones = _zones(task, 8, f"{every if pattern == 'all' else some}, state: own")
        words = f"8 zones with states of their own, coupled {pattern} by edges of rank 8"
        moved = (f"coupling.rewire={REWIRED}",) if pattern == "small-world" else ()
        yield _arm(task, f"coupled-{pattern}", words, (zones, f"coupling.pattern={pattern}", *moved, *ticks))
    gated = (_zones(task, 8, f"{some}, state: own"), "coupling.pattern=ring", "coupling.strength=dynamic")
    words = "the same ring, each edge of a strength that follows from what both ends hold"
    yield _arm(task, "coupled-ring-dynamic", words, (*gated, *ticks))


def _windowed() -> Iterator[Arm]:
    """Four zones on windows of the field's channels."""
    ticks = looped(32, 8)
    apart = _zones("sudoku", 4, "width: 32, messages: 384, hidden: 512")
    yield _arm("sudoku", "apart-4", "4 zones, each on channels of its own", (apart, "coupling.overlap=0", *ticks))
    over = _zones("sudoku", 4, "width: 64, messages: 192, hidden: 256")
    words = "4 zones, each on half of the channels, shared by half with either neighbour"
    yield _arm("sudoku", "overlap-4", words, (over, "coupling.overlap=0.5", *ticks))


def _waves(task: str) -> Iterator[Arm]:
    """Four zones of which each policy lets as many fire a thought as `rhythm` does (`zones-4`)."""
    zones = _zones(task, 4, RING[task][4])
    yield _arm(task, "wave-all", "4 zones, all fire at every tick", (zones, "wave.policy=all", *looped(8, 2)))
    words = {
        "sync": "4 zones, one fires by phase (Kuramoto)",
        "top-k": "4 zones, a learned router picks one",
        "random": "4 zones, one fires at random",
    }
    for policy, what in words.items():
        wave = f"wave={{policy: {policy}, fire: 1}}"
        yield _arm(task, f"wave-{policy}", what, (zones, wave, *looped(32, 8)))


def _few(task: str) -> Iterator[Arm]:
    """The base on few scenes, with symmetries, without, and once; all of them with symmetries is the base itself."""
    for count in COUNTS[task]:
        if count != LEARNED:
            yield _arm(task, f"with-{count}", f"{count:,} scenes, repeated in symmetric forms", learned=count)
        plain = ("training.augment=false",)
        yield _arm(task, f"without-{count}", f"{count:,} scenes, repeated as they are", plain, learned=count)
    yield replace(_arm(task, f"once-{REPEATED}", f"{REPEATED:,} scenes, each once", learned=REPEATED), once=True)


def _parts() -> Iterator[Arm]:
    """Single parts of the base put in or left out."""
    roles = (
        "zones.core.state=own",
        "zones.core.roles={fast: {reads: [own, field, input], writes: own, period: 4, phases: [0, 1, 2]},"
        " slow: {reads: [field, own], writes: field, period: 4, phases: [3]}}",
    )
    yield _arm("sudoku", "two-roles", "one zone in two roles, fast and slow, with a state of its own", roles)
    yield _arm("sudoku", "one-role", "the same state, one role", ("zones.core.state=own",))
    memory = (
        "zones={core: {kind: mixer, layers: 2, messages: 168, hidden: 224, write: replace},"
        " memory: {kind: archetype, archetypes: 32}}",
        *looped(32, 8),
    )
    yield _arm("sudoku", "archetypes", "the base's size, of which a part recalls 32 archetypes", memory)
    # Gradient through as many ticks as the base's: that where the loss stands is all that differs in a segment.
    end = (*looped(LOOPS, LOOPS), f"training.gradient_ticks={TICKS}")
    yield _arm("sudoku", "end-only", f"16 loops, learned from only at their end, through the last {TICKS}", end)


def _thinking(task: str) -> Iterator[Arm]:
    """The base, trained for longer, which is then asked to think longer than it was trained."""
    restless = ("will={ticks: 256, noise: 0.4, patience: 48}",)
    arm = _arm(task, "thinking", f"the base, trained {LONG:g} times as long", restless)
    yield replace(arm, longer=LONG, thinks=True)


def _all() -> Iterator[Arm]:
    for task in TASKS:
        yield from _sized(task)
        yield from _structured(task)
        yield from _thinking(task)
    for task in COUPLED:
        yield from _coupled(task)
    yield from _windowed()
    yield from _parts()
    for task in ("sudoku", "listops"):
        yield from _waves(task)
    for task in COUNTS:
        yield from _few(task)


ARMS: dict[str, Arm] = {arm.name: arm for arm in _all()}
"""Every arm by its name."""
