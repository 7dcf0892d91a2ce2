"""The HTTP surface: handlers of a few lines each."""

from __future__ import annotations

from zaojie_serving.routes import cases, console, operations, scores, targets, warnings

ROUTERS = (
    scores.router,
    cases.router,
    warnings.router,
    targets.router,
    operations.router,
    console.router,
)
"""All routers of the service."""
