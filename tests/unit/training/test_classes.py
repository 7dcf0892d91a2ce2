"""Learning classes and labels: what subjects are good for, categories, rare labels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zaojie_features.subjects import subjects
from zaojie_models.bundle import Bundle
from zaojie_models.policy import load_policy
from zaojie_models.target_model import AnyOfModel, Inputs
from zaojie_training.classes import GRID, drawn_f1, learn_any_of, learn_one_of
from zaojie_training.dataset import Dataset
from zaojie_training.examples import Examples, Part, part_of
from zaojie_training.fit import fit_file

Rows = list[dict[str, str]]
LABELS = ("工资", "借款")


def part(data: Dataset) -> Part:
    examples = Examples.of(data)
    space = examples.corpus.learn(range(len(data)))
    return part_of(examples, space, range(len(data)))


@pytest.fixture
def unlike(make_row: Callable[..., Any]) -> Rows:
    """Texts of one word each, no word twice: only its subject tells the class."""
    words = (("甲", _words("医疗")), ("乙", _words("建设工程")))
    pairs = [(label, word) for label, own in words for word in own[:40]]
    return [make_row(i, label, 内容=f"{word}。") for i, (label, word) in enumerate(pairs)]


def _words(subject: str) -> list[str]:
    """Return long words of a subject that have no pair of characters in common."""
    found: list[str] = []
    seen: set[str] = set()
    for word in sorted({w for words in subjects()[subject].values() for w in words}):
        grams = set(word)
        if not grams & seen:
            seen |= grams
            found.append(word)
    return found


def test_a_class_of_unseen_words_is_told_by_its_subject(
    source: Callable[..., Any], unlike: Rows
) -> None:
    data = source(unlike, "one_of").data()
    labels = [str(label) for label in data.labels["y"]]
    model, decisions = learn_one_of(part(data), labels, seed=0)
    told = [model.classes[k] for k in decisions.argmax(axis=1)]
    assert np.mean([a == b for a, b in zip(told, labels, strict=True)]) > 0.9


def test_subjects_are_left_out_where_they_help_nothing(
    source: Callable[..., Any], make_row: Callable[..., Any]
) -> None:
    """Two classes of one subject, each told by its word."""
    words = ("医院", "出院")
    rows = [make_row(i, "甲乙"[i % 2], 内容=f"{words[i % 2]}，第{i}件") for i in range(80)]
    found = part(source(rows, "one_of").data())
    model, _ = learn_one_of(found, ["甲乙"[i % 2] for i in range(80)], seed=0)
    assert not model.head.weights[:, found.space.bounds[1] : found.space.bounds[2]].any()


@pytest.fixture
def of_two_kinds(make_row: Callable[..., Any]) -> Rows:
    """Cases of two categories; each label is seen in one, and its word stands in both."""
    return [
        make_row(
            i,
            LABELS[i % 2] if i % 3 else "",
            内容=("欠付工资和借款" if i % 3 else "双方到场") + f"，第{i}件",
            类别=("0701", "0804")[i % 2],
        )
        for i in range(120)
    ]


def test_a_label_is_told_only_in_the_categories_it_was_seen_in(
    source: Callable[..., Any], of_two_kinds: Rows, tmp_path: Path
) -> None:
    made = source(of_two_kinds, "any_of", fields={"category_code": "类别"})
    fitted = fit_file(
        made.path,
        made.mapping,
        "y",
        tmp_path / "bundle",
        seed=0,
        policy=load_policy(),
        progress=lambda _: None,
    )
    model = fitted.learnt.model
    assert isinstance(model, AnyOfModel)
    assert model.classes == ("借款", "工资")
    assert model.categories == (frozenset({804.0}), frozenset({701.0}))
    assert fitted.figures["micro_f1"] == 1.0
    snapshots = [fitted.data.snapshot(i) for i in range(len(fitted.data))]
    for score, wanted in zip(
        Bundle.load(tmp_path / "bundle").score(snapshots, reasons=False),
        fitted.data.labels["y"],
        strict=True,
    ):
        assert score.targets[0].labels == wanted


def test_without_a_known_category_every_label_can_be_told(
    source: Callable[..., Any], of_two_kinds: Rows
) -> None:
    data = source(of_two_kinds, "any_of", fields={"category_code": "类别"}).data()
    found = part(data)
    model, _ = learn_any_of(found, [tuple(x) for x in data.labels["y"]], seed=0)
    text = next(t for t, label in zip(found.text, data.labels["y"], strict=True) if label)
    for category in (float("nan"), 201.0):
        told = model.shares(Inputs(text, {"category": category}, None))
        assert min(told) > 0.4
    assert model.shares(Inputs(text, {"category": 701.0}, None))[0] == 0.0


def test_a_rare_label_is_drawn_towards_the_others() -> None:
    """Its own three rows would best be told from 0.5, which is chance; the others say 0."""
    draw = np.random.default_rng(1)
    often = np.tile([1, 0], 300)
    rare = np.zeros(600, dtype=np.int64)
    rare[:3] = 1
    wanted = np.column_stack([often, often, rare])
    decisions = np.where(wanted == 1, 0.02, -0.02) * np.ones((600, 3))
    decisions[:, 2] = np.where(rare == 1, 0.55, draw.uniform(-0.5, 0.49, 600))
    f1 = drawn_f1(decisions, wanted, np.ones_like(wanted, dtype=bool))
    least = GRID[f1.argmax(axis=0)]
    assert least[:2] == pytest.approx([0.0, 0.0])
    assert least[2] == pytest.approx(0.0)


def test_the_same_seed_gives_the_same_model(source: Callable[..., Any], of_two_kinds: Rows) -> None:
    data = source(of_two_kinds, "any_of", fields={"category_code": "类别"}).data()
    labels = [tuple(x) for x in data.labels["y"]]
    (one, shares), (other, again) = (learn_any_of(part(data), labels, seed=3) for _ in range(2))
    assert one.head.weights.tobytes() == other.head.weights.tobytes()
    assert one.thresholds == other.thresholds
    assert shares.tobytes() == again.tobytes()
