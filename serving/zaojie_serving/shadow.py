"""The challenger in shadow: it scores what the champion scored, after the reply has left.

Routes hand a scored case over once its answer is on its way; one thread scores it again and
keeps the result beside the champion's. Nothing that goes wrong here reaches a caller: a failure
is counted and logged, and when the line is full the case is left out and counted.
"""

from __future__ import annotations

import queue
import threading
from dataclasses import asdict, dataclass
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from zaojie_cases.errors import BundleError
from zaojie_cases.snapshot import Snapshot
from zaojie_cases.store import Store
from zaojie_models.pointer import pointer_path, read_pointer
from zaojie_models.score import Score
from zaojie_serving.champion import Champion, mark_of
from zaojie_serving.logs import place_of
from zaojie_serving.metrics import ShadowMetrics
from zaojie_serving.scorer import Duties, Scorer, ScorerLoader
from zaojie_serving.shadow_book import compare, shadow_row

LONGEST_LINE = 1_000
"""Cases that may wait; more come in faster than one thread can score."""
_LAST_WORDS = 10.0
"""Seconds that a service that is stopped gives the cases in line."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A case as the champion scored it, and where that score is kept."""

    score_id: str
    snapshot: Snapshot
    score: Score


class Challenger:
    """Holds the bundle that the challenger's signed pointer names; none when there is none."""

    def __init__(
        self,
        bundles: Path,
        load: ScorerLoader,
        *,
        trusted: Path,
        metrics: ShadowMetrics,
        logger: FilteringBoundLogger,
    ) -> None:
        self._bundles = bundles
        self._load = load
        self._trusted = trusted
        self._metrics = metrics
        self._logger = logger
        self._mark: tuple[int, int, int] | None = None
        self.current: Scorer | None = None

    def refresh(self) -> None:
        """Look at the pointer; take up, change or lay down the challenger as it says."""
        mark = mark_of(pointer_path(self._bundles, "challenger"))
        if mark == self._mark:
            return
        self._mark, self.current = mark, None
        self._metrics.challenger.clear()
        if mark is None:
            return
        try:
            pointer = read_pointer(self._bundles, "challenger", self._trusted)
            fresh = self._load(self._bundles / pointer.directory)
            if fresh.version != pointer.version:
                raise BundleError("模型包的版本与 challenger.json 不一致。")
        except Exception as error:  # whatever is wrong with it, the champion serves
            self._logger.error(
                "challenger_refused", kind=type(error).__name__, place=place_of(error)
            )
            return
        self.current = fresh
        self._metrics.challenger.labels(fresh.version).set(1)
        self._logger.info("challenger_in_shadow", version=fresh.version)


class Shadow:
    """Scores handed-over cases with the challenger, in a thread of its own."""

    def __init__(
        self,
        store: Store,
        champion: Champion,
        challenger: Challenger,
        duties: Duties,
        *,
        metrics: ShadowMetrics,
        logger: FilteringBoundLogger,
    ) -> None:
        self._store = store
        self._champion = champion
        self._challenger = challenger
        self._duties = duties
        self._metrics = metrics
        self._logger = logger
        self._line: queue.Queue[Trial | None] = queue.Queue(LONGEST_LINE)
        self._news = threading.Event()
        self._shown: tuple[str, str] | None = None
        self._thread = threading.Thread(target=self._work, name="shadow", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is in line, but not for long."""
        try:
            self._line.put(None, timeout=_LAST_WORDS)
        except queue.Full:
            return
        self._thread.join(_LAST_WORDS)

    async def take(self, trial: Trial) -> None:
        """Put a case in line; returns at once."""
        challenger = self._challenger.current
        if challenger is None or challenger.version == trial.score.bundle_version:
            return
        try:
            self._line.put_nowait(trial)
        except queue.Full:
            self._metrics.scores.labels("dropped").inc()

    def show(self) -> None:
        """Bring the figures for Prometheus up to date, if anything was scored since."""
        ours, theirs = self._champion.current, self._challenger.current
        versions = (ours.version, theirs.version) if ours and theirs else None
        if versions == self._shown and not self._news.is_set():
            return
        self._news.clear()
        self._shown = versions
        found = []
        if versions is not None:
            with self._store.reading() as session:
                found = compare(session, *versions, self._duties.capacity_per_week)
        self._metrics.show({one.target: asdict(one) for one in found})

    def _work(self) -> None:
        while (trial := self._line.get()) is not None:
            challenger = self._challenger.current
            if challenger is None:
                continue
            try:
                self._score(trial, challenger)
                self._metrics.scores.labels("scored").inc()
                self._news.set()
            except Exception as error:  # the challenger's troubles are nobody else's
                self._metrics.scores.labels("failed").inc()
                self._logger.error(
                    "shadow_failed", kind=type(error).__name__, place=place_of(error)
                )

    def _score(self, trial: Trial, challenger: Scorer) -> None:
        (score,) = challenger.score([trial.snapshot], reasons=False)
        with self._store.session() as session:
            session.add(shadow_row(trial.score_id, trial.score, score))
