"""A zone: a body of one kind, with what connects it to the field, its roles, and its own state. One file on disk.

It knows nothing of the other zones; what it hears of them arrives as a tensor of its own width.

Shapes: B batch, S sites, D field width, W zone width, O own state.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from ltm.zones.layers import Linear, truncated_normal_
from ltm.zones.places import Places
from ltm.zones.pretrained import PretrainedBody
from ltm.zones.spec import RoleSpec, ZoneBase
from ltm.zones.table import KINDS


class Zone(nn.Module):
    """One specialised micro-model.

    Args:
        spec: its declaration.
        field_width: channels of the field.
        sites: number of sites where the chart fixes it, otherwise None.
        window: first channel of the field's window that it sees; None sees the whole field through matrices.
    """

    def __init__(self, spec: ZoneBase, field_width: int, sites: int | None, window: int | None = None) -> None:
        super().__init__()
        self.spec = spec
        self.width = spec.width or field_width
        self.body: nn.Module = KINDS[spec.kind][1](spec, self.width, sites)
        self.body.requires_grad_(not spec.frozen)
        self.models = tuple(part for part in self.body.modules() if isinstance(part, PretrainedBody))
        """Parts of its body that look through pretrained models."""
        tied = window is None and (self.width != field_width or spec.frozen)
        self.read = Linear(field_width, self.width) if tied else None
        # What a frozen zone says was meant for another field: it says nothing until that has been learned anew.
        self.write = Linear(self.width, field_width, gain=0.0 if spec.frozen else 1.0) if tied else None
        self.roles = nn.ParameterDict(
            {name: nn.Parameter(torch.empty(self.width)) for name, role in spec.roles.items() if role.vector}
        )
        self.start_O: Tensor | None
        self.register_buffer("start_O", torch.empty(self.own_width) if self.own_width else None)
        # No weight, so it is there also where weights are not.
        channels = None if window is None else (torch.arange(self.width, device="cpu") + window) % field_width
        self.channels: Tensor | None
        self.register_buffer("channels", channels, persistent=False)

    @property
    def own_width(self) -> int:
        """Channels of its own state; 0 without one."""
        kept = int(self.body.state_width)  # type: ignore[arg-type]
        return kept or (self.width if self.spec.state == "own" else 0)

    def initialise(self, generator: torch.Generator) -> None:
        """Draws the role vectors (small) and the fixed starting state (unit variance, not learned)."""
        for name in sorted(self.roles):
            truncated_normal_(self.roles[name], 0.1, generator)
        if self.start_O is not None:
            truncated_normal_(self.start_O, 1.0, generator)

    def reads(self, role: RoleSpec) -> tuple[str, ...]:
        """Returns what a role reads, with the defaults filled in."""
        if role.reads is not None:
            return role.reads
        sums_own = self.spec.state == "own" and not self.body.state_width and self.spec.kind != "nested"
        return ("field", "input", "own") if sums_own else ("field", "input")

    def writes(self, role: RoleSpec) -> str:
        """Returns what a role writes, with the default filled in."""
        return role.writes or ("both" if self.own_width else "field")

    def fire(
        self,
        role_name: str,
        field_BSD: Float[Tensor, "B S D"],
        input_BSD: Float[Tensor, "B S D"],
        own_BSO: Float[Tensor, "B S O"] | None,
        heard_BSW: Float[Tensor, "B S W"] | None,
        places: Places,
    ) -> tuple[Tensor, Tensor | None]:
        """Fires once in a role.

        Args:
            role_name: which role.
            field_BSD: the field.
            input_BSD: what the senses wrote.
            own_BSO: its own state, where it keeps one.
            heard_BSW: the sum of what it hears from other zones, where it is coupled to any.
            places: where the sites are.

        Returns:
            What it gives to the field, in the field's width or in that of its window, and its next own state.
        """
        role = self.spec.roles[role_name]
        reads = self.reads(role)
        read_BSW = self._read(field_BSD, input_BSD, reads)
        for part in (own_BSO[..., : self.width] if "own" in reads and own_BSO is not None else None, heard_BSW):
            if part is not None:
                read_BSW = part if read_BSW is None else read_BSW + part
        assert read_BSW is not None  # a role reads something: checked by the chart
        if role_name in self.roles:
            read_BSW = read_BSW + self.roles[role_name].to(read_BSW.dtype)
        out_BSW = read_BSW
        for loop in range(self.spec.loops):
            x_BSW = read_BSW if loop == 0 else out_BSW + read_BSW
            out_BSW, own_BSO = self.body(x_BSW, own_BSO, places, role.windows)
        given = out_BSW if self.write is None or self.writes(role) == "own" else self.write(out_BSW)
        return given, own_BSO

    def _read(self, field_BSD: Tensor, input_BSD: Tensor, reads: tuple[str, ...]) -> Tensor | None:
        whole: Tensor | None = None
        if "field" in reads and "input" in reads:
            whole = field_BSD + input_BSD
        elif "field" in reads:
            whole = field_BSD
        elif "input" in reads:
            whole = input_BSD
        if whole is None:
            return None
        if self.channels is not None:
            return whole[..., self.channels]
        return whole if self.read is None else self.read(whole)

    def operations(self, role_name: str, places: Places) -> int:
        """Operations of one firing in a role for one example: multiply-adds times two, matrix products only."""
        role = self.spec.roles[role_name]
        total = self.spec.loops * int(self.body.operations(places))  # type: ignore[operator]
        if self.read is not None and {"field", "input"} & set(self.reads(role)):
            total += places.sites * self.read.operations
        if self.write is not None and self.writes(role) != "own":
            total += places.sites * self.write.operations
        return total

    @property
    def borrowed(self) -> int:
        """Weights of pretrained models that it looks through: neither learned nor in its file."""
        return sum(part.borrowed for part in self.models)

    def once(self, places: Places) -> list[int]:
        """Returns what its pretrained models cost for each example once, however often it fires; empty without any."""
        costs = [part.once(places.raw[part.spec.sense]) for part in self.models]
        return [sum(of_one) for of_one in zip(*costs, strict=True)]
