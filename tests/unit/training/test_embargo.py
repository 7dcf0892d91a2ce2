"""Nothing that is learnt for an evaluation looks past the start of the test window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.decisions import Cohort
from zaojie_cases.history import History
from zaojie_cases.record import SHANGHAI, Case, Outcome
from zaojie_features.corpus import Corpus
from zaojie_models.policy import load_policy
from zaojie_models.target_model import BinaryModel
from zaojie_training.assemble import Recipe, known_until, learn_bundle
from zaojie_training.dataset import Dataset, Row
from zaojie_training.examples import Examples
from zaojie_training.targets import Target, target_of_mapping

BEGIN = datetime(2026, 1, 1, tzinfo=SHANGHAI)
DAYS = st.floats(0, 200).map(lambda days: timedelta(days=days))
CASES = st.lists(st.tuples(DAYS, st.none() | DAYS), min_size=1, max_size=30)


def events(delay: timedelta | None, at: datetime) -> list[Outcome]:
    """Return the outcome of a case registered ``at``, if it has one."""
    if delay is None:
        return []
    return [Outcome(case_id="c", outcome_code="R1", observed_at=at + delay, source_system="s")]


def bare(
    target: Target, cases: list[tuple[timedelta, timedelta | None]]
) -> tuple[Dataset, Examples]:
    """Return a data set of moments and labels, with nothing to learn from."""
    moments = [BEGIN + at for at, _ in cases]
    cut = max(moments)
    labels = [
        target.label(events(delay, at), at, cut)
        for at, (_, delay) in zip(moments, cases, strict=True)
    ]
    groups = [str(i) for i in range(len(cases))]
    rows = [Row(i, Cohort.REGISTRATION, at) for i, at in enumerate(moments)]
    records = [(bare_case(at), (), ()) for at in moments]
    data = Dataset(records, rows, {target.name: labels}, groups, History(), [], cut, "")
    places: list[str | None] = [None] * len(cases)
    numbers = np.arange(len(cases))
    facts = np.zeros((len(cases), 0))
    return data, Examples(Corpus(), numbers, facts, places, moments, groups)


def bare_case(at: datetime) -> Case:
    return Case(
        case_id="c",
        source_system="s",
        source_case_no="c",
        registered_at=at,
        narrative_masked="",
    )


@given(CASES, DAYS, st.floats(0, 90))
def test_a_training_label_is_what_was_known_then(
    cases: list[tuple[timedelta, timedelta | None]], until_day: timedelta, horizon: float
) -> None:
    target = Target(name="t", title="t", outcomes=("R1",), horizon_days=horizon)
    data, examples = bare(target, cases)
    until = BEGIN + until_day
    for i in known_until(data, examples, target, until):
        at = examples.moments[i]
        assert at < until
        seen = [o for o in events(cases[i][1], at) if o.observed_at < until]
        assert target.label(seen, at, until) == data.labels["t"][i]


@given(CASES, st.floats(0, 90))
def test_whether_a_late_case_is_learnt_from_does_not_depend_on_its_outcome(
    cases: list[tuple[timedelta, timedelta | None]], horizon: float
) -> None:
    target = Target(name="t", title="t", outcomes=("R1",), horizon_days=horizon)
    data, examples = bare(target, cases)
    without, _ = bare(target, [(at, None) for at, _ in cases])
    assert known_until(data, examples, target, None) == known_until(without, examples, target, None)


def test_the_future_does_not_reach_the_model(
    source: Callable[..., Any], make_row: Callable[..., Any]
) -> None:
    """Other labels, words and places after the start of the test window: the same model."""
    past = [make_row(i, str(int(i % 3 == 0))) for i in range(90)]
    futures = [
        [make_row(i, label, 内容=f"{word}，第{i}件，{word}", 地点=place) for i in range(90, 120)]
        for label, word, place in (("0", "噪音", "A1"), ("1", "拆迁补偿", "A2"))
    ]
    learnt = []
    for future in futures:
        made = source([*past, *future])
        data = made.data()
        examples = Examples.of(data)
        until = sorted(examples.moments)[90]
        target = target_of_mapping(made.mapping, "y")
        learnt.append(
            learn_bundle(
                data,
                examples,
                [target],
                Recipe(load_policy()),
                progress=lambda _: None,
                until=until,
            )
        )
    one, other = (found.targets[0].model for found in learnt)
    assert isinstance(one, BinaryModel)
    assert isinstance(other, BinaryModel)
    assert learnt[0].targets[0].rows == list(range(90))
    assert learnt[0].space.idf == learnt[1].space.idf
    assert one.trees == other.trees
    assert np.array_equal(one.head.weights, other.head.weights)
    assert (one.calibration, one.thresholds) == (other.calibration, other.thresholds)


def test_the_embargo_is_as_long_as_the_horizon(
    source: Callable[..., Any], make_row: Callable[..., Any]
) -> None:
    made = source([make_row(i, "1") for i in range(60)])
    data = made.data()
    examples = Examples.of(data)
    target = target_of_mapping(made.mapping, "y")
    long = target.model_copy(update={"horizon_days": 10.0, "stated": False})
    until = examples.moments[40]
    labelled = replace(data, labels={"y": [0] * 60})
    assert known_until(labelled, examples, long, until) == list(range(30))
    assert known_until(labelled, examples, long, None) == list(range(50))
    assert known_until(labelled, examples, target, None) == list(range(60))
