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
from ltm.runtime.listing import checked, inspect_folder
from ltm.runtime.record import MAX_RECORD, TOKENIZER, read_record
from ltm.runtime.skills import SKILLS, folders_of, has_skills
from ltm.runtime.weights import read_bytes

MAIN = "main"
_OURS = re.compile(
    rf"({SKILLS_FOLDER}/[a-z][a-z0-9_-]*/)?"
    r"(brain\.json|skills\.json|README\.md|chart\.yaml|tokenizer\.json"
    r"|(connectome|familiarity|rehearsal)\.safetensors|zones/[a-z][a-z0-9_-]*\.safetensors)"
)
"""Files that a brain's folder may hold: those of an earlier brain go, anything else in a repository stays. Models of
others have a `tokenizer.json` too: it goes only if the earlier brain's record lists it."""


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
        HubError: no access, nobody answers, or somebody else pushed at the same time.
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
        gone = [name for name in sorted(there - set(files)) if _OURS.fullmatch(name)]
        earlier = Address(address.repository, info.sha)
        gone = [name for name in gone if Path(name).name != TOKENIZER or _listed(name, there, earlier, access)]
        operations += [library.CommitOperationDelete(name) for name in gone]
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
    if several:
        skills = "\n".join(f"- [{name}]({SKILLS_FOLDER}/{name}/{CARD})" for name in folders_of(folder))
        text = f"# {folder.name}\n\nA brain of several skills, written by Local Thinking Models.\n\n{skills}\n"
        yield CARD, _card(folder, text, "", license)


def _card(folder: Path, otherwise: str, chart: str, license: str | None) -> _Sent:
    """Returns a folder's card, or another text where it has none, with a head that the hub can read."""
    text = _text(folder / CARD) if (folder / CARD).exists() else otherwise
    return _Sent(with_front_matter(text, chart, license).encode())


def _text(file: Path) -> str:
    try:
        return read_bytes(file, MAX_TEXT * 4).decode().replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise FolderError(f"{file}: not UTF-8 text") from None


def _listed(file: str, there: set[str], earlier: Address, access: Access) -> bool:
    """Whether the record of an earlier brain lists a file that lies beside it in the repository."""
    before, slash, name = file.rpartition("/")
    record = before + slash + RECORD
    if record not in there:
        return False
    with TemporaryDirectory(prefix="ltm-push-") as cache:
        options = {"revision": earlier.revision, "cache_dir": cache, "endpoint": access.server, "token": access.token}
        found = hub().hf_hub_download(earlier.repository, record, library_name="ltm", **options)
        try:
            return name in read_record(read_bytes(Path(found), MAX_RECORD), record).files
        except FolderError:
            return False
