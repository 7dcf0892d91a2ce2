"""Data from which nothing can be learnt are refused with a sentence; odd ones are learnt from."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from zaojie_cases.errors import InputError, MappingError
from zaojie_models.bundle import Bundle
from zaojie_models.policy import load_policy
from zaojie_models.target_model import AnyOfModel, OneOfModel
from zaojie_training.fit import Fitted, fit_file


@pytest.fixture
def fit(
    source: Callable[..., Any], make_row: Callable[..., Any], tmp_path: Path
) -> Callable[..., Fitted]:
    """Fit the outcome of rows whose labels, and changes, come from functions of their number."""

    def run(
        rows: int,
        label: Callable[[int], str],
        kind: str = "binary",
        change: Callable[[int], dict[str, str]] = lambda _: {},
    ) -> Fitted:
        made = source([make_row(i, label(i), **change(i)) for i in range(rows)], kind)
        return fit_file(
            made.path,
            made.mapping,
            "y",
            tmp_path / "bundle",
            seed=0,
            policy=load_policy(),
            progress=lambda _: None,
        )

    return run


@pytest.mark.parametrize(
    ("rows", "kind", "label", "change"),
    [
        (39, "binary", lambda i: str(i % 2), lambda _: {}),
        (60, "binary", lambda _: "", lambda _: {}),
        (60, "binary", lambda _: "1", lambda _: {}),
        (60, "binary", lambda i: str(int(i < 4)), lambda _: {}),
        (60, "binary", lambda i: str(i % 2), lambda _: {"内容": "同一段话反复登记"}),
        (60, "binary", lambda i: str(i % 2), lambda _: {"内容": "！！！"}),
        (60, "binary", lambda i: str(int(i < 9)), lambda i: {"组": "g" if i < 9 else str(i)}),
        (60, "one_of", lambda _: "甲", lambda _: {}),
        (60, "one_of", lambda i: "甲" if i else "乙", lambda _: {}),
        (60, "one_of", lambda i: f"类{i}", lambda _: {}),
        (60, "any_of", lambda _: "", lambda _: {}),
        (60, "any_of", lambda i: "甲" if i < 3 else "", lambda _: {}),
    ],
)
def test_too_little_is_said_in_chinese(
    fit: Callable[..., Any],
    tmp_path: Path,
    rows: int,
    kind: str,
    label: Callable[..., Any],
    change: Callable[..., Any],
) -> None:
    with pytest.raises(InputError, match=r"目标 y .*(至少要 40 件|每种结果至少要 5 件)"):
        fit(rows, label, kind, change)
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("one_of", lambda i: "丙" if i == 0 else "甲乙"[i % 2]),
        ("any_of", lambda i: "甲|乙" if i % 3 else "乙"),
        ("any_of", lambda i: "甲" if i else ""),
        ("any_of", lambda i: ("甲" if i % 3 else "") + ("|丙" if i == 1 else "")),
    ],
)
def test_a_rare_or_universal_label_stops_nothing(
    fit: Callable[..., Any], tmp_path: Path, kind: str, label: Callable[..., Any]
) -> None:
    fitted = fit(48, label, kind)
    assert 0 <= fitted.figures["macro_f1"] <= 1
    model = Bundle.load(tmp_path / "bundle").models["y"]
    assert isinstance(model, OneOfModel | AnyOfModel)
    assert set(model.classes) == {part for i in range(48) for part in label(i).split("|") if part}


def test_a_label_that_all_rows_have_is_always_said(fit: Callable[..., Any], tmp_path: Path) -> None:
    fitted = fit(48, lambda i: "甲|乙" if i % 3 else "乙", "any_of")
    bundle = Bundle.load(tmp_path / "bundle")
    for score in bundle.score([fitted.data.snapshot(i) for i in range(5)], reasons=False):
        assert "乙" in score.targets[0].labels


def test_a_file_without_usable_rows_is_refused(
    source: Callable[..., Any], make_row: Callable[..., Any]
) -> None:
    made = source([make_row(0, "1", 时间="不详")])
    with pytest.raises(InputError, match="没有可用于训练的案件"):
        made.data()


def test_a_missing_required_column_is_named(
    source: Callable[..., Any], make_row: Callable[..., Any]
) -> None:
    made = source([{k: v for k, v in make_row(0, "1").items() if k != "内容"}])
    with pytest.raises(InputError, match="内容") as found:
        made.data()
    assert not isinstance(found.value, MappingError)


def test_types_that_are_never_scored_are_not_learnt_from(
    source: Callable[..., Any], make_row: Callable[..., Any]
) -> None:
    """Their registrations still count for how busy a place is."""
    rows = [make_row(i, "1", 类型="1201" if i < 3 else "0201") for i in range(5)]
    data = source(rows, fields={"category_code": "类型"}).data()
    assert [case.source_case_no for case, _, _ in data.records] == ["N3", "N4"]
    assert len(data.entries) == 5
