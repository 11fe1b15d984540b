"""What an attempt at a new skill was begun with, so that going on with it can't quietly mean something else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from ltm.chart.base import Name, Part
from ltm.errors import FolderError, LtmError, first_mistake
from ltm.runtime.atomic import write_file
from ltm.runtime.listing import RECORD
from ltm.runtime.record import Digest
from ltm.runtime.weights import read_bytes, sha256

ATTEMPT = "grow.json"
_MOST = 1_000_000


class Attempt(Part):
    """The content of `grow.json` in the run's folder.

    Attributes:
        asked: what each option was, as text.
        zones: from zones of the new skill to the earlier skill and zone whose body they have.
        skills: hashes of the earlier skills that are used.
    """

    asked: dict[str, str]
    zones: dict[Name, tuple[Name, Name]]
    skills: dict[Name, Digest]

    def write(self, run: Path) -> None:
        """Writes it beside the run's chart."""
        write_file(run / ATTEMPT, self.model_dump_json(indent=1).encode() + b"\n")

    @classmethod
    def read(cls, run: Path) -> Attempt | None:
        """Returns what an attempt was begun with; None where that was never written down.

        Raises:
            FolderError: the file is damaged.
        """
        if not (run / ATTEMPT).exists():
            return None
        try:
            return cls.model_validate_json(read_bytes(run / ATTEMPT, _MOST))
        except ValidationError as problem:
            raise FolderError(f"{run / ATTEMPT}: {first_mistake(problem)}; remove {run} to begin anew") from None

    def check(self, asked: Mapping[str, str], folders: Mapping[str, Path], run: Path) -> None:
        """Makes sure that the same is asked for as when the attempt was begun.

        Args:
            asked: what each option is now.
            folders: of the brain's skills as they are now.
            run: where the attempt is, for messages.

        Raises:
            LtmError: names everything that has changed.
        """
        changed = [
            f"{option} was {self.asked.get(option) or 'not given'}, now {asked.get(option) or 'not given'}"
            for option in {**self.asked, **asked}
            if self.asked.get(option, "") != asked.get(option, "")
        ]
        for skill, digest in self.skills.items():
            if skill not in folders:
                changed.append(f"skill '{skill}', which it uses, is gone")
            elif sha256(folders[skill] / RECORD) != digest:
                changed.append(f"skill '{skill}', which it uses, has changed")
        if changed:
            raise LtmError(
                f"{run}: holds an interrupted attempt that was begun otherwise: {'; '.join(changed)}. "
                "Ask for the same as then, or remove that folder to begin anew"
            )
