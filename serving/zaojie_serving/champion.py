"""The bundle in use: follows the champion pointer and swaps without a dropped request.

``<bundles>/champion.json`` names a version and its directory and is signed; promotion replaces
the file atomically, and nothing else is followed. A new bundle is loaded and verified aside; only
then one reference is replaced, so a request sees exactly one bundle. A bundle that cannot be
trusted is refused and the old one goes on serving. The bundle before is kept: pointing back to
it needs no reading.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from structlog.typing import FilteringBoundLogger

from zaojie_cases.errors import BundleError
from zaojie_models.pointer import Pointer, pointer_path, read_pointer
from zaojie_serving.errors import NotReadyError
from zaojie_serving.logs import place_of
from zaojie_serving.metrics import Metrics
from zaojie_serving.scorer import Scorer, ScorerLoader

NO_CHAMPION = (
    "还没有发布模型，案件照常登记，按普通时限办理。"
    "请先运行 zaojie train 训练，再运行 zaojie challenge 和 zaojie promote 发布。"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the newest bundle is not in use; ``reason`` is a Chinese sentence."""

    reason: str


class Champion:
    """Holds the bundle in use; reading it is one attribute access, safe in any thread."""

    def __init__(
        self,
        bundles: Path,
        load: ScorerLoader,
        *,
        trusted: Path,
        metrics: Metrics,
        logger: FilteringBoundLogger,
    ) -> None:
        self._bundles = bundles
        self._load = load
        self._trusted = trusted
        self._metrics = metrics
        self._logger = logger
        self._lock = threading.Lock()
        self._mark: tuple[int, int, int] | None = None
        self._previous: Scorer | None = None
        self.current: Scorer | None = None
        self.refusal: Refusal | None = None

    def require(self) -> Scorer:
        """Return the bundle in use; raise NotReadyError when there is none."""
        if self.current is None:
            raise NotReadyError(self.why_not())
        return self.current

    def why_not(self) -> str:
        """Return a Chinese sentence on why there is no bundle, and what to do."""
        return self.refusal.reason if self.refusal else NO_CHAMPION

    def refresh(self) -> None:
        """Look at the pointer and swap when it names another bundle."""
        with self._lock:
            mark = mark_of(pointer_path(self._bundles, "champion"))
            if mark is None or mark == self._mark:
                return
            self._mark = mark
            try:
                self._swap(read_pointer(self._bundles, "champion", self._trusted))
            except BundleError as error:
                self._refuse(error.message)
            except Exception as error:  # whatever is wrong with the new one, the old one serves
                self._logger.error("bundle_broke", kind=type(error).__name__, place=place_of(error))
                self._refuse(
                    "模型包读不了。请重新训练，再运行 zaojie challenge 和 zaojie promote。"
                )

    def _swap(self, pointer: Pointer) -> None:
        fresh = self._kept(pointer.version) or self._load(self._bundles / pointer.directory)
        if fresh.version != pointer.version:
            raise BundleError("模型包的版本与 champion.json 不一致，请重新运行 zaojie promote。")
        self.refusal = None
        self._metrics.refused.set(0)
        if fresh is self.current:
            return
        self._previous, self.current = self.current, fresh
        self._metrics.swaps.inc()
        self._metrics.bundle.clear()
        self._metrics.bundle.labels(fresh.version).set(1)
        self._logger.info("bundle_in_use", version=fresh.version)

    def _kept(self, version: str) -> Scorer | None:
        for scorer in (self.current, self._previous):
            if scorer is not None and scorer.version == version:
                return scorer
        return None

    def _refuse(self, reason: str) -> None:
        self.refusal = Refusal(reason)
        self._metrics.refused.set(1)
        self._metrics.refusals.inc()
        self._logger.error("bundle_refused", reason=reason)


def mark_of(path: Path) -> tuple[int, int, int] | None:
    """Return what changes whenever the file is replaced."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ino, stat.st_size
