"""What a chart says of scenes: where they come from, how they are read, and what leaves their meaning unchanged."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ltm.chart.base import Name, Part, parse_bytes
from ltm.chart.interchange import Groups, matching
from ltm.errors import DataError, first_mistake, nearest
from ltm.scenes.sources import find_source, source_names

MADE = 10_000
"""Scenes that built-in sources make unless told how many."""
PIPE = "-"
"""What a chart calls standard input."""


class ScenesSpec(Part):
    """Where scenes come from, and what leaves their meaning unchanged."""

    source: Annotated[str, Field(min_length=1, max_length=4096)] | None = None
    """A built-in source (`sudoku`, `maze`, `listops`, …), or a file (relative to the chart's folder); where scenes are
    streamed also `-`, a table piped into standard input."""
    count: Annotated[int, Field(ge=1, le=10**12)] | None = None
    """Built-in sources: how many scenes to make. When absent 10,000; where they are streamed, new ones without end."""
    stream: bool = False
    """Read scenes while they are learned from, rather than all of them before: in constant memory, however many."""
    buffer: Annotated[int, Field(ge=32, le=10**7)] = 4096
    """Streams: how many scenes are held, among which they are shuffled. Some of the first so many are set aside."""
    shard: tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=1, le=10**6)]] = (0, 1)
    """Streams: which part of the scenes to learn from, and how many there are: `[0, 4]` is the first of four. They
    share no scene and together are all of them; the same scenes are set aside in each."""
    options: dict[Name, Any] = Field(default_factory=dict)
    """Built-in sources: what scenes to make, by each source's own options, such as `{depth: [1, 9]}` of `listops`."""
    sizes: tuple[Annotated[int, Field(ge=5, le=255)], Annotated[int, Field(ge=5, le=255)]] | None = None
    """`maze`: another way to write `options: {sizes: …}`."""
    givens: tuple[Annotated[int, Field(ge=17, le=81)], Annotated[int, Field(ge=17, le=81)]] | None = None
    """`sudoku`: another way to write `options: {givens: …}`."""
    search_steps: tuple[Annotated[int, Field(ge=0, le=10_000)], Annotated[int, Field(ge=0, le=10_000)]] | None = None
    """`sudoku`: another way to write `options: {search_steps: …}`."""
    symmetries: tuple[Literal["relabel", "bands", "transpose", "dihedral", "jitter", "drop", "scatter"], ...] = ()
    """`relabel`: symbols from `relabel_from` on are interchangeable; `bands`: blocks of rows and columns, and lines in
    them, may be permuted; `transpose`; `dihedral`: rotations and reflections; `jitter`: pictures are moved,
    turned, stretched and slanted a little; `drop`: a quarter of the words of a text is left out;
    `scatter`: numbers that are seen are moved by a fifth of their spread, and a tenth of them is left out."""
    relabel_from: Annotated[int, Field(ge=0, le=249)] = 1
    """First of the symbols that `relabel` permutes; those before it, such as a blank, keep their meaning."""
    interchange: Annotated[Groups, AfterValidator(matching)] = ()
    """Groups of things that may take one another's place, such as colours: for each thing the symbols that stand for it
    in each column, `[{red: {goal: [red], view: [6, 12]}, blue: {goal: [blue], view: [7, 13]}}]`."""
    score: Literal["exact", "shortest-path"] = "exact"
    """What counts as a right answer: the very one in the data, or any shortest path."""
    validation: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Share of the scenes that is set aside, never fewer than 16 scenes nor more than 1,000."""
    replay: Annotated[int, BeforeValidator(parse_bytes), Field(ge=0, le=10**10)] = 200_000
    """Bytes of scenes that the brain keeps in its folder, to rehearse them once it learns something else and to judge
    itself by; 0 keeps none. Whoever gets the folder gets these scenes."""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0

    @property
    def made(self) -> int:
        """How many scenes to make where they are not streamed."""
        return MADE if self.count is None else self.count

    @model_validator(mode="after")
    def _stream_is_meant(self) -> ScenesSpec:
        low, high = self.shard
        if low >= high:
            raise ValueError(f"shard: part {low} of {high}; parts are numbered 0 to {high - 1}")
        if not self.stream and high > 1:
            raise ValueError("shard: only a stream comes in parts; set stream: true")
        if not self.stream and self.source == PIPE:
            raise ValueError("source: standard input (-) can only be streamed; set stream: true")
        return self

    @field_validator("options")
    @classmethod
    def _options_are_the_sources(cls, options: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        name = info.data.get("source")
        source = find_source(name)
        if not options or "source" not in info.data:
            return options
        if source is None:
            raise ValueError(f"options are for built-in sources ({', '.join(source_names())})")
        known = source.options.model_fields
        if source.options.model_config["extra"] == "forbid":
            for key in options:
                if key not in known:
                    choices = ", ".join(known) or "none"
                    raise ValueError(f"{key}: no option of source {name!r} (it has: {choices}){nearest(key, known)}")
        return source.options.model_validate(options).model_dump(mode="json", exclude_defaults=True)

    def options_of(self, name: str) -> Part:
        """Returns the options of a built-in source: this chart's where they are for it, its own otherwise.

        Raises:
            DataError: an older key holds what the source doesn't take.
        """
        source = find_source(name)
        assert source is not None
        # The three keys are older than `options`; what stands there counts more.
        older = {
            key: getattr(self, key) for key in ("sizes", "givens", "search_steps") if key in source.options.model_fields
        }
        given = {key: value for key, value in older.items() if value is not None}
        try:
            return source.options.model_validate({**given, **(self.options if self.source == name else {})})
        except ValidationError as problem:
            raise DataError(f"source {name!r}: {first_mistake(problem)}") from None
