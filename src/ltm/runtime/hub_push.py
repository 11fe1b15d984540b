"""Pushes a brain's folder to the Hugging Face hub: verified first, in one commit, with a card that the hub can read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ltm.chart.document import MAX_TEXT
from ltm.errors import FolderError, HubError
from ltm.runtime.bodies import SKILLS_FOLDER
from ltm.runtime.folder import CARD, CHART, RECORD
from ltm.runtime.front_matter import with_front_matter
from ltm.runtime.hub import Address
from ltm.runtime.hub_access import Access, hub, retried
from ltm.runtime.listing import LICENSE, checked, inspect_folder, license_of
from ltm.runtime.record import MAX_RECORD, read_record
from ltm.runtime.skills import SKILLS, folders_of, has_skills
from ltm.runtime.weights import read_bytes

MAIN = "main"
_REPLACED = {RECORD, SKILLS, CARD, LICENSE}
"""Files that are the brain's wherever it is, whoever wrote those that are there."""
_RECORD = re.compile(rf"({SKILLS_FOLDER}/[a-z][a-z0-9_-]*/)?{re.escape(RECORD)}")
"""Records of an earlier brain, or of its skills: what they list goes, anything else in a repository stays."""


@dataclass(frozen=True)
class _Sent:
    """What a file of the repository shall hold: bytes, or a file that is read while it is sent.

    Attributes:
        content: bytes, or a path.
        sha256: of the file, as it was verified; None for bytes.
    """

    content: bytes | str
    sha256: str | None = None


@dataclass(frozen=True)
class Pushed:
    """A brain that was pushed.

    Attributes:
        address: where it is, by its commit.
        url: of the commit's page.
    """

    address: Address
    url: str


def push(
    folder: Path,
    repository: str,
    access: Access | None = None,
    *,
    private: bool | None = None,
    revision: str | None = None,
    commit_message: str | None = None,
    license: str | None = None,
) -> Pushed:
    """Pushes a brain, of one skill or several, byte for byte as it lies in its folder.

    Args:
        folder: of the brain; every file is verified before any is sent.
        repository: `owner/name`; made where there is none.
        access: how to reach the hub.
        private: whether a new repository is private; as the owner's account says when absent.
        revision: a branch, made where there is none; the main one when absent.
        commit_message: says what changed.
        license: such as `mit`; stands in the card where the card doesn't name one.

    Raises:
        FolderError: the brain is damaged, its card is no text, or it was changed while it was pushed.
        HubError: no access, nobody answers, somebody else pushed at the same time, or files of others that the brain
            would replace; a card and a license are replaced, and stay in the repository's history.
    """
    address = Address.of(repository)
    if address.revision is not None:
        raise HubError(f"{repository}: a branch is said by itself (revision), not after the name")
    access = access or Access()
    files = dict(_files(folder, license))
    api, branch = access.api(), revision or MAIN
    retried(lambda: api.create_repo(address.repository, private=private, exist_ok=True))
    if branch != MAIN:
        retried(lambda: api.create_branch(address.repository, branch=branch, exist_ok=True))

    def commit() -> Pushed:
        # Whole anew at every attempt: files that arrived at an earlier one are recognised and not sent twice.
        info = api.model_info(address.repository, revision=branch)
        there = {file.rfilename for file in info.siblings or ()}
        library = hub()
        operations = [library.CommitOperationAdd(name, sent.content) for name, sent in files.items()]
        for operation, (name, sent) in zip(operations, files.items(), strict=True):
            # Read once more by the library; what comes later the hub refuses, which takes large files by that hash.
            if sent.sha256 is not None and operation.upload_info.sha256.hex() != sent.sha256:
                raise FolderError(f"{folder / name}: changed while it was pushed")
        earlier = _earlier(there, Address(address.repository, info.sha), access)
        foreign = [
            name for name in sorted(there & set(files)) if name not in earlier and Path(name).name not in _REPLACED
        ]
        if foreign:
            words = f"holds {foreign[0]}, which belongs to no brain there and would be replaced"
            raise HubError(f"{address}: {words}; remove it there, or push to another repository")
        operations += [library.CommitOperationDelete(name) for name in sorted((there & earlier) - set(files))]
        done = api.create_commit(
            address.repository,
            operations,
            commit_message=commit_message or f"Push {folder.name} with ltm",
            revision=branch,
            parent_commit=info.sha,
        )
        return Pushed(Address(address.repository, done.oid), str(done.commit_url))

    return retried(commit)


def _files(folder: Path, license: str | None) -> Iterator[tuple[str, _Sent]]:
    """Yields the files of a brain by their names in the repository."""
    several = has_skills(folder)
    if several:
        yield SKILLS, _Sent(read_bytes(folder / SKILLS, MAX_RECORD))
    for name, place in folders_of(folder).items():
        said = read_bytes(place / RECORD, MAX_RECORD)
        record = inspect_folder(place)
        if read_record(said, str(place / RECORD)) != record:
            raise FolderError(f"{place / RECORD}: changed while it was pushed")
        before = f"{SKILLS_FOLDER}/{name}/" if several else ""
        for file, listed in record.files.items():
            data = checked(place, file, record)
            # Weights may be too large to be held until they are sent.
            weights = file.endswith(".safetensors")
            yield before + file, _Sent(str(place / file), listed.sha256) if weights else _Sent(data)
        yield before + RECORD, _Sent(said)
        yield before + CARD, _card(place, f"# {record.name}\n", _text(place / CHART), license)
        yield from _license(place, before)
    if several:
        skills = "\n".join(f"- [{name}]({SKILLS_FOLDER}/{name}/{CARD})" for name in folders_of(folder))
        text = f"# {folder.name}\n\nA brain of several skills, written by Local Thinking Models.\n\n{skills}\n"
        yield CARD, _card(folder, text, "", license)
        yield from _license(folder, "")


def _license(folder: Path, before: str) -> Iterator[tuple[str, _Sent]]:
    added = license_of(folder)
    if added is not None:
        yield before + LICENSE, _Sent(added)


def _card(folder: Path, otherwise: str, chart: str, license: str | None) -> _Sent:
    """Returns a folder's card, or another text where it has none, with a head that the hub can read."""
    text = _text(folder / CARD) if (folder / CARD).exists() else otherwise
    return _Sent(with_front_matter(text, chart, license).encode())


def _text(file: Path) -> str:
    try:
        return read_bytes(file, MAX_TEXT * 4).decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise FolderError(f"{file}: not UTF-8 text") from None


def _earlier(there: set[str], earlier: Address, access: Access) -> set[str]:
    """Returns the files of a repository that belong to a brain that was pushed before, by what its records list."""
    records = sorted(name for name in there if _RECORD.fullmatch(name))
    found = {SKILLS, CARD} if SKILLS in there else set()
    with TemporaryDirectory(prefix="ltm-push-") as cache:
        options = {"revision": earlier.revision, "cache_dir": cache, "endpoint": access.server, "token": access.token}
        for name in records:
            file = hub().hf_hub_download(earlier.repository, name, library_name="ltm", **options)
            try:
                record = read_record(read_bytes(Path(file), MAX_RECORD), name)
            except FolderError:
                continue  # of something else, or damaged: nothing is known of what belongs to it
            before = name.removesuffix(RECORD)
            found |= {before + part for part in (*record.files, RECORD, CARD)}
    return found
