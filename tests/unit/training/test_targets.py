"""What a label is, and targets that come from YAML alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from zaojie_cases.errors import ConfigError
from zaojie_cases.mapping import load_mapping
from zaojie_cases.record import SHANGHAI, Outcome
from zaojie_training.targets import Label, Target, load_targets, target_of_mapping

AT = datetime(2026, 3, 2, 9, 5, tzinfo=SHANGHAI)
DAY = timedelta(days=1)
LATER = AT + 100 * DAY
HARM = Target(name="harm", title="伤害", outcomes=("E1", "E2"), horizon_days=30)
GOOD = "name: debt\ntitle: 欠款未还\noutcomes: [D1]\nhorizon_days: 45\n"


def outcome(after: timedelta, code: str = "E1", value: str = "1") -> Outcome:
    return Outcome(
        case_id="c", outcome_code=code, value=value, observed_at=AT + after, source_system="s"
    )


@pytest.mark.parametrize(
    ("outcomes", "data_cut", "label"),
    [
        ([outcome(5 * DAY)], LATER, 1),
        ([outcome(5 * DAY, "E2")], LATER, 1),
        ([outcome(30 * DAY)], LATER, 1),
        ([outcome(30 * DAY + timedelta(seconds=1))], LATER, 0),
        ([], LATER, 0),
        ([], AT + 30 * DAY, 0),
        ([], AT + 30 * DAY - timedelta(seconds=1), None),
        ([outcome(5 * DAY)], AT + 6 * DAY, 1),
        ([outcome(-DAY)], LATER, 0),
        ([outcome(0 * DAY)], LATER, 0),
        ([outcome(-DAY), outcome(DAY, "E2")], LATER, 1),
        ([outcome(5 * DAY, "L1")], LATER, 0),
        ([outcome(5 * DAY, value="0")], LATER, 0),
        ([outcome(5 * DAY, "L1")], AT + 6 * DAY, None),
    ],
)
def test_a_label_waits_for_its_horizon(
    outcomes: list[Outcome], data_cut: datetime, label: Label
) -> None:
    assert HARM.label(outcomes, AT, data_cut) == label


@pytest.mark.parametrize(
    ("kind", "value", "label"),
    [
        ("binary", "1", 1),
        ("binary", "0", 0),
        ("one_of", "城乡建设", "城乡建设"),
        ("any_of", "甲|乙", ("甲", "乙")),
        ("any_of", "", ()),
    ],
)
def test_a_stated_label_does_not_wait(kind: str, value: str, label: Label) -> None:
    stated = Target.model_validate(
        {"name": "t", "title": "t", "kind": kind, "outcomes": ["E1"], "horizon_days": 0}
        | {"stated": True}
    )
    assert stated.label([outcome(0 * DAY, value=value)], AT, AT) == label
    assert stated.label([outcome(0 * DAY, "L1", value)], AT, LATER) is None


def test_the_shipped_targets_are_the_four_of_the_design() -> None:
    found = {target.name: target.horizon_days for target in load_targets()}
    assert found == {"breakdown": 60, "harm": 30, "overdue": 31, "recurrence": 90}


def test_lawful_acts_are_no_outcome_of_any_target() -> None:
    codes = {code for target in load_targets() for code in target.outcomes}
    assert codes == {"E1", "E2", "E3", "E4", "M1", "R1", "R2", "L1"}


def test_a_new_target_needs_no_code(tmp_path: Path) -> None:
    (tmp_path / "debt.yaml").write_text(GOOD, encoding="utf-8")
    [target] = load_targets(tmp_path)
    assert (target.name, target.kind, target.stated) == ("debt", "binary", False)
    assert target.label([outcome(40 * DAY, "D1")], AT, LATER) == 1


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (GOOD.replace("horizon_days: 45\n", ""), "horizon_days"),
        (GOOD.replace("45", "bald"), "horizon_days"),
        (GOOD.replace("45", "-1"), "horizon_days"),
        (GOOD.replace("[D1]", "[]"), "outcomes"),
        (GOOD.replace("debt", "欠款"), "name"),
        (GOOD + "horizon: 3\n", "horizon"),
        (GOOD + "kind: several\n", "kind"),
        (GOOD + "kind: one_of\n", "zaojie fit"),
        ("- a\n- b\n", "debt.yaml"),
        ("name: [", "debt.yaml"),
        ("", "debt.yaml"),
    ],
)
def test_a_malformed_target_is_named(tmp_path: Path, text: str, named: str) -> None:
    (tmp_path / "debt.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"目标文件|zaojie fit") as found:
        load_targets(tmp_path)
    assert named in str(found.value)
    assert "Input should" not in str(found.value)


def test_a_target_in_another_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "debt.yaml").write_bytes(GOOD.encode("gb18030"))
    with pytest.raises(ConfigError, match="UTF-8"):
        load_targets(tmp_path)


def test_two_targets_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ConfigError, match="同一个 name"):
        load_targets(tmp_path)


@pytest.mark.parametrize("exists", [True, False])
def test_a_folder_without_targets_is_refused(tmp_path: Path, exists: bool) -> None:
    with pytest.raises(ConfigError, match="--targets"):
        load_targets(tmp_path if exists else tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("mapping", "name", "kind", "horizon", "stated", "process"),
    [
        ("tipdm_replies", "overdue", "binary", 30, True, True),
        ("tipdm_hot", "attention", "binary", 0, True, True),
        ("tipdm_hot", "recurrence", "binary", 30, False, False),
        ("tipdm_messages", "topic", "one_of", 0, True, False),
        ("cjrc_case_cause", "cause", "one_of", 0, True, False),
        ("lawbench_consult_type", "consult", "one_of", 0, True, False),
        ("lawbench_dispute_focus", "focus", "one_of", 0, True, False),
        ("cail2019_elements", "elements", "any_of", 0, True, False),
    ],
)
def test_targets_of_shipped_mappings(
    mapping: str, name: str, kind: str, horizon: float, stated: bool, process: bool
) -> None:
    target = target_of_mapping(load_mapping(mapping), name)
    assert (target.kind, target.horizon_days) == (kind, horizon)
    assert (target.stated, target.process) == (stated, process)


def test_an_unknown_target_of_a_mapping_names_those_there_are() -> None:
    with pytest.raises(ConfigError, match="attention、recurrence"):
        target_of_mapping(load_mapping("tipdm_hot"), "overdue")
