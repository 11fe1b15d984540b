"""What a person may wish for by name: which scenes teach it, which kinds of zone suit it, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ltm.errors import LtmError, nearest
from ltm.scenes.running import FAMILY, MANUAL

USUAL_BYTES = 2_000_000
"""Of weights, where nothing was measured: what `ltm fit` takes unless told."""
USUAL_MINUTES = 15.0
"""Of training, likewise."""


@dataclass(frozen=True)
class Measured:
    """A result of this project that says which size is enough; a test holds it to its file.

    Attributes:
        result: file under `benchmarks/results`, without its suffix.
        parameters: of the brain that was measured.
        minutes: that it was trained.
        path: where in the file the score is; a key that ends in `*` stands for all seeds.
        score: the share that was right, the median where there are several seeds.
        words: of what.
    """

    result: str
    parameters: int
    minutes: float
    path: tuple[str, ...]
    score: float
    words: str

    def told(self) -> str:
        """Says what was measured, and where it stands."""
        size = f"{self.parameters:,} parameters, {self.minutes:g} minutes"
        return f"{100 * self.score:.3g} % {self.words} ({size}; benchmarks/results/{self.result}.json)"


@dataclass(frozen=True)
class Shipped:
    """A brain that comes with the package and has a skill already.

    Attributes:
        brain: what verbs that read a brain call it; it has one skill, of the same name.
        measured: of it.
    """

    brain: str
    measured: Measured


@dataclass(frozen=True)
class Looking:
    """A zone that looks through a pretrained model, frozen, where that was measured to be better than without.

    Attributes:
        chart: the shipped chart that has such a zone; it sees one thing and answers one.
        measured: with the zone.
        scratch: of a brain that learned all by itself from the same scenes; of the same file.
    """

    chart: str
    measured: Measured
    scratch: Measured

    def told(self) -> str:
        """Says what was measured of both."""
        return f"{self.measured.told()}, {100 * self.scratch.score:.3g} % from scratch"


@dataclass(frozen=True)
class Skill:
    """A skill.

    Attributes:
        about: what it is, in a few words.
        source: the built-in source that teaches it; None where only a person's own data do.
        family: sources of which there are many, such as `text:FILE`, that a person's file is made one of; otherwise a
            file is a table.
        chart: the shipped chart that it starts from; None for what `ltm fit` would propose.
        rungs: settings of that chart, from the smallest size to the largest that is worth training here.
        measured: which size and how many minutes are enough; None where nobody has measured.
        extra: the extra of this package that its scenes need.
        pretrained: families of the catalogue whose models have the skill already.
        ships: the brain that comes with the package and has the skill; for the scenes of `source` only.
        looking: what a person's own scenes may be looked at through.
    """

    about: str
    source: str | None = None
    family: str | None = None
    chart: str | None = None
    rungs: tuple[tuple[str, ...], ...] = ((),)
    measured: Measured | None = None
    extra: str | None = None
    pretrained: tuple[str, ...] = ()
    ships: Shipped | None = None
    looking: Looking | None = None

    @property
    def good(self) -> int:
        """Bytes of weights that are enough, as measured."""
        return USUAL_BYTES if self.measured is None else 4 * self.measured.parameters

    @property
    def minutes(self) -> float:
        """Minutes of training that are enough, as measured."""
        return USUAL_MINUTES if self.measured is None else self.measured.minutes


def _rung(width: int, layers: int) -> tuple[str, ...]:
    return (f"field.width={width}", f"zones.core.layers={layers}")


_EYE = Measured(
    "visual-sudoku-3min",
    216_988,
    3.0,
    ("runs", "*", "digits"),
    0.9811320754716981,
    "of larger pictures of digits, 28×28, read by the eye of visual Sudoku",
)
_SUDOKU = Measured(
    "sudoku-sudoku-30min",
    349_316,
    30.0,
    ("runs", "*", "tiers", "expert", "will", "exact"),
    0.96,
    "of expert puzzles solved whole",
)
_MAZE = Measured(
    "mazes-20min",
    156_164,
    20.0,
    ("runs", "*", "sizes", "9-13", "4", "exact"),
    0.995,
    "of mazes of 9 to 13 squares a side",
)
_TEXT = Measured(
    "text-3min", 273_092, 3.0, ("runs", "brain/*", "test", "exact"), 0.7719812426729191, "of film reviews judged right"
)
_WALKER = Measured(
    "minigrid-GoToLocal-5min",
    207_604,
    5.0,
    ("runs", "brain/*", "success"),
    0.86,
    "of missions of BabyAI's GoToLocal done",
)

_SHIPPED = Shipped(
    "sudoku",
    Measured(
        "shipped",
        349_316,
        45.0,
        ("runs", "expert/1", "exact"),
        0.975,
        "of expert puzzles solved whole, in up to 1,024 ticks",
    ),
)


_ZONE, _SCRATCH = ("runs", "frozen zone/*", "exact"), ("runs", "from scratch/*", "exact")
_REVIEWS, _VOICES = "of English film reviews judged right", "of eight spoken words known in other voices"
_MINILM = Looking(
    "minilm",
    Measured("pretrained-polarity-5min", 129_604, 5.0, _ZONE, 0.8089097303634232, _REVIEWS),
    Measured("pretrained-polarity-5min", 273_092, 5.0, _SCRATCH, 0.7778429073856975, _REVIEWS),
)
_EAR = Looking(
    "speech-embedding",
    Measured("pretrained-words-1min", 47_876, 1.0, _ZONE, 0.9583333333333334, _VOICES),
    Measured("pretrained-words-1min", 386_828, 1.0, _SCRATCH, 0.7777777777777778, _VOICES),
)

SKILLS: dict[str, Skill] = {
    "sudoku": Skill("solves Sudoku", source="sudoku", measured=_SUDOKU, ships=_SHIPPED),
    "maze": Skill("finds shortest paths", source="maze", measured=_MAZE),
    "listops": Skill("works out nested lists", source="listops"),
    "digits": Skill("reads handwritten digits", source="digits", measured=_EYE, extra="data"),
    "vision": Skill("tells what pictures show", source="digits", measured=_EYE, extra="data"),
    "fashion": Skill("tells clothes apart", source="fashion"),
    "arc": Skill("finds the rule behind pairs of grids", source="arc", extra="data"),
    "minigrid": Skill("walks to what it is told", source="minigrid", measured=_WALKER, extra="data"),
    "language": Skill(
        "goes on with texts",
        source=f"{FAMILY}:{MANUAL}",
        family="text",
        chart="rwkv7-tiny",
        rungs=(_rung(32, 2), _rung(64, 2), _rung(64, 4), _rung(96, 4), _rung(128, 4)),
        pretrained=("llama", "rwkv-7", "phi"),
    ),
    "text": Skill("judges texts", measured=_TEXT, looking=_MINILM),
    "words": Skill("tells spoken words apart", extra="audio", looking=_EAR),
    "audio": Skill("tells what sounds are", extra="audio"),
    "table": Skill("answers from rows of a table"),
}
"""Every skill. A new one is a line here."""


@dataclass(frozen=True)
class Data:
    """A person's own scenes for a skill: a file, and for tables the columns that are seen and answered."""

    file: str
    see: tuple[str, ...] = ()
    do: tuple[str, ...] = ()


def find_skills(names: tuple[str, ...], data: Mapping[str, Data]) -> dict[str, Skill]:
    """Returns skills by name, in the order in which they were wished for.

    Raises:
        LtmError: an unknown one, with the nearest; one that needs a person's own data and has none; or data for a
            skill that nobody wished for.
    """
    if not names:
        raise LtmError(f"--skills: name some of {', '.join(SKILLS)}")
    for name in names:
        if name not in SKILLS:
            known = nearest(name, SKILLS) or f"; there are {', '.join(SKILLS)}"
            raise LtmError(f"--skills: no skill {name[:60]!r}{known}")
        if names.count(name) > 1:
            raise LtmError(f"--skills: {name!r} is named twice")
        if SKILLS[name].source is None and name not in data:
            raise LtmError(
                f"--skills {name}: no built-in source teaches it; name your own scenes: "
                f"--data {name}=FILE --see {name}=COLUMN --do {name}=COLUMN"
            )
    for name in data:
        if name not in names:
            raise LtmError(
                f"--data {name}=…: {name!r} is not among --skills ({', '.join(names)}){nearest(name, names)}"
            )
    # What was measured was measured of other scenes than a person's own, and a brain that ships learned from others.
    own = {name: replace(SKILLS[name], measured=None, ships=None) for name in data}
    return {name: own.get(name, SKILLS[name]) for name in names}
