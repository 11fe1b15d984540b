"""Folders in the hub's cache: what was fetched lies in `models--OWNER--NAME/snapshots/COMMIT`, which says its origin.

Other programs may fetch more of the same repository into such a folder.
"""

from __future__ import annotations

import re
from pathlib import Path

_FETCHED = re.compile(r"models--([\w.-]+?)--([\w.-]+)/snapshots/([0-9a-f]{40})(?:/skills/[a-z][a-z0-9_-]*)?", re.ASCII)


def origin_of(folder: Path) -> str | None:
    """Returns the address of a brain, or of the brain of a skill, that was fetched: `hf://owner/name@commit`.

    Returns:
        None for any other folder.
    """
    parts = folder.absolute().parts
    for depth in (3, 5):  # a whole brain; a skill of one
        if found := _FETCHED.fullmatch("/".join(parts[-depth:])):
            owner, name, commit = found.groups()
            return f"hf://{owner}/{name}@{commit}"
    return None
