"""Frozen models as zones beside brains learned from scratch: sentences, few pictures, printed and spoken words, speech.

python -m benchmarks.pretrained polarity FILE.jsonl --minutes 5 --seeds 3
python -m benchmarks.pretrained pictures DIGITS.npz --minutes 2 --few 200
python -m benchmarks.pretrained print --minutes 2 --few 500
python -m benchmarks.pretrained words --minutes 1
python -m benchmarks.pretrained speech --minutes 1

All have the same rows to learn from, the same minutes, and the same rows to be judged by. `polarity` is real text
(Pang and Lee), split as in `benchmarks.text`, and has a zone with adapters too; `pictures` are MNIST's digits, of which
only a few are learned from; `print` are letters drawn at random and printed in the font that comes with Pillow, none of
them twice; words and speech are spoken by eSpeak NG (pip install espeakng-loader): synthetic voices, those judged by
never learned from.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from string import ascii_lowercase
from typing import Any

import numpy as np

from benchmarks.beside import judged, prepared, proposed
from benchmarks.common import RUNS, Grid, chart_of, console, read, seeds, spread, trained, write
from benchmarks.printed import printed
from benchmarks.spoken import RATE, VOICES, spoken
from benchmarks.text import held_out
from ltm.chart.schema import Chart
from ltm.chart.size import Sizes
from ltm.pretrained.values import resampled
from ltm.scenes.arrays import arrays_of
from ltm.scenes.lines import rows
from ltm.scenes.prepare import read_scenes

ZONE, ADAPTED, SCRATCH = "frozen zone", "adapted zone", "from scratch"
TESTED = 2000
"""Pictures that are judged by, as far as there are so many."""
LINES = 500
"""Of print that are judged by."""
WORDS = ("yes", "no", "stop", "go", "seven", "hello", "light", "music")
SENTENCES = (
    "the quick brown fox jumps over the lazy dog",
    "what time does the train leave tomorrow",
    "please put the book on the table",
    "it has been raining since early morning",
    "nobody knew where the noise came from",
    "we should meet again before the summer",
)
HEARD, OTHER_VOICES = VOICES[:4], VOICES[4:]
"""Voices to learn from, and those to be judged by."""
_LEVEL = 16_000


@dataclass(frozen=True)
class Part:
    """One comparison.

    Attributes:
        chart: that has the frozen zone.
        see: column that is seen, as `ltm fit` is told of it.
        do: column that is answered.
        settings: of the chart.
        make: writes the files to learn from and to be judged by.
        adapt: what makes the zone one with low-rank adapters; empty where its model takes none.
    """

    chart: str
    see: str
    do: str
    settings: Callable[[], list[str]]
    make: Callable[[argparse.Namespace, Path], tuple[Path, Path]]
    adapt: tuple[str, ...] = ()


def polarity(given: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    """Splits the sentences as `benchmarks.text` does."""
    held = set(held_out(given.data).tolist())
    sides: tuple[list[str], list[str]] = ([], [])
    for line, row in rows(given.data):
        sides[line in held].append(json.dumps(row))
    return _lines(folder, sides)


def _lines(folder: Path, sides: tuple[list[str], list[str]]) -> tuple[Path, Path]:
    files = (folder / "learn.jsonl", folder / "test.jsonl")
    for file, lines in zip(files, sides, strict=True):
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return files


def pictures(given: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    """Takes a few digits to learn from, and others to be judged by."""
    arrays = arrays_of(given.data)
    order = np.random.default_rng(0).permutation(len(arrays["labels"]))
    return _archives(
        folder,
        {"image": arrays["images"], "label": arrays["labels"].astype(str)},
        order[: given.few],
        order[-TESTED:],
    )


def lines(given: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    """Prints words of three to eight random letters, in four sizes; each is there once."""
    drawn, found = np.random.default_rng(0), dict[str, Any]()
    while len(found) < given.few + LINES:
        word = "".join(drawn.choice(list(ascii_lowercase), drawn.integers(3, 9)))
        found[word] = printed(word, int(drawn.choice((28, 30, 32, 34))), (48, 224))
    order = np.arange(len(found))
    columns = {"line": np.stack(list(found.values())), "word": np.array(list(found))}
    return _archives(folder, columns, order[: given.few], order[given.few :])


def _archives(folder: Path, columns: dict[str, Any], learn: Any, test: Any) -> tuple[Path, Path]:
    files = (folder / "learn.npz", folder / "test.npz")
    for file, chosen in zip(files, (learn, test), strict=True):
        np.savez(file, **{name: np.asarray(column)[chosen] for name, column in columns.items()})
    return files


def words(given: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    """Says every word in every voice, at three pitches and two speeds, with a little noise."""
    drawn, samples, said, voices = np.random.default_rng(0), [], [], []
    for voice in VOICES:
        for word in WORDS:
            for pitch, speed in ((30, 140), (50, 160), (70, 180)):
                samples.append(_placed(_sound(word, voice, speed, pitch), 24_000, drawn))
                said.append(word)
                voices.append(voice)
    return _by_voice(folder, {"sound": samples, "word": said}, voices)


def speech(given: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    """Sentences in noise, and noise, tones and hums without anybody speaking."""
    drawn, samples, heard, voices = np.random.default_rng(0), [], [], []
    for voice in VOICES:
        for number in range(24):
            other = _other(number, drawn)
            sentence = SENTENCES[number % len(SENTENCES)]
            if number % 2:
                speaking = _sound(sentence, voice, 160, 30 + 2 * number)
                other = _placed(speaking * drawn.uniform(0.2, 1.0), 32_000, drawn) // 2 + other // 4
            samples.append(other.astype(np.int16))
            heard.append("speech" if number % 2 else "other")
            voices.append(voice)
    return _by_voice(folder, {"sound": samples, "heard": heard}, voices)


def _by_voice(folder: Path, columns: dict[str, Any], voices: list[str]) -> tuple[Path, Path]:
    learn = np.flatnonzero([voice in HEARD for voice in voices])
    test = np.flatnonzero([voice in OTHER_VOICES for voice in voices])
    return _archives(folder, columns, learn, test)


def _sound(text: str, voice: str, speed: int, pitch: int) -> Any:
    return resampled(spoken(text, voice, speed, pitch) / 32768, RATE, _LEVEL) * 20_000


def _placed(sound: Any, count: int, drawn: np.random.Generator) -> Any:
    """Returns a sound that begins somewhere in the first part of a recording, with soft noise all over."""
    whole = drawn.normal(size=count) * 60
    start = int(drawn.integers(0, max(1, count - len(sound) + 1)))
    part = sound[: count - start]
    whole[start : start + len(part)] += part
    return np.clip(whole, -32767, 32767).astype(np.int16)


def _other(number: int, drawn: np.random.Generator) -> Any:
    seconds = np.arange(32_000) / _LEVEL
    kind = number // 2 % 3
    if kind == 0:
        sound = drawn.normal(size=32_000) * drawn.uniform(0.01, 0.3)
    elif kind == 1:
        sound = 0.3 * np.sin(2 * np.pi * drawn.uniform(100, 2000) * seconds) * (np.sin(9 * seconds) > 0)
    else:
        hum = drawn.uniform(60, 200)
        sound = sum(0.2 / k * np.sin(2 * np.pi * k * hum * seconds) for k in range(1, 6))
    return np.clip(sound * 20_000, -32767, 32767).astype(np.int16)


def _labels(names: tuple[str, ...], act: str) -> Callable[[], list[str]]:
    return lambda: [f"acts.{act}.labels=[{', '.join(json.dumps(name) for name in names)}]"]


PARTS: dict[str, Part] = {
    "polarity": Part(
        "minilm", "sentence", "polarity", list, polarity, ("zones.language.adapters={layers: 2, rank: 4}",)
    ),
    "pictures": Part("efficientnet", "image", "label", list, pictures),
    "print": Part("rapidocr", "line:image", "word:text", lambda: ["senses.line.columns=224"], lines),
    "words": Part("speech-embedding", "sound:audio", "word", _labels(WORDS, "word"), words),
    "speech": Part("silero-vad", "sound:audio", "heard", list, speech),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("data", type=Path, nargs="?", help="the file of `polarity` and `pictures`")
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--few", type=int, default=200, help="pictures or lines of print to learn from")
    given = parser.parse_args()
    part = PARTS[given.part]
    few = f"-{given.few}" if given.part in ("pictures", "print") else ""
    name = f"pretrained-{given.part}{few}-{given.minutes:g}min"
    folder = RUNS / name
    folder.mkdir(parents=True, exist_ok=True)
    learn, test = part.make(given, folder)
    command = " ".join(
        ["python -m benchmarks.pretrained", given.part, *([] if given.data is None else [given.data.name])]
        + ([f"--few {given.few}"] if few else [])
        + [f"--minutes {given.minutes:g} --seeds {given.seeds}"]
    )
    result: dict[str, Any] = {"runs": {}} | read(name) | {"command": command}
    for seed in range(given.seeds):
        for label, chart in _charts(part, learn, given.minutes, seed).items():
            if f"{label}/{seed}" not in result["runs"]:
                console.print(f"{name}: {label}/{seed}", highlight=False)
                result["runs"][f"{label}/{seed}"] = _measured(chart, folder / f"{label[:4]}-{seed}", learn, test)
                write(name, result)
    for grid in tables(read(name)):
        grid.show()


def _charts(part: Part, learn: Path, minutes: float, seed: int) -> dict[str, Chart]:
    settings = [f"training.minutes={minutes}", f"training.seed={seed}", f"scenes.source={learn.resolve()}"]
    settings += part.settings()
    charts = {ZONE: chart_of(part.chart, settings)}
    if part.adapt:
        charts[ADAPTED] = chart_of(part.chart, [*settings, *part.adapt])
    return {**charts, SCRATCH: proposed(learn, part.see, part.do, minutes, seed)}


def _measured(chart: Chart, out: Path, learn: Path, test: Path) -> dict[str, Any]:
    brain, record = trained(chart, out, lambda chart: prepared(chart, read_scenes(chart, learn).train))
    figures = judged(brain, read_scenes(chart, test).train, (1, 2))
    sizes = Sizes.of(chart)
    about = {"parameters": record["parameters"], "whole": sizes.parameters, "steps": record["provenance"]["steps"]}
    return {**about, "seconds": record["provenance"]["seconds"], **figures}


def tables(result: dict[str, Any]) -> Iterator[Grid]:
    """What is told right, with the frozen zone, with adapters in its model, and from scratch."""
    rows, count = [], 0
    for label in (ZONE, ADAPTED, SCRATCH):
        runs = [run for key, run in result["runs"].items() if key.split("/")[0] == label]
        if runs:
            count = len(runs)
            right, steps = spread([run["exact"] for run in runs]), int(np.median([run["steps"] for run in runs]))
            weights = [f"{runs[0][key]:,}" for key in ("parameters", "whole")]
            rows.append([label, *weights, f"{steps:,}", right])
    yield Grid(f"Right, % ({seeds(count)})", ["", "learned weights", "with the model's", "steps", "test"], rows)


if __name__ == "__main__":
    main()
