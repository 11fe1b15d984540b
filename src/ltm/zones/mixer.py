"""The `mixer` zone: mixes across sites, then across channels, like an MLP-mixer (Tolstikhin et al. 2021).

Two ways to mix across sites. `windows`: messages are summed within overlapping windows (rows, columns, blocks, all) and
gated by the receiving site: any number of sites, no weights a site. `dense`: a SwiGLU across the site axis as in TRM
(Jolicoeur-Martineau 2025): learns any pattern, for a fixed number of sites.

Shapes: B batch, S sites, W width, K message channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from jaxtyping import Float
from pydantic import Field, model_validator
from torch import Tensor, nn

from ltm.zones.layers import Linear, SwiGLU, rms_norm
from ltm.zones.places import Places
from ltm.zones.spec import Window, ZoneBase


class MixerSpec(ZoneBase):
    """Mixing across sites, then across channels."""

    kind: Literal["mixer"]
    layers: Annotated[int, Field(ge=1, le=64)] = 1
    mixing: Literal["windows", "dense"] = "windows"
    windows: Annotated[tuple[Window, ...], Field(min_length=1)] = ("rows", "columns", "blocks")
    """With `mixing: windows`: the families within which messages are summed; channels are shared out among them."""
    messages: Annotated[int, Field(ge=1, le=16384)] | None = None
    """Hidden size of the mixing: message channels, or with `mixing: dense` hidden sites; 1.5 x width when absent."""
    hidden: Annotated[int, Field(ge=1, le=65536)] | None = None
    """Hidden channels; 2 x width when absent."""
    norm_over: Literal["channels", "sites"] = "channels"
    """Axis of the norm after mixing; TRM's dense mixing normalises over sites."""

    @model_validator(mode="after")
    def _windows_differ(self) -> MixerSpec:
        if len(set(self.windows)) != len(self.windows):
            raise ValueError("windows repeats a family")
        return self


class WindowMixing(nn.Module):
    """Messages summed within windows, gated by the receiver: `down(sigmoid(gate(x)) * pool(silu(up(x))))`."""

    def __init__(self, width: int, messages: int) -> None:
        super().__init__()
        self.gate_up = Linear(width, 2 * messages)
        self.down = Linear(messages, width)
        self.messages = messages

    def forward(
        self, x_BSW: Float[Tensor, "B S W"], places: Places, windows: Sequence[Window]
    ) -> Float[Tensor, "B S W"]:
        """Returns what each site hears."""
        gate_BSK, up_BSK = self.gate_up(x_BSW).chunk(2, dim=-1)
        up_BSK = F.silu(up_BSK)
        if places.mask_BS is not None:
            up_BSK = up_BSK * places.mask_BS[..., None].to(up_BSK.dtype)
        heard = []
        for window, share in zip(windows, torch.tensor_split(up_BSK, len(windows), dim=-1), strict=True):
            part = torch.matmul(places.pool(window).to(up_BSK.dtype), share)
            crowd_BS = places.crowd(window)
            heard.append(part if crowd_BS is None else crowd_BS.to(part.dtype)[..., None] * part)
        heard_BSK = torch.cat(heard, dim=-1)
        out: Tensor = self.down(torch.sigmoid(gate_BSK) * heard_BSK)
        return out

    def operations(self, sites: int) -> int:
        """Operations for one example: the matrices, and the sums as the dense products they run as."""
        return sites * (self.gate_up.operations + self.down.operations) + 2 * sites * sites * self.messages


class DenseMixing(nn.Module):
    """A SwiGLU across the site axis."""

    def __init__(self, sites: int, hidden: int) -> None:
        super().__init__()
        self.sites = SwiGLU(sites, hidden)

    def forward(self, x_BWS: Float[Tensor, "B W S"]) -> Float[Tensor, "B W S"]:
        """Mixes the transposed field."""
        out: Tensor = self.sites(x_BWS)
        return out


class MixerBody(nn.Module):
    """The weights of a `mixer` zone."""

    state_width = 0

    def __init__(self, spec: MixerSpec, width: int, sites: int | None) -> None:
        super().__init__()
        self.spec = spec
        hidden = spec.hidden or 2 * width
        messages = spec.messages or max(len(spec.windows), 3 * width // 2)
        self.width = width
        if spec.mixing == "dense":
            assert sites is not None  # checked by the chart
            self.mixing = nn.ModuleList(DenseMixing(sites, spec.messages or 3 * sites) for _ in range(spec.layers))
        else:
            self.mixing = nn.ModuleList(WindowMixing(width, messages) for _ in range(spec.layers))
        self.channels = nn.ModuleList(SwiGLU(width, hidden) for _ in range(spec.layers))

    def forward(
        self,
        x_BSW: Float[Tensor, "B S W"],
        own_BSO: Float[Tensor, "B S O"] | None,
        places: Places,
        windows: Sequence[Window] | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Returns what the zone makes of what it reads; its own state, where it has one, is the same."""
        for mixing, channels in zip(self.mixing, self.channels, strict=True):
            if self.spec.mixing == "windows":
                x_BSW = rms_norm(x_BSW + mixing(x_BSW, places, windows or self.spec.windows))
            elif self.spec.norm_over == "sites":
                x_BWS = x_BSW.transpose(1, 2)
                x_BSW = rms_norm(x_BWS + mixing(x_BWS)).transpose(1, 2)
            else:
                x_BSW = rms_norm(x_BSW + mixing(x_BSW.transpose(1, 2)).transpose(1, 2))
            x_BSW = rms_norm(x_BSW + channels(x_BSW))
        return x_BSW, x_BSW

    def operations(self, places: Places) -> int:
        """Operations of one firing for one example (multiply-adds times two, matrix products only)."""
        total = 0
        for mixing, channels in zip(self.mixing, self.channels, strict=True):
            if isinstance(mixing, WindowMixing):
                total += mixing.operations(places.sites)
            elif isinstance(mixing, DenseMixing):
                total += self.width * mixing.sites.operations
            assert isinstance(channels, SwiGLU)
            total += places.sites * channels.operations
        return total
