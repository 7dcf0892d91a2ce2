"""The composition root: puts one application together from its settings."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from typing import TextIO

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.concurrency import run_in_threadpool
from structlog.typing import FilteringBoundLogger

from zaojie_cases.masking import mask
from zaojie_cases.record import SHANGHAI
from zaojie_cases.store import Store
from zaojie_cases.vault import ring_of
from zaojie_models.policy import load_policy
from zaojie_models.signing import trusted_keys
from zaojie_serving import problems
from zaojie_serving.casts import CaseCasts
from zaojie_serving.champion import Champion
from zaojie_serving.desk import Desk
from zaojie_serving.gate import Gate, check_exposure
from zaojie_serving.keys import Keys
from zaojie_serving.ledger import Ledger
from zaojie_serving.loading import load_trusted
from zaojie_serving.logs import make_logger, place_of
from zaojie_serving.metrics import Metrics, ShadowMetrics
from zaojie_serving.middleware import Guard
from zaojie_serving.pages import Pages
from zaojie_serving.parts import Parts
from zaojie_serving.routes import ROUTERS
from zaojie_serving.scorer import Duties, ScorerLoader
from zaojie_serving.settings import ServingSettings
from zaojie_serving.shadow import Challenger, Shadow

LEDGER_EVERY = 30
"""Looks at the pointers between two looks at the store."""

_DESCRIPTION = (
    "矛盾纠纷早期预警：案件登记即评分，说明理由，提醒该谁、何时去看。"
    "评的是案件，不是人；评分只能把案件往前排，没有评分或评分低的案件仍按普通时限办理。"
)


def create_app(
    settings: ServingSettings,
    *,
    load: ScorerLoader | None = None,
    duties: Duties | None = None,
    log_to: TextIO | None = None,
) -> FastAPI:
    """Return the application; its database is brought up to date first.

    ``load`` reads a bundle: one that is signed by a key that this home trusts, unless given.
    ``duties``: the policy to carry out, that of the settings unless given. ``log_to``: where
    log lines go, standard error unless given.

    Raises ConfigError when it would be open to strangers or is given a wrong key of the vault,
    StoreError when the database fails.
    """
    store = Store(settings.store_url)
    store.upgrade()
    keys = Keys(store)
    check_exposure(settings, keys)
    parts = _assemble(
        settings,
        store,
        load or partial(load_trusted, trusted=trusted_keys(settings.home)),
        duties or load_policy(settings.policy),
        make_logger(log_to),
    )
    app: FastAPI = FastAPIOffline(
        title="早解 Zaojie",
        version="1",
        description=_DESCRIPTION,
        lifespan=_lifespan(parts),
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.parts, app.state.pages = parts, Pages()
    app.add_middleware(Gate, keys=keys, demo=settings.demo)
    app.add_middleware(
        Guard, max_body=settings.max_body_bytes, logger=parts.logger, metrics=parts.metrics
    )
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    return app


def _assemble(
    settings: ServingSettings,
    store: Store,
    load: ScorerLoader,
    duties: Duties,
    logger: FilteringBoundLogger,
) -> Parts:
    metrics = Metrics()
    trusted = trusted_keys(settings.home)
    champion = Champion(settings.bundles, load, trusted=trusted, metrics=metrics, logger=logger)
    figures = ShadowMetrics(metrics.registry)
    challenger = Challenger(settings.bundles, load, trusted=trusted, metrics=figures, logger=logger)
    shadow = Shadow(store, champion, challenger, duties, metrics=figures, logger=logger)
    ledger = Ledger(store)
    casts = CaseCasts(ring_of(settings), logger)
    desk = Desk(store, champion, ledger, duties, casts, metrics=metrics, logger=logger)
    return Parts(settings, store, champion, challenger, shadow, ledger, desk, metrics, logger)


def _lifespan(parts: Parts) -> Callable[[FastAPI], object]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await run_in_threadpool(_warm_up, app)
        await run_in_threadpool(parts.champion.refresh)
        await run_in_threadpool(parts.challenger.refresh)
        await run_in_threadpool(parts.ledger.refresh, datetime.now(SHANGHAI))
        parts.shadow.start()
        # Dictionaries, bundle and ledger are here to stay; going through them again in every
        # full garbage collection would stop all requests for a third of a second.
        gc.freeze()
        watch = asyncio.create_task(_watch(parts))
        try:
            yield
        finally:
            watch.cancel()
            with suppress(asyncio.CancelledError):
                await watch
            await run_in_threadpool(parts.shadow.stop)
            parts.store.close()

    return lifespan


def _warm_up(app: FastAPI) -> None:
    """Do now what would keep the first callers waiting."""
    mask("居民王建国来电，称邻居李秀英占道。")  # with names: their tables are large
    app.openapi()


async def _watch(parts: Parts) -> None:
    """Follow the pointers and the store until cancelled."""
    looks = 0
    while True:
        await asyncio.sleep(parts.settings.poll_seconds)
        looks += 1
        try:
            await run_in_threadpool(parts.champion.refresh)
            await run_in_threadpool(parts.challenger.refresh)
            if looks % LEDGER_EVERY == 0:
                await run_in_threadpool(parts.ledger.refresh, datetime.now(SHANGHAI))
                await run_in_threadpool(parts.shadow.show)
        except Exception as error:  # a failed look must not end the watch
            parts.logger.error("watch", kind=type(error).__name__, place=place_of(error))
