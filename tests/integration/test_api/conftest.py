"""A real application on a real SQLite store, with a bundle small enough to reason about."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from zaojie_cases import codes
from zaojie_cases.errors import BundleError
from zaojie_cases.snapshot import Snapshot
from zaojie_models.pointer import write_pointer
from zaojie_models.score import Level, Reason, RuleHit, Score, TargetScore
from zaojie_models.signing import signing_key
from zaojie_serving.app import create_app
from zaojie_serving.settings import ServingSettings

LEVEL_OF_WORD = {"弄死": Level.RED, "锄头": Level.ORANGE, "推搡": Level.YELLOW, "吵": Level.BLUE}


class WordScorer:
    """Scores by the worst word in the narrative or in a note; says so in its reasons."""

    def __init__(self, version: str) -> None:
        self.version = version
        self.target_names = ["harm", "overdue"]

    def score(self, snapshots: Sequence[Snapshot], *, reasons: bool = True) -> list[Score]:
        return [self._score(snapshot, reasons) for snapshot in snapshots]

    def _score(self, snapshot: Snapshot, reasons: bool) -> Score:
        case = snapshot.case
        plain = Score(
            case_id=case.case_id,
            as_of=snapshot.as_of,
            valid_until=snapshot.as_of + timedelta(days=14),
            level=Level.NONE,
            targets=(),
            rule_hits=(),
            bundle_version=self.version,
            policy_version="p1",
            snapshot_hash=f"{len(snapshot.events)}-{snapshot.places[0].registered_30d}",
        )
        if not codes.is_scored(case.category_code) or case.scoring_opt_out:
            return replace(plain, unscored_reason="不在评分范围，按普通时限办理。")
        text = case.narrative_masked
        notes = "".join(str(event.payload.get("note", "")) for event in snapshot.events)
        found = [word for word in LEVEL_OF_WORD if word in text or word in notes]
        level = max((LEVEL_OF_WORD[w] for w in found), key=lambda lv: lv.rank, default=Level.NONE)
        probability = 0.1 + 0.2 * level.rank
        words = tuple(
            Reason("word", w, f"提到“{w}”", 1.0, _spans(text, w)) for w in found if reasons
        )
        target = TargetScore("harm", "binary", probability=probability, level=level, reasons=words)
        rules = tuple(
            RuleHit("threat", "明确威胁", "请报告派出所", _spans(text, w))
            for w in found
            if w == "弄死"
        )
        return replace(plain, level=level, targets=(target,), rule_hits=rules)


def _spans(text: str, word: str) -> tuple[tuple[int, int], ...]:
    start = text.find(word)
    return ((start, start + len(word)),) if start >= 0 else ()


def load_words(directory: Path) -> WordScorer:
    try:
        content = json.loads((directory / "bundle.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError("模型包损坏，请重新发布。") from error
    return WordScorer(content["version"])


@dataclass(frozen=True)
class FakeSpan:
    hours: float | None = None
    working_days: int | None = None


@dataclass(frozen=True)
class FakeClocks:
    sign: FakeSpan | None
    contact: FakeSpan | None
    plan: FakeSpan | None
    review: FakeSpan | None


class FakePolicy:
    version = "p1"
    capacity_per_week = {Level.ORANGE: 1, Level.YELLOW: 1, Level.BLUE: 2}  # noqa: RUF012
    clocks = {  # noqa: RUF012
        Level.RED: FakeClocks(FakeSpan(2), FakeSpan(24), FakeSpan(24), FakeSpan(24)),
        Level.ORANGE: FakeClocks(FakeSpan(8), FakeSpan(48), FakeSpan(72), FakeSpan(72)),
        Level.YELLOW: FakeClocks(
            FakeSpan(working_days=1), FakeSpan(working_days=3), FakeSpan(168), FakeSpan(168)
        ),
        Level.BLUE: FakeClocks(FakeSpan(working_days=2), FakeSpan(168), None, FakeSpan(360)),
    }
    actions = dict.fromkeys(clocks, "上门了解情况")
    cannot_use_for = "不得用于评价个人。"
    addressees = {  # noqa: RUF012
        Level.RED: "乡镇调解负责人和综治中心值班",
        Level.ORANGE: "乡镇调委会和司法所",
        Level.YELLOW: "村调委会和网格员",
        Level.BLUE: "经办调解员",
    }


def write_bundle(bundles: Path, version: str) -> None:
    (bundles / version).mkdir(parents=True, exist_ok=True)
    content = json.dumps({"version": version})
    (bundles / version / "bundle.json").write_text(content, encoding="utf-8")


def point_to(bundles: Path, version: str) -> None:
    """Move the signed pointer, as promotion does."""
    write_pointer(bundles, "champion", version, signing_key(bundles.parent))


def challenge(bundles: Path, version: str) -> None:
    write_bundle(bundles, version)
    write_pointer(bundles, "challenger", version, signing_key(bundles.parent))


def promote(bundles: Path, version: str) -> None:
    write_bundle(bundles, version)
    point_to(bundles, version)


@pytest.fixture
def settings(tmp_path: Path) -> ServingSettings:
    return ServingSettings(home=tmp_path, demo=True, poll_seconds=0.02)


@pytest.fixture
def log() -> io.StringIO:
    """What the application logged."""
    return io.StringIO()


@pytest.fixture
def make_app(settings: ServingSettings, log: io.StringIO) -> Callable[..., FastAPI]:
    def make(**changes: Any) -> FastAPI:
        chosen = settings.model_copy(update=changes)
        return create_app(chosen, load=load_words, duties=FakePolicy(), log_to=log)

    return make


@pytest.fixture
def open_client(make_app: Callable[..., FastAPI]) -> Iterator[Callable[..., TestClient]]:
    """Opens clients that come from this machine; closed at the end of the test."""
    clients: list[TestClient] = []

    def open_one(*, address: str = "127.0.0.1", **changes: Any) -> TestClient:
        client = TestClient(
            make_app(**changes), base_url="http://127.0.0.1", client=(address, 50_000)
        )
        clients.append(client)
        return client.__enter__()

    yield open_one
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def client(settings: ServingSettings, open_client: Callable[..., TestClient]) -> TestClient:
    """A client of an application that has a champion."""
    promote(settings.bundles, "b1")
    return open_client()


@pytest.fixture
def bundle_tools() -> Any:
    class Tools:
        write = staticmethod(write_bundle)
        point = staticmethod(point_to)
        promote = staticmethod(promote)
        challenge = staticmethod(challenge)

    return Tools


@pytest.fixture
def record() -> dict[str, Any]:
    """A case without any alarming word."""
    return {
        "source_system": "grid",
        "source_case_no": "WG-1",
        "registered_at": "2026-11-20T09:05:00+08:00",
        "region_code": "360122105203",
        "category_code": "0201",
        "narrative": "两家因水沟走向有分歧，希望村里来人看看。",
    }
