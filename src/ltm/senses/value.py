"""What every kind of value can do: senses see values, acts answer with them, files and scenes hold them."""

from __future__ import annotations

from typing import Any, Protocol

import numpy.typing as npt

from ltm.senses.layout import Layout, Written


class ValueSpec(Protocol):
    """A declared type of value."""

    @property
    def kind(self) -> str:
        """The word for it in charts."""
        ...

    @property
    def layout(self) -> Layout:
        """How encoded values are laid out."""
        ...

    @property
    def written(self) -> Written:
        """How a cell of a table holds a value."""
        ...

    def encode(self, value: Any) -> npt.NDArray[Any]:
        """Turns a value as people write it into an array.

        Raises:
            DataError: it isn't such a value.
        """
        ...

    def model_dump(self, *, exclude_defaults: bool = False) -> dict[str, Any]:
        """Returns the declaration as a chart holds it."""
        ...

    def words(self) -> str:
        """Says in a few words what such values are: `9×9, 10 symbols`."""
        ...
