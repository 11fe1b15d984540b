"""Navec's vectors of Russian words: read from files as the package writes them, and refused where they are none."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ltm.brain.brain import Brain
from ltm.chart.load import chart_from_text
from ltm.errors import DataError, FolderError, LtmError
from ltm.pretrained.models import facts_of, frozen
from ltm.pretrained.values import tokens
from ltm.senses.raw import RawSpec

LISTED = ("мама", "мыла", "раму", "ещё", "кто-то", "ltm", "<unk>", "<pad>")
PARTS, CHOICES, EACH = 2, 5, 3


def arrays() -> tuple[np.ndarray, np.ndarray]:
    drawn = np.random.default_rng(0)
    choices = drawn.integers(0, CHOICES, (len(LISTED), PARTS)).astype(np.uint8)
    return choices, drawn.normal(size=(PARTS, CHOICES, EACH)).astype(np.float32)


def members() -> dict[str, bytes]:
    """What a file holds, as the package navec 0.10.0 documents it in its source."""
    choices, parts = arrays()
    counts = np.arange(len(LISTED), dtype=np.uint32).tobytes()
    sizes = struct.pack("<4I", len(LISTED), PARTS * EACH, PARTS, CHOICES)
    return {
        "meta.json": json.dumps({"id": "test_8_6d_2q", "protocol": 1}).encode(),
        "vocab.bin": gzip.compress(struct.pack("<I", len(LISTED)) + counts + "\n".join(LISTED).encode()),
        "pq.bin": sizes + choices.tobytes() + parts.tobytes(),
    }


def written(folder: Path, held: dict[str, bytes], kind: bytes = tarfile.REGTYPE) -> str:
    with tarfile.open(folder / "little.tar", "w") as whole:
        for name, data in held.items():
            info = tarfile.TarInfo(name)
            info.size, info.type = len(data), kind
            whole.addfile(info, io.BytesIO(data))
    return str(folder / "little.tar")


def vectors(*words: str) -> np.ndarray:
    choices, parts = arrays()
    rows = [choices[LISTED.index(word)] for word in words]
    return np.stack([np.concatenate([parts[place, one] for place, one in enumerate(row)]) for row in rows])


def made_of(path: str, text: str) -> np.ndarray:
    pytest.importorskip("tokenizers", reason="tokenizers is not installed: pip install 'ltm[pretrained]'")
    made: np.ndarray = frozen(path).made(tokens(path, text), text.encode()).numpy()
    return made


def test_every_word_has_its_vector(tmp_path: Path) -> None:
    path = written(tmp_path, members())
    made = made_of(path, "Мама мыла РАМУ, 2 раза -- ещё КТО-ТО- и LTM.")
    np.testing.assert_array_equal(made, vectors("мама", "мыла", "раму", "<unk>", "ещё", "кто-то", "<unk>", "ltm"))
    facts = facts_of(path)
    assert (facts.takes, facts.channels, facts.sites(8), facts.operations(8)) == ("text", 6, (1, 8), 0)
    assert facts.weights == len(LISTED) * PARTS + PARTS * CHOICES * EACH


def test_it_is_what_the_package_reads(tmp_path: Path) -> None:
    package: Any = pytest.importorskip(
        "navec", reason="navec isn't here: pip install --no-deps navec==0.10.0, or make models"
    )
    from navec.meta import Meta
    from navec.pq import PQ
    from navec.train.tokens import find_tokens
    from navec.vocab import Vocab

    choices, parts = arrays()
    vocabulary = Vocab(list(LISTED), list(range(len(LISTED))))
    quantised = PQ(len(LISTED), PARTS * EACH, PARTS, CHOICES, choices, parts)
    package.Navec(Meta("test_8_6d_2q"), vocabulary, quantised).dump(str(tmp_path / "theirs.tar"))
    theirs = package.Navec.load(str(tmp_path / "theirs.tar"))
    for text in ("Мама мыла раму", "--Кто-то--ещё--, a-b; 7 Ёлок... ltm-", "раму-раму"):
        known = [theirs.get(word, theirs["<unk>"]) for word in find_tokens(text)]
        np.testing.assert_array_equal(made_of(str(tmp_path / "theirs.tar"), text), np.stack(known))


def test_zones_look_words_up(tmp_path: Path) -> None:
    path = written(tmp_path, members())
    chart = chart_from_text(
        f"""
        name: little
        field: {{width: 8}}
        senses:
          text: {{kind: raw, model: {path}, longest: 16}}
        acts:
          mood: {{kind: label, labels: [glad, sad]}}
        zones:
          words: {{kind: pretrained, model: {path}, sense: text, roles: {{tell: {{}}}}}}
        """
    )
    brain = Brain(chart)
    assert brain.circuit.zone("words").borrowed == facts_of(path).weights
    with pytest.raises(DataError, match="holds nothing that model"):
        RawSpec(kind="raw", model=path).encode("1945 — 2024")
    with pytest.raises(LtmError, match="can't be cut"):
        facts_of(path, 1)


def _without(name: str) -> Callable[[dict[str, bytes]], None]:
    return lambda held: held.pop(name) and None


def _with(name: str, change: Callable[[bytes], bytes]) -> Callable[[dict[str, bytes]], None]:
    return lambda held: held.update({name: change(held[name])})


def _sizes(*numbers: int) -> Callable[[dict[str, bytes]], None]:
    return _with("pq.bin", lambda data: struct.pack("<4I", *numbers) + data[16:])


def _nan(data: bytes) -> bytes:
    return data[:-4] + struct.pack("<f", float("nan"))


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (_without("pq.bin"), "not a file of navec's vectors: filename 'pq.bin' not found"),
        (_with("meta.json", lambda data: b"{"), "meta.json: expected protocol 1"),
        (_with("meta.json", lambda data: b'{"protocol": 2}'), "meta.json: expected protocol 1"),
        (_with("vocab.bin", lambda data: data[:-12]), "vocab.bin: damaged"),
        (_with("vocab.bin", lambda data: b"words"), "vocab.bin: damaged"),
        (_with("vocab.bin", lambda data: gzip.compress(b"\xff\xff\xff\xff")), "4,294,967,295 words don't go with"),
        (_with("vocab.bin", lambda data: gzip.compress(struct.pack("<II", 1, 1) + b"a\nb")), "expected 1 words"),
        (_with("vocab.bin", lambda data: gzip.compress(struct.pack("<II", 1, 1) + b"\xff")), "not UTF-8"),
        (_with("pq.bin", lambda data: data[:10]), "pq.bin: truncated"),
        (_with("pq.bin", lambda data: data[:-4]), "pq.bin: 148 bytes; expected 152"),
        (_with("pq.bin", _nan), "NaN"),
        (_with("pq.bin", lambda data: data[:16] + b"\x05" + data[17:]), "parts that aren't there"),
        (_sizes(2**31, 6, 2, 5), "2,147,483,648 vectors"),
        (_sizes(8, 6, 4, 5), "not what such files hold"),
        (_sizes(8, 2**31, 2, 5), "not what such files hold"),
        (_sizes(8, 6, 2, 2**31), "not what such files hold"),
    ],
)
def test_what_is_damaged_is_refused(harm: Callable[[dict[str, bytes]], None], words: str, tmp_path: Path) -> None:
    held = members()
    harm(held)
    with pytest.raises(FolderError) as problem:
        facts_of(written(tmp_path, held))
    assert words in str(problem.value) and "little.tar" in str(problem.value)


def test_other_tars_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, members(), tarfile.GNUTYPE_SPARSE)
    with pytest.raises(FolderError, match=r"not an ordinary file|damaged"):
        facts_of(path)
    whole = Path(written(tmp_path, members())).read_bytes()
    for cut in (0, 100, 700, 1100, 2100):
        (tmp_path / "cut.tar").write_bytes(whole[:cut])
        with pytest.raises(FolderError, match=r"cut\.tar"):
            facts_of(str(tmp_path / "cut.tar"))
    (tmp_path / "packed.tar").write_bytes(gzip.compress(whole))
    with pytest.raises(FolderError, match="damaged, or not a file of navec's vectors"):
        facts_of(str(tmp_path / "packed.tar"))
