"""The commands of this room; each module adds its own to the console script.

What a command needs is imported when it runs, so that ``zaojie --help`` is quick.
"""

from __future__ import annotations

import typer

from zaojie_cases.commands import (
    hotspots,
    imports,
    joint,
    linking,
    mapping,
    masking,
    retention,
    simulation,
    vault,
)


def register(app: typer.Typer) -> None:
    """Add the commands of this room to ``app``."""
    for module in (
        simulation,
        imports,
        linking,
        mapping,
        masking,
        vault,
        retention,
        hotspots,
        joint,
    ):
        module.register(app)
