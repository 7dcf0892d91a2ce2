"""The HTTP surface: handlers of a few lines each."""

from __future__ import annotations

from zaojie_serving.routes import (
    cases,
    console,
    links,
    matters,
    operations,
    scores,
    targets,
    warnings,
)

ROUTERS = (
    scores.router,
    cases.router,
    warnings.router,
    links.router,
    links.of_case,
    matters.router,
    targets.router,
    operations.router,
    console.router,
    links.page,
    matters.page,
)
"""All routers of the service."""
