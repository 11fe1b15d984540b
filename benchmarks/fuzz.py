"""Looks for files that the readers stumble over, guided by which lines of the code they reach (atheris).

python -m benchmarks.fuzz table --seconds 600

Needs atheris (pip install atheris). What is found is written to the folder and named; the same target with
`--again FILE` shows the mistake. The short search with random files is part of the tests (tests/scenes/test_fuzz.py).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "shared"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=["table", "questions", "steps", "idx", "picture", "sound"])
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument(
        "--folder", type=Path, default=Path("runs/fuzz"), help="for what is found, and what leads there"
    )
    parser.add_argument("--again", type=Path, help="only this file")
    given = parser.parse_args()
    if given.again is not None:
        from fuzzed import TARGETS

        TARGETS[given.target][0](given.again)
        return
    try:
        import atheris
    except ImportError:
        sys.exit("fuzzing needs atheris: pip install atheris")
    with atheris.instrument_imports(include=["ltm"]):
        from fuzzed import TARGETS
    read, endings = TARGETS[given.target]
    known = given.folder / given.target
    known.mkdir(parents=True, exist_ok=True)

    def once(data: bytes) -> None:
        # The first byte says what the file is called.
        file = given.folder / f"{given.target}-now{endings[data[0] % len(endings)] if data else endings[0]}"
        file.write_bytes(data[1:])
        read(file)

    wanted = [f"-max_total_time={given.seconds}", "-max_len=4096", f"-artifact_prefix={given.folder}/found-"]
    atheris.Setup([sys.argv[0], *wanted, str(known)], once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
