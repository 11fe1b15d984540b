"""`brain.json`: what a brain folder says about itself — its files, where it comes from, and what was measured."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Literal

import torch
from pydantic import Field, ValidationError, model_validator

from ltm.chart.base import Name, Part
from ltm.errors import FolderError

FORMATS = (1, 2, 3, 4)
"""Versions of the brain folder's format that are read. 2 adds what a brain keeps to rehearse, and zones whose body lies
in another skill's file; 3 adds weights in eight bits; 4 the tokenizer of a model from elsewhere."""
CHART = "chart.yaml"
CONNECTOME = "connectome.safetensors"
FAMILIARITY = "familiarity.safetensors"
"""How known scenes look to the senses; not all brains have measured it."""
REHEARSAL = "rehearsal.safetensors"
"""Scenes that the brain keeps, to rehearse and to judge itself by; see `ltm.brain.rehearsal`."""
TOKENIZER = "tokenizer.json"
"""What texts are read with, where the chart names it; see `ltm.senses.tokenizer`."""
MAX_RECORD = 4_000_000
"""Bytes of `brain.json`."""

FileName = Annotated[
    str,
    Field(
        pattern=r"^(chart\.yaml|tokenizer\.json|(connectome|familiarity|rehearsal)\.safetensors|zones/[a-z][a-z0-9_-]{0,39}\.safetensors)$"
    ),
]
"""The only names a record may list, so that none can lead out of the folder."""
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""A SHA-256 in hexadecimal digits."""
Scalar = bool | int | float | Annotated[str, Field(max_length=1000)] | None
"""One measured value."""
_Line = Annotated[str, Field(max_length=4000)]
_Count = Annotated[int, Field(ge=0, le=10**15)]


class FileRecord(Part):
    """One file of the folder."""

    sha256: Digest
    bytes: _Count
    parameters: _Count = 0
    """Numbers in it that were learned."""
    weights: Literal["fp32", "int8"] = "fp32"
    """How its matrices are written; see `ltm.runtime.int8`."""
    body: Digest | None = None
    """Of a zone whose body another skill of the same brain holds: the SHA-256 of that skill's zone file."""


class Provenance(Part):
    """Where the weights come from."""

    ltm: _Line = ""
    torch: _Line = ""
    python: _Line = ""
    processor: _Line = ""
    seed: int | None = None
    steps: _Count | None = None
    seconds: Annotated[float, Field(ge=0)] | None = None
    precision: Literal["fp32", "bf16"] | None = None
    """Of matrix products while training."""
    threads: _Count | None = None
    """Cores that trained it; another number adds sums up in another order, and weights differ a little."""
    data: _Line = ""
    """What the brain learned from, in words."""
    origin: Annotated[str, Field(max_length=300)] | None = None
    """The commit on the hub from which its weights were fetched, or with which they began."""
    models: _Line | None = None
    """Pretrained models that its zones look through, which aren't in the folder, and the commands that get them."""
    data_sha256: Digest | None = None
    aside_sha256: Digest | None = None
    """Fingerprint of the scenes that were set aside, and so never learned from."""
    zones: Annotated[dict[Name, ZoneOrigin], Field(max_length=4096)] | None = None
    """Of zones that were carried here from other brains: where they come from."""


class ZoneOrigin(Part):
    """Where a zone comes from that was carried from another brain; see `ltm.runtime.zone_file`."""

    brain: _Line
    """The name of that brain."""
    zone: Name
    """What the zone was called there."""
    sha256: Digest
    """Of its file there."""
    provenance: Annotated[Provenance, Field(default_factory=lambda: Provenance())]
    """Where its weights come from; where it had been carried before, under `zones` by its name there."""

    def words(self) -> str:
        """Says it in a line."""
        told = [f"{self.zone} of {self.brain}", f"sha256 {self.sha256}"]
        told += [self.provenance.data] if self.provenance.data else []
        told += [f"from {self.provenance.origin}"] if self.provenance.origin else []
        return ", ".join(told)


Provenance.model_rebuild()


class BrainRecord(Part):
    """The whole of `brain.json`."""

    format: Literal[1, 2, 3, 4] = 1
    name: Name
    about: _Line = ""
    parameters: _Count = 0
    """Numbers that were learned, in all files."""
    files: Annotated[dict[FileName, FileRecord], Field(max_length=4100)]
    provenance: Provenance = Provenance()
    measured: Annotated[
        dict[
            Annotated[str, Field(max_length=200)],
            Annotated[dict[Annotated[str, Field(max_length=200)], Scalar], Field(max_length=100)] | Scalar,
        ],
        Field(default_factory=dict, max_length=1000),
    ]
    """Results by name: a value, or a row of values by column."""

    @model_validator(mode="after")
    def _complete(self) -> BrainRecord:
        missing = [name for name in (CHART, CONNECTOME) if name not in self.files]
        if missing or not self.zones:
            raise ValueError(f"files: {(missing or ['zones/*.safetensors'])[0]} is not listed")
        int8 = any(file.weights == "int8" for file in self.files.values())
        if self.format < needed_format(self.files, any(file.body for file in self.files.values()), int8):
            raise ValueError("format: 1 has neither rehearsal nor shared bodies, 2 no eight bits, and 3 no tokenizer")
        if any(file.body and not name.startswith("zones/") for name, file in self.files.items()):
            raise ValueError("files: only a zone has a body")
        return self

    @property
    def weight_bytes(self) -> int:
        """Bytes of the files that hold weights."""
        beside = (REHEARSAL, FAMILIARITY)
        return sum(
            file.bytes for name, file in self.files.items() if name.endswith(".safetensors") and name not in beside
        )

    @property
    def zones(self) -> tuple[str, ...]:
        """Names of the zones whose files are listed."""
        prefix, suffix = "zones/", ".safetensors"
        return tuple(n.removeprefix(prefix).removesuffix(suffix) for n in self.files if n.startswith(prefix))


def read_record(data: bytes, source: str) -> BrainRecord:
    """Reads the content of `brain.json`.

    Raises:
        FolderError: not JSON, of another format version, or with missing, unknown or impossible entries.
    """
    try:
        return BrainRecord.model_validate_json(data, strict=True)
    except ValidationError as problem:
        error = problem.errors(include_url=False)[0]
        where = ".".join(str(part)[:60] for part in error["loc"])
        if error["loc"] == ("format",):
            raise FolderError(
                f"{source}: format {str(error['input'])[:20]}; "
                f"this version of ltm reads format {FORMATS[0]} to {FORMATS[-1]}"
            ) from None
        raise FolderError(f"{source}: {where + ': ' if where else ''}{error['msg'][:200]}") from None


def needed_format(files: Iterable[str], bodies: bool, int8: bool) -> int:
    """Returns the oldest format that can hold some files, of which zones may have their bodies elsewhere."""
    if TOKENIZER in files:
        return 4
    if int8:
        return 3
    return 2 if bodies or REHEARSAL in files else 1


def here() -> dict[str, str]:
    """Returns the versions and the processor that a brain is trained with, as part of its provenance."""
    try:
        version = importlib.metadata.version("ltm")
    except importlib.metadata.PackageNotFoundError:
        version = "unknown"
    return {"ltm": version, "torch": torch.__version__, "python": platform.python_version(), "processor": processor()}


def processor() -> str:
    """Returns the processor's name."""
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
