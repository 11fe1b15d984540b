"""What the compiler leaves alone works alike inside compiled code, also where that is the first to call it."""

from __future__ import annotations

import torch
from torch import Tensor

from ltm.zones.raw import uncompiled


def test_compiled_code_may_be_the_first_to_call_what_is_left_alone() -> None:
    torch._dynamo.reset()
    calls: list[int] = []

    @uncompiled
    def counted(values: Tensor) -> int:
        calls.append(torch.compiler.is_compiling())
        return len(values)

    compiled = torch.compile(lambda values: values.float() * 2 + counted(values), backend="eager")
    for size in (2, 2, 3):
        values = torch.arange(4 * size, dtype=torch.uint8).reshape(size, 4)
        assert torch.equal(compiled(values), values.float() * 2 + size)
    assert calls == [False, False, False]
