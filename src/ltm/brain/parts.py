"""Modules by name, whatever it is: a column of a table may be called `type` or `values`, as methods of modules are."""

from __future__ import annotations

from torch import nn

_TAKEN = frozenset(dir(nn.ModuleDict()))


class Parts(nn.ModuleDict):
    """A `ModuleDict` that keeps a name which PyTorch has taken under one that no chart can hold, `+type` for `type`."""

    def __setitem__(self, name: str, module: nn.Module) -> None:
        super().__setitem__(_free(name), module)

    def __getitem__(self, name: str) -> nn.Module:
        return super().__getitem__(_free(name))


def _free(name: str) -> str:
    return f"+{name}" if name in _TAKEN else name
