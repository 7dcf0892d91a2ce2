from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from zaojie_cases.errors import ConfigError
from zaojie_models.policy import STATISTICAL, Policy, Span, load_policy
from zaojie_models.score import Level

LEVELS = {Level.RED, *STATISTICAL}
DELETE = object()


def shipped() -> dict[str, Any]:
    plain: dict[str, Any] = load_policy().model_dump(mode="json", exclude_none=True)
    return plain


def changed(*path: str, to: Any) -> dict[str, Any]:
    found = inner = shipped()
    for key in path[:-1]:
        inner = inner[key]
    if to is DELETE:
        del inner[path[-1]]
    else:
        inner[path[-1]] = to
    return found


def write(directory: Path, content: object) -> Path:
    path = directory / "policy.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def refusal(path: Path) -> ConfigError:
    with pytest.raises(ConfigError) as refused:
        load_policy(path)
    assert re.search(r"[\u4e00-\u9fff]", refused.value.message)
    assert not re.search(r"\b(Input|Field|should|valid|required)\b", refused.value.message)
    return refused.value


def test_the_policy_that_ships_is_whole() -> None:
    policy = load_policy()
    assert set(policy.clocks) == set(policy.addressees) == set(policy.actions) == LEVELS
    assert set(policy.capacity_per_week) == set(policy.floor_lift) == set(STATISTICAL)
    assert Level.RED not in policy.ceiling.values()
    capacity = [policy.capacity_per_week[level] for level in STATISTICAL]
    floors = [policy.floor_lift[level] for level in STATISTICAL]
    assert capacity == sorted(capacity), "the higher a level, the fewer its cases"
    assert floors == sorted(floors, reverse=True)


def test_a_policy_of_ones_own_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, changed("capacity_per_week", "orange", to=1.5))
    assert load_policy(path).capacity_per_week[Level.ORANGE] == 1.5
    assert isinstance(load_policy(path), Policy)


@pytest.mark.parametrize(
    ("path", "to", "field"),
    [
        (("version",), DELETE, "version"),
        (("version",), "", "version"),
        (("colour",), "红", "colour"),
        (("capacity_per_week", "orange"), 0, "capacity_per_week.orange"),
        (("capacity_per_week", "orange"), "many", "capacity_per_week.orange"),
        (("floor_lift", "blue"), -1, "floor_lift.blue"),
        (("floor_lift", "blue"), float("inf"), "floor_lift.blue"),
        (("ceiling", "harm"), "purple", "ceiling.harm"),
        (("valid_for_hours",), 0, "valid_for_hours"),
        (("clocks", "red", "sign"), DELETE, "clocks.red.sign"),
        (("clocks", "red", "sign"), {"hours": 0}, "clocks.red.sign.hours"),
        (("clocks", "red", "sign"), {"minutes": 5}, "clocks.red.sign.minutes"),
        (("clocks", "red", "sign"), {"hours": 2, "working_days": 1}, "clocks.red.sign"),
        (("clocks", "red", "sign"), {}, "clocks.red.sign"),
        (("cannot_use_for",), DELETE, "cannot_use_for"),
        (("gates",), DELETE, "gates"),
        (("gates", "figures", "pr_auc"), {}, "gates.figures.pr_auc"),
        (("gates", "figures", "pr_auc", "at_most"), 1, "gates.figures.pr_auc"),
        (("gates", "figures", "pr_auc"), {"at_least": "viel"}, "gates.figures.pr_auc.at_least"),
        (("gates", "figures", "pr_auk"), {"at_least": 1}, "gates.figures.pr_auk.[key]"),
        (("gates", "targets", "harm"), {"auc": {"above": 1}}, "gates.targets.harm.auc.above"),
        (("gates", "fairness", "swap"), -1, "gates.fairness.swap"),
        (("gates", "data_age_days"), 0, "gates.data_age_days"),
        (("gates", "least_positives"), "x", "gates.least_positives"),
        (("gates", "must_be_evaluated"), ["unknown"], "gates"),
    ],
)
def test_a_fault_is_named(tmp_path: Path, path: tuple[str, ...], to: Any, field: str) -> None:
    error = refusal(write(tmp_path, changed(*path, to=to)))
    assert error.field == field
    assert field in error.message


@pytest.mark.parametrize(
    ("path", "to", "named"),
    [
        (("capacity_per_week", "orange"), DELETE, "capacity_per_week"),
        (("capacity_per_week", "red"), 3, "capacity_per_week"),
        (("floor_lift", "yellow"), DELETE, "floor_lift"),
        (("addressees", "red"), DELETE, "addressees"),
        (("actions", "none"), "不管", "actions"),
        (("clocks", "blue"), DELETE, "clocks"),
        (("ceiling", "harm"), "red", "ceiling"),
    ],
)
def test_a_level_more_or_less_is_named(
    tmp_path: Path, path: tuple[str, ...], to: Any, named: str
) -> None:
    assert named in refusal(write(tmp_path, changed(*path, to=to))).message


@pytest.mark.parametrize("content", [None, [], "text", 5])
def test_what_is_no_policy_at_all(tmp_path: Path, content: object) -> None:
    refusal(write(tmp_path, content))


@pytest.mark.parametrize("raw", [b"a: [", b"\tversion: 1", "版本".encode("gb18030"), b"\x00"])
def test_what_is_no_yaml(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(raw)
    assert "YAML" in refusal(path).message


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.yaml").field
    assert refusal(tmp_path).field, "a directory is no file"


def test_a_span_is_hours_or_working_days() -> None:
    assert Span(hours=3).working_days is None
    assert Span(working_days=2).hours is None
