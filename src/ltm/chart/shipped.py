"""The charts that come with the package, as names and text; reading the text is `ltm.chart.load`'s."""

from __future__ import annotations

from importlib import resources

from ltm.errors import ChartError, nearest


def shipped() -> tuple[str, ...]:
    """Returns the names of the charts that come with the package."""
    folder = resources.files("ltm") / "charts"
    return tuple(sorted(item.name.removesuffix(".yaml") for item in folder.iterdir() if item.name.endswith(".yaml")))


def shipped_text(name: str) -> str:
    """Returns the text of a chart that comes with the package.

    Raises:
        ChartError: there is none of that name.
    """
    if name not in shipped():
        raise ChartError(f"no file and no shipped chart {name!r}{nearest(name, shipped())} ({', '.join(shipped())})")
    return (resources.files("ltm") / "charts" / f"{name}.yaml").read_text(encoding="utf-8")
