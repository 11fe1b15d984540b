"""Brains on the Hugging Face hub: fetched strictly by what their records list, and pushed as they lie in their folder.

A revision that moves, such as a branch, is resolved to a commit once, and everything is fetched from that commit. What
is fetched is what `brain.json` lists, whose names can't lead out of the folder, and nothing else: a pickle beside it is
never asked for. Sizes are compared before a byte of weights is fetched, hashes when the brain is opened. Files lie in
the hub's own cache. The library resumes files that are cut off; what it leaves to its callers is retried.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ltm.chart.base import format_bytes
from ltm.chart.document import MAX_TEXT
from ltm.errors import FolderError, HubError
from ltm.runtime.bodies import SKILLS_FOLDER
from ltm.runtime.folder import CARD, RECORD
from ltm.runtime.hub_access import Access, hub, retried
from ltm.runtime.listing import LICENSE, MOST_LICENSE
from ltm.runtime.record import MAX_RECORD, read_record
from ltm.runtime.skills import SKILLS, read_skills
from ltm.runtime.weights import read_bytes

SCHEME = "hf://"
MOST_BYTES = 10 * 10**9
"""Of a whole brain; no larger one is built."""
COMMIT = re.compile(r"[0-9a-f]{40}")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
_REVISION = re.compile(r"[A-Za-z0-9][\w./-]{0,199}", re.ASCII)
_log = logging.getLogger("ltm")
Tell = Callable[[str], object]


@dataclass(frozen=True)
class Address:
    """Where a brain is on the hub.

    Attributes:
        repository: `owner/name`.
        revision: a commit, a branch or a tag; None for the main branch.
    """

    repository: str
    revision: str | None = None

    def __str__(self) -> str:
        return f"{SCHEME}{self.repository}" + (f"@{self.revision}" if self.revision else "")

    @classmethod
    def of(cls, text: str) -> Address:
        """Reads `owner/name`, `owner/name@revision`, or either after `hf://`.

        Raises:
            HubError: it is neither.
        """
        repository, at, revision = text.removeprefix(SCHEME).partition("@")
        if not _REPOSITORY.fullmatch(repository) or ".." in repository:
            raise HubError(
                f"{text}: neither a folder nor a place on the hub; expected owner/name or owner/name@revision"
            )
        if at and (not _REVISION.fullmatch(revision) or ".." in revision):
            raise HubError(f"{text}: {revision!r} is no revision; expected a commit, a branch or a tag")
        return cls(repository, revision or None)


@dataclass(frozen=True)
class Fetched:
    """A brain that was fetched.

    Attributes:
        folder: on this machine; in the hub's cache, so not to be written to.
        address: where it came from, by its commit.
    """

    folder: Path
    address: Address


def fetch(
    address: Address,
    access: Access | None = None,
    *,
    local_files_only: bool = False,
    force_download: bool = False,
    tell: Tell = _log.warning,
) -> Fetched:
    """Fetches a brain, of one skill or several; what is there already is not fetched again.

    Args:
        address: of the brain. A commit that has been fetched before is opened without any request.
        access: how to reach the hub.
        local_files_only: whether to take what was fetched before, and ask nobody.
        force_download: whether to fetch again what is there.
        tell: is told the commit that a revision stands for.

    Raises:
        HubError: no such repository or revision, no access, nobody answers, or nothing was fetched before.
        FolderError: what is there is no brain, or not what its records say.
    """
    access = access or Access()
    if local_files_only and force_download:
        raise HubError("local_files_only and force_download exclude one another")
    offline = local_files_only or hub().constants.HF_HUB_OFFLINE
    pinned = COMMIT.fullmatch(address.revision or "") is not None
    if offline:
        return _Fetching(address, access, None, force=False).brain()
    if pinned and not force_download:
        with suppress(HubError):  # a commit never changes, so nobody has to be asked
            return _Fetching(address, access, None, force=False).brain()
    info = retried(lambda: access.api().model_info(address.repository, revision=address.revision, files_metadata=True))
    sizes = {file.rfilename: file.size for file in info.siblings or ()}
    fetched = _Fetching(address, access, sizes, force=force_download, commit=info.sha).brain()
    if not pinned:
        tell(f"{address}: is commit {info.sha} today; the very same again is {fetched.address}")
    return fetched


class _Fetching:
    """Fetches the files of one brain.

    Args:
        address: of the brain.
        access: how to reach the hub.
        sizes: bytes of each file that is there; None where only what was fetched before is looked at.
        force: whether to fetch again what is there.
        commit: that the sizes are of.
    """

    def __init__(
        self,
        address: Address,
        access: Access,
        sizes: dict[str, int | None] | None,
        *,
        force: bool,
        commit: str | None = None,
    ) -> None:
        self.address, self.access, self.sizes, self.force, self.commit = address, access, sizes, force, commit
        self.revision = address.revision
        self.total = 0

    def brain(self) -> Fetched:
        """Fetches all that belongs to the brain."""
        first = SKILLS if self.sizes is not None and SKILLS in self.sizes else RECORD
        if self.sizes is not None and first not in self.sizes:
            raise FolderError(f"{self.address}: holds no brain: there is no {RECORD}")
        try:
            head = self._file(first, MAX_RECORD)
        except HubError:
            if self.sizes is not None:
                raise
            head = self._file(first := SKILLS, MAX_RECORD)
        folder = head.parent
        self.revision = folder.name  # the commit; whatever the branch does from now on
        if self.commit is not None and self.revision != self.commit:
            raise HubError(f"{self.address}: changed while it was looked at; try again")
        for file, size in self._listed(folder, first):
            self._file(file, size, exact=True)
        return Fetched(folder, Address(self.address.repository, self.revision))

    def _listed(self, folder: Path, first: str) -> Iterator[tuple[str, int]]:
        """Yields the files of all skills with their sizes, and fetches what lists them."""
        places = [""]
        if first == SKILLS:
            places = [f"{SKILLS_FOLDER}/{name}/" for name in read_skills(folder).skills]
            self._beside("")
        for place in places:
            if place:
                self._file(place + RECORD, MAX_RECORD)
            source = f"{self.address}/{place}{RECORD}"
            record = read_record(read_bytes(folder / place / RECORD, MAX_RECORD), source)
            self._beside(place)
            self.total += sum(file.bytes for file in record.files.values())
            if self.total > MOST_BYTES:
                raise FolderError(f"{self.address}: {format_bytes(self.total)}; at most {format_bytes(MOST_BYTES)}")
            for file, listed in record.files.items():
                yield place + file, listed.bytes

    def _beside(self, place: str) -> None:
        """Fetches what belongs to a brain and isn't listed, where it is there."""
        for file, most in ((CARD, MAX_TEXT * 4), (LICENSE, MOST_LICENSE)):
            if self.sizes is not None and place + file in self.sizes:
                self._file(place + file, most)

    def _file(self, file: str, size: int, *, exact: bool = False) -> Path:
        """Fetches a file of a size, or of at most that size."""
        if self.sizes is not None:
            found = self.sizes.get(file)
            if file not in self.sizes:
                raise FolderError(f"{self.address}: {file} is missing there")
            if found is not None and (found != size if exact else found > size):
                words = f"{RECORD} says {size:,}" if exact else f"at most {size:,} are read"
                raise FolderError(f"{self.address}: {file} has {found:,} bytes; {words}; not fetched")
        options = {"revision": self.revision, "cache_dir": self.access.cache_dir, "force_download": self.force}
        options |= {"endpoint": self.access.server, "token": self.access.token, "library_name": "ltm"}
        options |= {"local_files_only": self.sizes is None}
        return Path(retried(lambda: hub().hf_hub_download(self.address.repository, file, **options)))
