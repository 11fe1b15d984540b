"""Lists the benchmarks: `python -m benchmarks`."""

from __future__ import annotations

from pathlib import Path


def main() -> None:
    for file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
        text = file.read_text(encoding="utf-8")
        if "\ndef main(" in text:  # the others are what benchmarks share
            first = text.split('"""')[1].strip().splitlines()[0]
            print(f"python -m benchmarks.{file.stem:12} {first}")


if __name__ == "__main__":
    main()
