"""Pushes a brain's folder to the Hugging Face hub: verified first, in one commit, with a card that the hub can read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ltm.errors import HubError
from ltm.runtime.bodies import SKILLS_FOLDER
from ltm.runtime.folder import CARD, CHART, RECORD
from ltm.runtime.front_matter import with_front_matter
from ltm.runtime.hub import Address
from ltm.runtime.hub_access import Access, hub, retried
from ltm.runtime.listing import checked, inspect_folder
from ltm.runtime.skills import SKILLS, folders_of, has_skills

MAIN = "main"
_OURS = re.compile(
    rf"({SKILLS_FOLDER}/[a-z][a-z0-9_-]*/)?"
    r"(brain\.json|skills\.json|README\.md|chart\.yaml|\w+\.safetensors|zones/[a-z][a-z0-9_-]*\.safetensors)"
)
"""Files that a brain's folder may hold: those of an earlier brain go, anything else in a repository stays."""


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
        FolderError: the brain is damaged.
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
        operations = [library.CommitOperationAdd(name, content) for name, content in files.items()]
        gone = sorted(name for name in there - set(files) if _OURS.fullmatch(name))
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


def _files(folder: Path, license: str | None) -> Iterator[tuple[str, str | bytes]]:
    """Yields the files of a brain by their names in the repository: a path, or what is sent in its place."""
    several = has_skills(folder)
    if several:
        yield SKILLS, str(folder / SKILLS)
    for name, place in folders_of(folder).items():
        record = inspect_folder(place)
        before = f"{SKILLS_FOLDER}/{name}/" if several else ""
        for file in record.files:
            checked(place, file, record)
            yield before + file, str(place / file)
        yield before + RECORD, str(place / RECORD)
        text = (place / CARD).read_text(encoding="utf-8") if (place / CARD).is_file() else f"# {record.name}\n"
        chart = (place / CHART).read_text(encoding="utf-8")
        yield before + CARD, with_front_matter(text, chart, license).encode()
    if several and not (folder / CARD).exists():
        skills = "\n".join(f"- [{name}]({SKILLS_FOLDER}/{name}/{CARD})" for name in folders_of(folder))
        text = f"# {folder.name}\n\nA brain of several skills, written by Local Thinking Models.\n\n{skills}\n"
        yield CARD, with_front_matter(text, "", license).encode()
