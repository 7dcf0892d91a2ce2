from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.ledger_entries import is_open
from zaojie_cases.record import CaseEvent, EventKind
from zaojie_models.score import Level, Reason, RuleHit, Score, TargetScore
from zaojie_serving.alerts import (
    MOST_REASONS,
    Change,
    State,
    change_of,
    reasons_of,
    state_after,
)

NOW = datetime(2026, 11, 24, tzinfo=UTC)
levels = st.sampled_from(list(Level))


def score_of(level: Level, *targets: TargetScore, rules: tuple[RuleHit, ...] = ()) -> Score:
    return Score(
        case_id="c1",
        as_of=NOW,
        valid_until=NOW + timedelta(days=7),
        level=level,
        targets=targets,
        rule_hits=rules,
        bundle_version="b1",
        policy_version="p1",
        snapshot_hash="h",
    )


def event(kind: EventKind, day: int) -> CaseEvent:
    at = NOW + timedelta(days=day)
    return CaseEvent(event_id=f"{kind}{day}", case_id="c1", at=at, recorded_at=at, kind=kind)


@given(levels.filter(lambda level: level is not Level.NONE), levels)
def test_a_score_never_lowers_a_warning(standing: Level, scored: Level) -> None:
    change = change_of(standing, score_of(scored))
    if scored.rank > standing.rank:
        assert change is Change.RAISED
    elif scored is standing:
        assert change is Change.RENEWED
    else:
        assert change is Change.LEFT


@given(levels)
def test_a_first_warning_is_opened_by_any_level_but_none(scored: Level) -> None:
    expected = Change.LEFT if scored is Level.NONE else Change.OPENED
    assert change_of(None, score_of(scored)) is expected


@given(st.sampled_from(list(State)), st.sampled_from(list(EventKind)))
def test_a_warning_only_moves_forward(state: State, kind: EventKind) -> None:
    order = list(State)
    assert order.index(state_after(state, kind, [event(EventKind.CLOSED, 1)])) >= order.index(state)


def test_only_a_revisit_of_a_closed_case_closes_a_warning() -> None:
    closed = [event(EventKind.CLOSED, 1)]
    assert state_after(State.CONTACTED, EventKind.REVISIT, closed) is State.CLOSED
    assert state_after(State.CONTACTED, EventKind.REVISIT, []) is State.CONTACTED
    assert state_after(State.CONTACTED, EventKind.CLOSED, []) is State.CONTACTED


def test_a_reopened_case_is_open_again() -> None:
    closed, reopened = event(EventKind.CLOSED, 1), event(EventKind.REOPENED, 2)
    assert is_open("open", [])
    assert not is_open("settled", [])
    assert not is_open("open", [closed])
    assert is_open("open", [reopened, closed])


def test_reasons_are_the_rules_and_then_what_raised_the_deciding_target() -> None:
    words = tuple(Reason("word", f"w{n}", f"词{n}", float(n), ((n, n + 1),)) for n in range(-1, 9))
    base = Reason("base", "base", "基准", 99.0)
    deciding = TargetScore(
        "harm", "binary", probability=0.4, level=Level.ORANGE, reasons=(base, *words)
    )
    other = TargetScore(
        "overdue", "binary", probability=0.9, level=Level.BLUE, reasons=(words[-1],)
    )
    rule = RuleHit("threat", "威胁", "请报告派出所", ((3, 5),))
    reasons = reasons_of(score_of(Level.RED, other, deciding, rules=(rule,)))
    assert [r.kind for r in reasons] == ["rule", *["word"] * MOST_REASONS]
    assert reasons[0].text == "威胁：请报告派出所"
    assert [r.text for r in reasons[1:3]] == ["词8", "词7"]


def test_a_rule_alone_is_reason_enough_and_a_lower_target_is_none() -> None:
    rule = RuleHit("weapon", "持械", "请报告派出所", ())
    word = Reason("word", "w", "词", 1.0)
    quiet = TargetScore("overdue", "binary", probability=0.9, level=Level.BLUE, reasons=(word,))
    assert [r.kind for r in reasons_of(score_of(Level.RED, quiet, rules=(rule,)))] == ["rule"]
    assert [r.target for r in reasons_of(score_of(Level.BLUE, quiet))] == ["overdue"]


def test_weak_reasons_are_left_out_but_for_the_first_three() -> None:
    pulls = (0.05, 0.04, 0.03, 0.02, 0.5)
    words = tuple(Reason("word", f"w{p}", f"词{p}", p) for p in pulls)
    target = TargetScore("harm", "binary", probability=0.4, level=Level.ORANGE, reasons=words)
    found = reasons_of(score_of(Level.ORANGE, target))
    assert [r.text for r in found] == ["词0.5", "词0.05", "词0.04"]
