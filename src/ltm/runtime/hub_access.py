"""How the Hugging Face hub is reached: its library, who asks, what is tried again, and what went wrong in words."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from ltm.errors import HubError, LtmError
from ltm.scenes.extras import library

WAITS = (0.5, 1.0, 2.0, 4.0)
"""Seconds before each further attempt."""
PASSING = (408, 425, 429, 500, 502, 503, 504)
"""What servers say when the same request may succeed later."""
_log = logging.getLogger("ltm")
T = TypeVar("T")


@dataclass(frozen=True)
class Access:
    """How the hub is reached.

    Attributes:
        token: to private repositories; the one that was logged in with when absent.
        cache_dir: where fetched files are kept; the hub's own cache when absent.
        endpoint: another hub than huggingface.co; `HF_ENDPOINT` when absent.
    """

    token: str | bool | None = None
    cache_dir: Path | str | None = None
    endpoint: str | None = None

    @property
    def server(self) -> str | None:
        """The server's address; None for the usual one."""
        return self.endpoint or os.environ.get("HF_ENDPOINT") or None

    def api(self) -> Any:
        """Returns the hub library's client."""
        return hub().HfApi(endpoint=self.server, token=self.token, library_name="ltm")


def hub() -> ModuleType:
    """Returns the hub's library.

    Raises:
        DataError: it is not installed; says how to get it.
    """
    # Unless told otherwise: it would ask the hub for a list of programs, to report which of them it runs in.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    for part in ("constants", "errors"):  # modules of the library that it doesn't import by itself
        library(f"huggingface_hub.{part}", "the hub")
    return library("huggingface_hub", "the hub")


def retried(request: Callable[[], T]) -> T:
    """Makes a request, again and again where what goes wrong may pass; then says what went wrong.

    Raises:
        HubError: in words a user can act on; other errors of this project pass as they are.
    """
    # `errors.HTTPError` is the base of whichever HTTP library the hub's uses; that has changed from version to version.
    # The library also raises plain ValueErrors and RuntimeErrors, some of them around one of the former.
    errors = hub().errors
    failures = (errors.HTTPError, errors.EntryNotFoundError, OSError, ValueError, RuntimeError)
    for wait in (*WAITS, None):
        try:
            return request()
        except LtmError:
            raise  # in words already
        except failures as problem:
            if wait is None or not _may_pass(problem):
                raise HubError(_words(problem)) from problem
            _log.info("the hub: %s; trying again in %s seconds", problem, wait)
            time.sleep(wait)
    raise AssertionError("the last attempt returns or raises")


def _may_pass(problem: BaseException) -> bool:
    response = getattr(problem, "response", None)
    if response is not None:
        return response.status_code in PASSING
    if isinstance(problem, hub().errors.HTTPError):
        return True  # nobody answered, or stopped answering
    return problem.__cause__ is not None and _may_pass(problem.__cause__)


def _words(problem: BaseException) -> str:
    """Returns what went wrong."""
    errors = hub().errors
    said = " ".join(str(problem).split())[:300]
    if isinstance(problem, errors.LocalEntryNotFoundError):
        cause = problem.__cause__
        if cause is None or isinstance(cause, errors.OfflineModeIsEnabled):
            return "not among what was fetched before, and nobody may be asked; fetch it once with a connection"
        return _words(cause)
    if isinstance(problem, errors.GatedRepoError):
        return f"access has to be asked for on the repository's page: {said}"
    if isinstance(problem, errors.RepositoryNotFoundError):
        return f"no such repository, or a private one; log in with 'hf auth login', or give a token: {said}"
    if isinstance(problem, errors.RevisionNotFoundError):
        return f"no such revision: {said}"
    if getattr(problem, "response", None) is not None:
        return f"the hub refuses: {said}"
    if isinstance(problem, errors.HTTPError):
        return f"the hub can't be reached ({said}); local_files_only=True takes what was fetched before"
    return said if problem.__cause__ is None else f"{said} {_words(problem.__cause__)}"
