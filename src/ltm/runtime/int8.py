"""Matrices in eight bits: a scale for each row, whole numbers from -127 to 127 for the rest; a quarter of the bytes.

Weight-only, symmetric, a channel at a time (Jacob et al. 2018). Weights are eight bits on disk and on the way; a brain
that is read multiplies by them in fp32, so it is as fast as before and its answers are those of the rounded weights,
always the same. Scales have 16 significant bits, so what is read and written again is the same to the bit.

Shapes: R rows, N numbers a row.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn

from ltm.errors import FolderError

SCALE = "#scale"
"""What the name of a matrix's scales ends with, `[R]`."""
LEAST = 1024
"""Numbers of a matrix at least; smaller ones stay in fp32."""
LARGEST = 127


def pack(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Returns tensors with matrices in eight bits, and their scales beside them."""
    packed: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.dtype != torch.float32 or tensor.dim() < 2 or tensor.numel() < LEAST:
            packed[name] = tensor
            continue
        rows_RN = tensor.detach().flatten(1)
        scale_R = _scale(rows_RN.abs().amax(1))
        whole_RN = (rows_RN / scale_R[:, None]).round()
        packed[name] = whole_RN.clamp(-LARGEST, LARGEST).to(torch.int8).view(tensor.shape)
        packed[name + SCALE] = scale_R
    return packed


def round_weights(module: nn.Module) -> None:
    """Rounds weights to what they are once written in eight bits and read again."""
    module.load_state_dict(unpack(pack(module.state_dict()), "weights"))


def unpack(tensors: Mapping[str, Tensor], source: str) -> dict[str, Tensor]:
    """Returns tensors with all matrices in fp32.

    Args:
        tensors: as `pack` gave them.
        source: what messages call the file.

    Raises:
        FolderError: a matrix without scales, or scales that don't fit one.
    """
    whole: dict[str, Tensor] = {}
    for name, (tensor, scale_R) in with_scales(tensors, source).items():
        whole[name] = tensor if scale_R is None else torch.empty(tensor.shape)
        if scale_R is not None:
            unpack_into(whole[name], tensor, scale_R)
    return whole


def with_scales(tensors: Mapping[str, Tensor], source: str) -> dict[str, tuple[Tensor, Tensor | None]]:
    """Returns every tensor with its scales, None for those that aren't in eight bits.

    Args:
        tensors: as `pack` gave them.
        source: what messages call the file.

    Raises:
        FolderError: as `unpack`.
    """
    found: dict[str, tuple[Tensor, Tensor | None]] = {}
    for name, tensor in tensors.items():
        if name.endswith(SCALE):
            if tensors.get(name.removesuffix(SCALE), tensor).dtype != torch.int8:
                raise FolderError(f"{source}: scales {name!r} of no matrix in eight bits")
        elif tensor.dtype != torch.int8:
            found[name] = (tensor, None)
        else:
            scale_R = tensors.get(name + SCALE)
            fits = scale_R is not None and tensor.dim() >= 2 and scale_R.shape == tensor.shape[:1]
            if scale_R is None or not fits or scale_R.dtype != torch.float32:
                raise FolderError(f"{source}: matrix {name!r} in eight bits lacks its scales")
            found[name] = (tensor, scale_R)
    return found


def unpack_into(whole: Tensor, packed: Tensor, scale_R: Tensor) -> None:
    """Writes a matrix in fp32 to where it shall lie; no other copy of it is made on the way."""
    # By NumPy, for the reason told in `ltm.runtime.weights.not_finite`.
    scale = scale_R.numpy().reshape(-1, *[1] * (packed.dim() - 1))
    np.multiply(packed.numpy(), scale, out=whole.numpy(), dtype=np.float32)


def _scale(largest_R: Tensor) -> Tensor:
    """Returns the step of each row: 1/127 of its largest number, rounded up to 16 significant bits; never 0."""
    mantissa, exponent = torch.frexp(largest_R / LARGEST)
    return torch.ldexp((mantissa * 2**16).ceil() / 2**16, exponent).clamp_min(torch.finfo(torch.float32).tiny)
