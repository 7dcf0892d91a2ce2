"""The commands of this room: learning from a file, training, and the registry of models."""

from __future__ import annotations

import typer

from zaojie_training.commands import fit, registry, train


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    for part in (fit, train, registry):
        part.register(app)
