"""How a GGUF file's model reads texts: the vocabulary in its settings, as a `tokenizer.json`.

Read are vocabularies of bytes and merges (byte-pair encoding in GPT-2's alphabet for bytes), where it is known how text
is parted before they are merged. Whoever has the `tokenizer.json` of another puts it beside the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ltm.errors import FolderError, LtmError
from ltm.scenes.extras import library
from ltm.senses.tokenizer import WHAT

_PREFIX = "tokenizer.ggml."
PARTED = {"gpt-2": False, "smollm": True}
"""By what files call how text is parted: whether each digit is a part of its own. Beside that both part as GPT-2."""
_ORDINARY, _CONTROL, _USERS = 1, 3, 4
"""Kinds of tokens: those that merges make; signs such as a text's end; and words that are never parted."""


def vocabulary_of(settings: Mapping[str, Any], source: str) -> str | None:
    """Returns the content of a `tokenizer.json`, or None where the file has no vocabulary.

    Args:
        settings: of the file.
        source: what messages call it.

    Raises:
        FolderError: a vocabulary that is damaged, or of another kind than is read here.
        DataError: the package tokenizers is not installed.
    """
    kind, parted = settings.get(f"{_PREFIX}model", "no_vocab"), settings.get(f"{_PREFIX}pre", "gpt-2")
    if kind in ("no_vocab", "none"):
        return None
    if kind != "gpt2" or not isinstance(parted, str) or parted not in PARTED:
        called = f"{kind!r}" if kind != "gpt2" else f"{kind!r} with text parted as for {parted!r}"
        known = " or ".join(map(repr, PARTED))
        raise FolderError(
            f"{source}: a vocabulary of kind {called} is not read here, only 'gpt2' parted as for {known}; "
            "put the model's tokenizer.json beside the file"
        )
    tokens, merges, kinds = (_listed(settings, name, source) for name in ("tokens", "merges", "token_type"))
    if len(kinds) not in (0, len(tokens)) or len(set(tokens)) < len(tokens):
        raise FolderError(f"{source}: {_PREFIX}tokens: as many different ones as kinds of them were expected")
    try:
        return _written(tokens, merges, kinds, settings, PARTED[parted])
    except LtmError:
        raise
    except Exception as problem:  # the package raises nothing narrower
        raise FolderError(f"{source}: no vocabulary can be built of its settings: {str(problem)[:200]}") from None


def _written(tokens: list[str], merges: list[str], kinds: list[int], settings: Mapping[str, Any], digits: bool) -> str:
    part = library("tokenizers", WHAT)
    pairs = [tuple(merge.split(" ", 1)) for merge in merges]
    whole = part.Tokenizer(part.models.BPE(vocab={token: n for n, token in enumerate(tokens)}, merges=pairs))
    before = [part.pre_tokenizers.Digits(individual_digits=True)] if digits else []
    whole.pre_tokenizer = part.pre_tokenizers.Sequence([*before, part.pre_tokenizers.ByteLevel(add_prefix_space=False)])
    whole.decoder = part.decoders.ByteLevel()
    named = list(zip(tokens, kinds, strict=True)) if kinds else []
    whole.add_special_tokens([part.AddedToken(t, special=True, normalized=False) for t, k in named if k == _CONTROL])
    whole.add_tokens([part.AddedToken(token, normalized=False) for token, kind in named if kind == _USERS])
    first = settings.get(f"{_PREFIX}bos_token_id")
    if settings.get(f"{_PREFIX}add_bos_token") is True and isinstance(first, int) and 0 <= first < len(tokens):
        sign = tokens[first]
        whole.post_processor = part.processors.TemplateProcessing(single=[sign, "$A"], special_tokens=[(sign, first)])
    content: str = whole.to_str()
    return content


def _listed(settings: Mapping[str, Any], name: str, source: str) -> list[Any]:
    found, kind = settings.get(f"{_PREFIX}{name}", []), int if name == "token_type" else str
    if (
        not isinstance(found, list)
        or not all(isinstance(one, kind) for one in found)
        or (name == "tokens" and not found)
    ):
        raise FolderError(f"{source}: {_PREFIX}{name}: expected a list of {'numbers' if kind is int else 'texts'}")
    return found
