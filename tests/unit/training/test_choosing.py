"""What a run is planned by: windows, the rule of selection, the configuration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.errors import ConfigError
from zaojie_cases.record import SHANGHAI
from zaojie_models.policy import load_policy
from zaojie_models.score import Level
from zaojie_training.assemble import Recipe, thresholds_of
from zaojie_training.binary import Learnt
from zaojie_training.config import FAMILIES, Limits, Selection, TreeSettings, Windows, load_config
from zaojie_training.examples import Examples
from zaojie_training.sample import Sample
from zaojie_training.scorers import judge
from zaojie_training.selection import WindowFigures, choose
from zaojie_training.targets import Target
from zaojie_training.windows import Window, plan_windows

BEGIN = datetime(2026, 1, 1, tzinfo=SHANGHAI)
DAY = timedelta(days=1)


@given(st.integers(2, 900), st.integers(0, 5), st.floats(1, 200), st.floats(1, 90))
def test_sliding_windows_end_where_the_test_window_begins(
    days: int, count: int, test_days: float, step: float
) -> None:
    moments = [BEGIN + i * DAY for i in range(days)]
    sliding, last = plan_windows(moments, Windows(test_days=test_days, count=count, days=step))
    assert last.stop is None
    assert moments[-1] - last.start <= 0.3 * (moments[-1] - BEGIN) + timedelta(seconds=1)
    assert len(sliding) <= count
    for window, after in zip(sliding, [*sliding, last][1:], strict=True):
        assert window.stop is not None
        assert abs(window.stop - after.start) < timedelta(seconds=1)
        assert BEGIN < window.start < window.stop
        assert window.known_by == last.start
    assert all(sum(w.holds(at) for w in [*sliding, last]) <= 1 for at in moments)


def test_a_family_is_not_chosen_by_what_happened_in_the_test_window(
    source: Callable[..., Any], make_row: Callable[..., Any]
) -> None:
    data = source([make_row(i, "1") for i in range(120)]).data()
    target = Target(name="y", title="某事", outcomes=("Y",), horizon_days=10)
    labelled = replace(data, labels={"y": [int(i % 3 == 0) for i in range(120)]})
    examples = Examples.of(labelled)
    known_by = examples.moments[100]
    window = Window(examples.moments[80], known_by, known_by)
    recipe = Recipe(load_policy(), limits=Limits(folds=3), trees={"y": TreeSettings(most_rounds=8)})
    space = examples.corpus.learn(range(120))
    found = judge(labelled, examples, space, target, window, ["facts_trees"], recipe)
    assert found.test.rows.tolist() == list(range(80, 90))


def window(**figures: float) -> WindowFigures:
    return WindowFigures(
        start=BEGIN,
        stop=BEGIN + DAY,
        rows=9,
        positives=3,
        figures=dict(zip(FAMILIES, figures.values(), strict=True)),
    )


LOSS = dict.fromkeys(FAMILIES, 0.5)


def test_the_least_mean_regret_wins_not_the_best_single_number() -> None:
    windows = [window(a=0.5, b=0.1, c=0.45), window(a=0.3, b=0.1, c=0.45)]
    found = choose(windows, LOSS, Selection(tolerance=0.0))
    assert found.family == "stacked"
    assert found.regret == pytest.approx(
        {"facts_trees": 0.075, "text_trees": 0.375, "stacked": 0.025}
    )


def test_within_the_tolerance_the_simplest_wins() -> None:
    windows = [window(a=0.40, b=0.1, c=0.41)]
    assert choose(windows, LOSS, Selection(tolerance=0.02)).family == "facts_trees"
    assert choose(windows, LOSS, Selection(tolerance=0.001)).family == "stacked"


def test_without_windows_the_log_loss_before_the_test_window_decides() -> None:
    found = choose([], LOSS | {"text_trees": 0.4}, Selection())
    assert (found.family, found.regret) == ("text_trees", {})


def test_a_case_that_is_decided_on_often_takes_one_place_of_the_capacity(
    source: Callable[..., Any], make_row: Callable[..., Any]
) -> None:
    examples = Examples.of(source([make_row(i, "1") for i in range(60)]).data())
    often = replace(examples, documents=np.arange(60) // 6)
    rows, p = np.arange(60), np.linspace(0.01, 0.6, 60)

    def thresholds(of: Examples) -> dict[Any, float]:
        sample = Sample(of, examples.corpus.learn(range(60)), rows, np.zeros(60))
        learnt = Learnt(None, p, np.ones(60, dtype=bool), 0.0)  # type: ignore[arg-type]
        return thresholds_of(learnt, sample, load_policy(), "harm")

    once, again = thresholds(examples), thresholds(often)
    # Five a week over eight weeks: 42 of 60 decisions, but every one of the ten cases.
    assert once[Level.ORANGE] == pytest.approx(p[60 - 42])
    assert again[Level.ORANGE] == pytest.approx(p[5])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"seed": -1}, "seed：应不小于 0"),
        ({"windows": {"days": 0}}, "windows.days：应大于 0"),
        ({"windows": {"count": 99}, "seed": -1}, "seed：应不小于 0；windows.count：应不大于 24"),
        ({"families": ["forest"]}, "families.0：只能是"),
        ({"cohorts": {"weekly": 1.0}}, "registration"),
        ({"tress": {}}, "tress：没有这样的选项"),
        ({"limits": {"folds": 1.5}}, "limits.folds：应为整数"),
    ],
)
def test_a_wrong_configuration_names_every_field(
    tmp_path: Path, change: dict[str, Any], said: str
) -> None:
    path = tmp_path / "training.yaml"
    path.write_text(yaml.safe_dump(change), encoding="utf-8")
    with pytest.raises(ConfigError, match="训练配置有误") as refused:
        load_config(path)
    assert said in str(refused.value)


def test_the_shipped_file_says_the_defaults() -> None:
    assert load_config().model_dump() == type(load_config())().model_dump()
