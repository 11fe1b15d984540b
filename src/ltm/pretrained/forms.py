"""What a chart may name by its path: a folder of one of three forms, or a file whose ending is in the table.

A new one is one line here, and a file that reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ltm.foreign.gguf_file import ENDING
from ltm.pretrained import gguf_text, navec, onnx_file, speaking, transformer
from ltm.pretrained.facts import Facts
from ltm.pretrained.known import IN_JSON, Load, Vocabulary, whole


@dataclass(frozen=True)
class Form:
    """How models of one form are read.

    Attributes:
        facts_of: from a path and the layers wanted to what has to be known.
        load: makes the model.
        cut: whether it can be cut after some layers.
        vocabulary: how its texts become tokens, where a `tokenizer.json` can say so.
        numbers: how they do otherwise: from a path to what turns a text into tokens.
        files_of: from a path to the names of the files that make the model, seen from the folder.
    """

    facts_of: Callable[[Path, int | None], Facts]
    load: Load
    cut: bool
    vocabulary: Vocabulary | None = None
    numbers: Callable[[Path], speaking.Numbers] | None = None
    files_of: Callable[[Path], tuple[str, ...]] = lambda path: (path.name,)


FOLDER = Form(transformer.facts_of, transformer.load, True, IN_JSON, files_of=transformer.files_of)
STATE = Form(
    speaking.state_facts, speaking.load_state, True, numbers=speaking.state_numbers, files_of=speaking.state_files
)
BRAIN = Form(
    speaking.brain_facts,
    speaking.load_brain_folder,
    True,
    numbers=speaking.brain_numbers,
    files_of=speaking.brain_files,
)
FILES = {
    ".onnx": Form(lambda path, layers: onnx_file.facts_of(path), whole(onnx_file.load), False),
    ENDING: Form(gguf_text.facts_of, gguf_text.load, True, Vocabulary("", gguf_text.vocabulary_in)),
    speaking.ENDING: STATE,
    navec.ENDING: Form(navec.facts_of, whole(navec.load), False, Vocabulary("", navec.vocabulary_in)),
}
"""By the ending of a file's name."""


def form_of(path: Path) -> Form:
    """Returns the form of what lies at a path that is there.

    Raises:
        FolderError: its `config.json` is damaged.
    """
    if not path.is_dir():
        return FILES[path.suffix]
    if (path / speaking.RECORD).is_file() or (path / speaking.SKILLS).is_file():
        return BRAIN
    return STATE if transformer.runs_here(path) else FOLDER
