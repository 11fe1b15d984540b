"""`python -m ltm` is `ltm`."""

from __future__ import annotations

from ltm.cli.main import main

main()
