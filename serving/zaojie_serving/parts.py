"""What one application is made of, and how handlers reach it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from structlog.typing import FilteringBoundLogger

from zaojie_cases.store import Store
from zaojie_serving.champion import Champion
from zaojie_serving.desk import Desk
from zaojie_serving.ledger import Ledger
from zaojie_serving.metrics import Metrics
from zaojie_serving.settings import ServingSettings
from zaojie_serving.shadow import Challenger, Shadow


@dataclass(frozen=True, slots=True)
class Parts:
    """The working parts of one application."""

    settings: ServingSettings
    store: Store
    champion: Champion
    challenger: Challenger
    shadow: Shadow
    ledger: Ledger
    desk: Desk
    metrics: Metrics
    logger: FilteringBoundLogger


async def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


async def _caller(request: Request) -> str:
    caller: str = request.state.caller
    return caller


PartsDep = Annotated[Parts, Depends(_parts)]
"""The parts of the application that serves the request."""
CallerDep = Annotated[str, Depends(_caller)]
"""The name of the caller, as the gate noted it."""
