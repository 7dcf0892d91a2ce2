from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from zaojie_cases.record import SHANGHAI, Case
from zaojie_cases.store import Store
from zaojie_models.score import Level, Score, TargetScore
from zaojie_serving.shadow_book import Comparison, compare, shadow_row, spearman, top_overlap
from zaojie_serving.tables import ScoreRow

AT = datetime(2026, 11, 1, 9, tzinfo=SHANGHAI)
CAPACITY = {Level.ORANGE: 1.0, Level.YELLOW: 1.0, Level.BLUE: 5.0}


def score(case: str, at: datetime, bundle: str, probability: float) -> Score:
    level = Level.ORANGE if probability > 0.5 else Level.NONE
    targets = (
        TargetScore("harm", "binary", probability=probability, level=level),
        TargetScore("topic", "one_of", label="物业", probability=0.3),
    )
    return Score(case, at, at, level, targets, (), bundle, "p", "h")


def compared(
    store: Store, both: Sequence[tuple[str, float, float]], bundle: str = "b1"
) -> list[Comparison]:
    """Store (case, champion's, challenger's) in the order of time; compare b1 and c1."""
    for case in sorted({case for case, *_ in both}):
        if store.case(case) is None:
            plain = {"source_system": "x", "source_case_no": case, "narrative_masked": "两家"}
            store.add_case(Case.model_validate({"case_id": case, "registered_at": AT, **plain}))
    with store.session() as session:
        for number, (case, ours, theirs) in enumerate(both):
            at = AT + timedelta(hours=number)
            champion = score(case, at, bundle, ours)
            key = f"{bundle}-{number}"
            session.add(
                ScoreRow(
                    score_id=key,
                    case_id=case,
                    as_of=at,
                    bundle_version=bundle,
                    policy_version="p",
                    snapshot_hash="h",
                    level="none",
                    body={},
                )
            )
            session.flush()
            session.add(shadow_row(key, champion, score(case, at, "c1", theirs)))
    with store.reading() as session:
        return compare(session, "b1", "c1", CAPACITY)


@pytest.fixture
def store(tmp_path):
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        store.upgrade()
        yield store


def test_by_hand(store: Store) -> None:
    both = [("a", 0.9, 0.8), ("b", 0.6, 0.2), ("c", 0.3, 0.7), ("d", 0.1, 0.1)]
    [found] = compared(store, both)
    assert (found.target, found.cases, found.capacity) == ("harm", 4, 2)
    assert found.agreement == 0.5
    assert found.overlap == 0.5, "a is among the two highest of both, b and c of one"
    assert found.spearman == pytest.approx(0.8)
    assert found.difference == pytest.approx((0.1 + 0.4 + 0.4 + 0) / 4)
    assert [pair.case_id for pair in found.largest] == ["b", "c", "a", "d"]


def test_a_case_counts_once_by_its_latest_score(store: Store) -> None:
    [found] = compared(store, [("a", 0.9, 0.1), ("b", 0.2, 0.2), ("a", 0.3, 0.3)])
    assert (found.cases, found.difference, found.agreement) == (2, 0.0, 1.0)
    assert found.overlap is None, "no more cases than capacity"


def test_scores_of_an_earlier_champion_are_not_mixed_in(store: Store) -> None:
    assert compared(store, [("a", 0.9, 0.1)], bundle="b0") == []
    [found] = compared(store, [("a", 0.2, 0.2)])
    assert (found.cases, found.difference) == (1, 0.0)
    assert found.spearman is None


PROBABILITIES = st.lists(
    st.tuples(st.sampled_from([0.1, 0.2, 0.3]), st.floats(0, 1)), min_size=3, max_size=30
)


@given(PROBABILITIES)
def test_spearman_is_that_of_scipy(pairs: list[tuple[float, float]]) -> None:
    x, y = np.array(pairs).T
    found = spearman(x, y)
    if found is None:
        assert len(set(x)) == 1 or len(set(y)) == 1
    else:
        assert found == pytest.approx(spearmanr(x, y).statistic, abs=1e-9)


@given(PROBABILITIES, st.integers(1, 3))
def test_overlap_is_a_share_and_whole_with_oneself(
    pairs: list[tuple[float, float]], k: int
) -> None:
    x, y = np.array(pairs).T
    assert top_overlap(x, x, k) == 1.0
    assert top_overlap(x, y, k) == top_overlap(y, x, k)
    assert 0 <= top_overlap(x, y, k) <= 1
