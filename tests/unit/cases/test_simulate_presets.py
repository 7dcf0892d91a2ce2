"""Presets: what each makes of a county, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from zaojie_cases.errors import ConfigError, InputError
from zaojie_cases.simulate import Preset, load_preset, load_presets, write_county
from zaojie_cases.simulate.facts import Scope
from zaojie_cases.simulate.oracle import probabilities
from zaojie_cases.simulate.registrations import Registration, Registrations


def scored(preset: Preset, cases: int = 6_000) -> list[Registration]:
    return [found for found in Registrations(cases, 4, preset) if found.fate is not None]


def harm(found: list[Registration]) -> np.ndarray[Any, Any]:
    return probabilities([one.fate.rates for one in found if one.fate])["harm"]


def gap(chance: np.ndarray[Any, Any], trait: np.ndarray[Any, Any]) -> float:
    """The difference of log risk between those with and without, in standard errors."""
    risk = np.log(chance)
    error = risk.std() * np.sqrt(1 / trait.sum() + 1 / (~trait).sum())
    return float((risk[trait].mean() - risk[~trait].mean()) / error)


def test_the_presets_that_ship_are_five() -> None:
    presets = load_presets()
    assert list(presets) == ["default", "easy", "hard", "drift", "confounded"]
    assert presets["default"] == Preset(title="普通县")
    assert presets["default"].days == 730
    assert presets["default"].late_days == 180


def test_a_changed_preset_has_its_own_days() -> None:
    whole = load_preset("default")
    assert whole.is_late(whole.exported_at)
    short = whole.model_copy(update={"days": 100, "late_days": 10})
    assert (short.exported_at.date() - short.start).days == 100
    assert (short.exported_at - short.late_from).days == 10


@pytest.mark.parametrize("name", ["default", "easy", "hard", "drift"])
def test_traits_names_and_sex_are_independent_of_risk(name: str) -> None:
    found = scored(load_preset(name))
    chance = harm(found)
    people = [(one.dispute.applicant, one.dispute.respondent) for one in found]
    for trait in (
        [bool(one.dispute.traits) for one in found],
        ["ethnicity" in one.dispute.traits for one in found],
        [a.sex == "1" for a, _ in people],
        [len(b.name) == 3 for _, b in people],
        [a.name[0] < "李" for a, _ in people],
    ):
        assert abs(gap(chance, np.array(trait))) < 3.5


def test_confounded_traits_go_with_risk_through_the_place_only() -> None:
    found = scored(load_preset("confounded"), 10_000)
    chance = harm(found)
    traits = np.array([bool(one.dispute.traits) for one in found])
    assert gap(chance, traits) > 5
    busy = np.array([one.fate.rates.contact for one in found if one.fate])
    assert busy[traits].mean() < busy[~traits].mean()
    towns = np.array([one.dispute.village.region_code[:9] for one in found])
    within = [gap(chance[towns == town], traits[towns == town]) for town in np.unique(towns)]
    assert abs(np.sum(within)) / np.sqrt(len(within)) < 3.5


def test_hard_speaks_more_of_what_is_not_so() -> None:
    shares = {}
    for name in ("easy", "default", "hard"):
        scopes = [scope for one in scored(load_preset(name), 3_000) for _, scope in one.facts.cues]
        shares[name] = np.mean([scope is not Scope.AFFIRMED for scope in scopes])
    assert shares["easy"] < shares["default"] < shares["hard"]


def test_drift_changes_the_late_days_only() -> None:
    preset = load_preset("drift")
    drifted, plain = scored(preset), scored(load_preset("default"))
    early = [one for one in drifted if not preset.is_late(one.moment)]
    same = [one for one in plain if not preset.is_late(one.moment)]
    assert [(o.number, o.facts, o.fate) for o in early] == [
        (o.number, o.facts, o.fate) for o in same
    ]
    late = [one for one in drifted if preset.is_late(one.moment)]
    assert harm(late).mean() > 1.2 * harm(early).mean()
    share = {
        when: np.mean([one.voice == "hotline" for one in found])
        for when, found in (("early", early), ("late", late))
    }
    assert share["late"] > share["early"] + 0.1


def rows(path: Path, cases: int = 2_000, **changes: Any) -> list[dict[str, Any]]:
    preset = load_preset("default").model_copy(update=changes)
    write_county(path, cases=cases, seed=8, preset=preset, oracle=False)
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_noise_loses_outcomes_and_adds_a_few_false_ones(tmp_path: Path) -> None:
    true = rows(tmp_path / "true.jsonl", noise=0.0, report_days=0.0)
    noisy = rows(tmp_path / "noisy.jsonl", noise=0.2, report_days=0.0)
    pairs = {
        kind: {(row["case_no"], o["code"]) for row in found for o in row["outcomes"]}
        for kind, found in (("true", true), ("noisy", noisy))
    }
    lost = pairs["true"] - pairs["noisy"]
    added = pairs["noisy"] - pairs["true"]
    assert 0.1 < len(lost) / len(pairs["true"]) < 0.2
    assert 0 < len(added) / len(pairs["noisy"]) < 0.1
    assert not {code for _, code in lost | added} & {"L1"}


def test_reports_that_come_late_are_not_yet_in_the_file(tmp_path: Path) -> None:
    at_once = rows(tmp_path / "at_once.jsonl", noise=0.0, report_days=0.0)
    late = rows(tmp_path / "late.jsonl", noise=0.0, report_days=60.0)
    count = [sum(len(row["outcomes"]) for row in found) for found in (at_once, late)]
    assert 0.7 * count[0] < count[1] < 0.99 * count[0]


def test_more_fields_go_missing_where_a_preset_says_so(tmp_path: Path) -> None:
    for missing, low, high in ((0.0, 0.0, 0.001), (1.0, 0.11, 0.19), (2.5, 0.32, 0.43)):
        found = rows(tmp_path / "c.jsonl", 800, missing=missing)
        assert low <= np.mean([row["occurred_on"] is None for row in found]) < high


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"noise": 0.9}, ["noise", "不大于 0.5"]),
        ({"nois": 0.1}, ["nois", "没有这样的选项"]),
        ({"late_days": 1000}, ["late_days 不能大于 days"]),
        ({"drift": {"voices": {"grid": 1.0}}}, ["voices 要写明", "letter"]),
        ({"days": "many"}, ["days", "应为整数"]),
        ({"title": None}, ["title"]),
    ],
)
def test_a_preset_that_makes_no_county_is_refused(
    tmp_path: Path, content: dict[str, Any], words: list[str]
) -> None:
    path = tmp_path / "presets.yaml"
    path.write_text(yaml.safe_dump({"presets": {"mine": {"title": "我的县", **content}}}))
    with pytest.raises(ConfigError) as refused:
        load_presets(path)
    assert all(word in str(refused.value) for word in [*words, "mine", "presets.yaml"])


def test_a_name_that_no_preset_has_is_refused() -> None:
    with pytest.raises(InputError, match="没有这个预设，请从 default、easy"):
        load_preset("calm")
