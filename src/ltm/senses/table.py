"""Every kind of sense. A new one is one file and one line here."""

from __future__ import annotations

from ltm.senses.grid import GridSense

KINDS = {"grid": GridSense}
