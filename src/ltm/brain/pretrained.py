"""The usual three words for models that are saved, read and shared, for brains."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from ltm.brain.brain import Brain
    from ltm.runtime.hub_push import Pushed


class Pretrained:
    """What a brain can do with folders and with the Hugging Face hub; reading is always strict."""

    origin: str | None = None
    """Where its weights were fetched from, by commit: `hf://owner/name@…`. Brains saved from it say so too."""
    license: bytes | None = None
    """The text that lay beside it; it is written with it."""

    @classmethod
    def from_pretrained(
        cls,
        place: str | Path,
        *,
        revision: str | None = None,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        local_files_only: bool = False,
        force_download: bool = False,
        endpoint: str | None = None,
    ) -> Brain:
        """Reads a brain from a folder, or from the hub, where only what its record lists is fetched.

        Args:
            place: a brain folder; or `owner/name`, `owner/name@revision`, with or without `hf://`.
            revision: a commit, a branch or a tag; the main branch's commit of today when absent, which is logged.
            token: to private repositories; the one that was logged in with when absent.
            cache_dir: where fetched files are kept; the hub's own cache when absent.
            local_files_only: whether to take what was fetched before, and ask nobody.
            force_download: whether to fetch again what is there.
            endpoint: another hub than huggingface.co.

        Raises:
            HubError: it can't be fetched.
            FolderError: no brain of one skill, or files are missing, damaged, exchanged or hold NaN.
            DataError: `ltm[hub]` is not installed.
        """
        from dataclasses import replace

        from ltm.errors import FolderError, HubError
        from ltm.runtime.brains import load_brain
        from ltm.runtime.hub import SCHEME, Address, fetch
        from ltm.runtime.hub_access import Access
        from ltm.runtime.skills import has_skills

        folder, origin = Path(place), None
        if str(place).startswith(SCHEME) or not folder.is_dir():
            address = Address.of(str(place))
            if revision is not None:
                if address.revision not in (None, revision):
                    raise HubError(f"{address}: and revision {revision!r}; say one of them")
                address = Address.of(str(replace(address, revision=revision)))
            access = Access(token, cache_dir, endpoint)
            fetched = fetch(address, access, local_files_only=local_files_only, force_download=force_download)
            folder, origin = fetched.folder, str(fetched.address)
        elif revision is not None:
            raise HubError(f"{place}: a folder, which has no revision {revision!r}")
        if has_skills(folder):
            raise FolderError(f"{place}: a brain of several skills; ltm.runtime.skills.load_skills reads {folder}")
        try:
            brain, _ = load_brain(folder)
        except FolderError as problem:
            again = f"; fetched from {origin}: force_download=True fetches it again" if origin else ""
            raise FolderError(f"{problem}{again}") from None
        return brain

    def save_pretrained(self, folder: str | Path, *, record: dict[str, Any] | None = None) -> None:
        """Writes a brain folder, whole or not at all.

        Args:
            folder: one that holds a brain is replaced, anything else is refused.
            record: `provenance` and `measured` for `brain.json`.

        Raises:
            LtmError: the folder holds something else, the weights hold NaN, or the disk is full.
        """
        from ltm.runtime.brains import save_brain

        save_brain(cast("Brain", self), Path(folder), record)

    def push_to_hub(
        self,
        repository: str,
        *,
        private: bool | None = None,
        revision: str | None = None,
        commit_message: str | None = None,
        license: str | None = None,
        record: dict[str, Any] | None = None,
        token: str | bool | None = None,
        endpoint: str | None = None,
    ) -> Pushed:
        """Saves the brain and pushes its folder to the hub, in one commit.

        Args:
            repository: `owner/name`; made where there is none.
            private: whether a new repository is private; as the owner's account says when absent.
            revision: a branch, made where there is none; the main one when absent.
            commit_message: says what changed.
            license: such as `mit`, for the card.
            record: `provenance` and `measured` for `brain.json`.
            token: with the right to write; the one that was logged in with when absent.
            endpoint: another hub than huggingface.co.

        Returns:
            Where it is, by its commit.

        Raises:
            HubError: no access, nobody answers, or somebody else pushed at the same time.
            DataError: `ltm[hub]` is not installed.
        """
        from ltm.runtime.hub_access import Access
        from ltm.runtime.hub_push import push

        with TemporaryDirectory(prefix="ltm-push-") as place:
            folder = Path(place) / repository.rpartition("/")[2]
            self.save_pretrained(folder, record=record)
            return push(
                folder,
                repository,
                Access(token, None, endpoint),
                private=private,
                revision=revision,
                commit_message=commit_message,
                license=license,
            )
