"""Every kind of zone in every variant that the shared tests run over. A new kind adds its lines here."""

from __future__ import annotations

from typing import Any

from little_model import little_model

VARIANTS: dict[str, dict[str, Any]] = {
    "mixer": {"kind": "mixer", "windows": ["rows", "columns", "blocks"]},
    "mixer-dense": {"kind": "mixer", "mixing": "dense"},
    "mixer-dense-over-sites": {"kind": "mixer", "mixing": "dense", "norm_over": "sites"},
    "attention-grid": {"kind": "attention", "heads": 2, "positions": "grid"},
    "attention-line": {"kind": "attention", "heads": 2, "positions": "line", "layers": 2},
    "attention-windows": {"kind": "attention", "heads": 3, "width": 24, "windows": ["rows", "columns", "blocks"]},
    "conv": {"kind": "conv", "layers": 2},
    "gru": {"kind": "recurrent", "cell": "gru", "state": "own"},
    "cornn": {"kind": "recurrent", "cell": "cornn", "state": "own"},
    "archetype": {"kind": "archetype", "archetypes": 8, "heads": 2},
    "oscillator": {"kind": "oscillator", "group": 4, "heads": 2},
    "oscillator-windows": {"kind": "oscillator", "group": 4, "windows": ["rows", "blocks"]},
    "rwkv7": {"kind": "rwkv7", "head_width": 8, "chunk": 5, "ranks": [4, 4, 3, 5]},
    "llama": {"kind": "llama", "heads": 4, "groups": 2, "hidden": 24},
    "phi": {"kind": "phi", "heads": 2, "hidden": 24},
    "pretrained": {"kind": "pretrained", "model": little_model(), "sense": "view"},
    "nested": {
        "kind": "nested",
        "ticks": 2,
        "circuit": {
            "zones": {
                "inner": {"kind": "mixer"},
                "deeper": {"kind": "nested", "circuit": {"zones": {"innermost": {"kind": "conv"}}}},
            }
        },
    },
}
WITH_STATE = {f"{name}+state": {**zone, "state": "own"} for name, zone in VARIANTS.items() if "state" not in zone}
LOOPED = {f"{name}+loops": {**zone, "loops": 3} for name, zone in VARIANTS.items()}
IN_ROLES = {
    f"{name}+roles": {
        **zone,
        "state": "own",
        "roles": {"fast": {"writes": "own"}, "slow": {"writes": "both"}},
    }
    for name, zone in VARIANTS.items()
}
EVERY = {**VARIANTS, **WITH_STATE, **LOOPED, **IN_ROLES}
