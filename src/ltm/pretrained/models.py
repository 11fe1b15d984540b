"""From what a chart calls a model to its facts, the digest of its files, and the model itself, loaded once a process.

A name of the table stands for a package's files; anything with a slash, or with the ending of a file that is read, for
a folder or a file, seen from where one stands.
"""

from __future__ import annotations

import functools
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from ltm.errors import FolderError, LtmError, nearest
from ltm.pretrained import transformer
from ltm.pretrained.above import Above
from ltm.pretrained.facts import Facts
from ltm.pretrained.forms import FILES, form_of
from ltm.pretrained.frozen import Frozen
from ltm.pretrained.installed import content_of, folder_of
from ltm.pretrained.known import KNOWN
from ltm.pretrained.speaking import Numbers
from ltm.runtime.weights import read_bytes

Stamps = tuple[tuple[str, int, int], ...]
"""Name, size and time of each file of a model."""
MOST_LOADED = 16
"""Models that stay loaded, parts of one counted apart."""
_loaded: OrderedDict[tuple[Hashable, ...], Any] = OrderedDict()
"""By name, files, and what of them is run."""


def facts_of(model: str, layers: int | None = None) -> Facts:
    """Returns what has to be known of a model before it is loaded.

    Args:
        model: a name of the table, or the path of a folder or of a file.
        layers: only the first so many of it; all when absent.

    Raises:
        LtmError: no such model, or one that can't be cut there.
        FolderError: a path that holds none, or a damaged one.
    """
    if model in KNOWN:
        known = KNOWN[model]
        if layers is None:
            return known.facts
        if known.cut is None:
            raise LtmError(f"layers: model {model!r} can't be cut")
        return known.cut(layers)
    path = _path(model)
    return _facts_at(path, _stamps(path), layers)


def digest_of(model: str) -> bytes:
    """Returns 32 bytes that say which files a model is made of; of the table's models they need not be there.

    Raises:
        LtmError: no such model.
        FolderError: a path that holds none.
    """
    if model in KNOWN:
        return _together(KNOWN[model].files)
    path = _path(model)
    return _digest_at(path, _stamps(path))


def frozen(model: str, layers: int | None = None) -> Frozen:
    """Returns a model, loaded and checked.

    Args:
        model: as for `facts_of`.
        layers: likewise.

    Raises:
        LtmError: no such model, or its package isn't installed; says how to get it.
        FolderError: files that are missing, damaged, or not those of the table.
    """
    made: Frozen = _once((model, stamp_of(model), layers), lambda: _load(model, layers))
    return made


def above(model: str, layers: int | None, last: int) -> Above:
    """Returns the last of a model's layers, loaded and checked, for zones that adapt them.

    Args:
        model: as for `facts_of`, which says how many of its layers are adaptable.
        layers: only the first so many of it are run; all when absent.
        last: how many of those.

    Raises:
        LtmError: as for `frozen`.
        FolderError: likewise.
    """
    made: Above = _once((model, stamp_of(model), layers, last), lambda: _above(model, layers, last))
    return made


def let_go(model: str, parts: Sequence[tuple[int | None, ...]] | None = None) -> None:
    """Forgets a loaded model with all that it has made; who asks for it again loads it again.

    Args:
        model: as for `facts_of`; one that isn't loaded is no mistake.
        parts: only these of it: the `layers` of `frozen`, or the `layers` and `last` of `above`; all when absent.
    """
    for key in [key for key in _loaded if key[0] == model and (parts is None or key[2:] in parts)]:
        del _loaded[key]


def vocabulary_of(model: str) -> str:
    """Returns the content of a `tokenizer.json` for the texts that a model takes.

    Raises:
        LtmError: its package isn't installed.
        FolderError: missing, damaged, or another file than the table's.
    """
    if model in KNOWN:
        held, folder = KNOWN[model].vocabulary, folder_of(model)
        assert held is not None  # only models that take texts are asked
        return held.read(content_of(KNOWN[model], folder, held.file), str(folder / held.file))
    path = _path(model)
    held = form_of(path).vocabulary
    assert held is not None
    file = path / held.file if path.is_dir() else path
    return held.read(read_bytes(file), str(file))


def numbers_of(model: str) -> Numbers | None:
    """Returns what turns a text into the tokens that a model takes, where its vocabulary is none of its files.

    Raises:
        FolderError: a path that holds no model, or a damaged one.
    """
    if model in KNOWN:
        return None
    path = _path(model)
    numbers = form_of(path).numbers
    return None if numbers is None else numbers(path)


def wanted(models: Iterable[str]) -> str:
    """Says which models somebody needs who gets a brain, and how to get those of the table."""
    named = dict.fromkeys(models)
    return "; ".join(f"{model} ({KNOWN[model].command})" if model in KNOWN else Path(model).name for model in named)


def stamp_of(model: str) -> Stamps:
    """Returns what changes when a model's files do, as far as their sizes and times tell; of the table's nothing."""
    return () if model in KNOWN else _stamps(_path(model))


def _once(key: tuple[Hashable, ...], load: Callable[[], Any]) -> Any:
    """Returns what is loaded already, or loads it; what was asked for longest ago goes first."""
    if key not in _loaded:
        _loaded[key] = load()
        while len(_loaded) > MOST_LOADED:
            _loaded.popitem(last=False)
    _loaded.move_to_end(key)
    return _loaded[key]


def _load(model: str, layers: int | None) -> Frozen:
    facts = facts_of(model, layers)
    contents, source, digest = _read(model)
    run = KNOWN[model].load if model in KNOWN else form_of(_path(model)).load
    return Frozen(model, run(contents, source, layers), facts, digest)


def _above(model: str, layers: int | None, last: int) -> Above:
    contents, source, digest = _read(model)
    with torch.inference_mode(False):  # whoever asks first, training may use it later
        return Above(transformer.model_of(contents, source, layers), last, digest)


def _read(model: str) -> tuple[dict[str, bytes], str, bytes]:
    """Returns the contents of a model's files, what messages call their place, and their digest."""
    if model in KNOWN:
        known, folder = KNOWN[model], folder_of(model)
        return {name: content_of(known, folder, name) for name in known.files}, str(folder), _together(known.files)
    path = _path(model)
    contents = {name: read_bytes(_folder(path) / name) for name, _, _ in _stamps(path)}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    return contents, str(path), _together(hashes)


@functools.lru_cache(maxsize=64)
def _facts_at(path: Path, stamps: Stamps, layers: int | None) -> Facts:
    form = form_of(path)
    if layers is not None and not form.cut:
        raise LtmError(f"layers: {path} can't be cut")
    return form.facts_of(path, layers)


@functools.lru_cache(maxsize=64)
def _digest_at(path: Path, stamps: Stamps) -> bytes:
    files = [name for name, _, _ in stamps]
    return _together({name: hashlib.sha256(read_bytes(_folder(path) / name)).hexdigest() for name in files})


def _together(hashes: Mapping[str, str]) -> bytes:
    return hashlib.sha256("".join(f"{name} {sha256}\n" for name, sha256 in hashes.items()).encode()).digest()


def _path(model: str) -> Path:
    path = Path(model)
    if "/" not in model and path.suffix not in FILES:
        known, paths = ", ".join(KNOWN), ", ".join(f"./file{ending}" for ending in FILES)
        raise LtmError(
            f"no model called {model!r}{nearest(model, KNOWN)} (known: {known}; or a path: ./folder, {paths})"
        )
    if path.is_file() and path.suffix not in FILES:
        raise FolderError(
            f"{path}: expected a folder in transformers' form, or a file that ends in {' or '.join(FILES)}"
        )
    if not path.exists():
        raise FolderError(f"{path}: there is no such model (seen from {Path.cwd()})")
    return path


def _stamps(path: Path) -> Stamps:
    """Returns name, size and time of each file of a model, so that one that is replaced is read anew."""
    stats = {name: (_folder(path) / name).stat() for name in form_of(path).files_of(path)}
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats.items())


def _folder(path: Path) -> Path:
    """Returns where a model's files lie."""
    return path if path.is_dir() else path.parent
