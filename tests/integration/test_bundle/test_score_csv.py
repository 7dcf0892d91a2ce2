"""``zaojie score``: one line for each row, in order, with a reason where there is no score."""

from __future__ import annotations

import csv
import gzip
import json
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from zaojie_cases.cli import build_app
from zaojie_cases.errors import BundleError, InputError
from zaojie_cases.mapping import load_mapping
from zaojie_models.scoring import Answer, score_file, write_scores

OUTCOMES = ("失败", "主题", "要素")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def header(path: Path) -> str:
    return path.read_text(encoding="utf-8").partition("\n")[0]


@pytest.fixture
def rows(sheet) -> list[dict[str, Any]]:
    """Eight rows without outcomes, as they come when nobody knows yet."""
    return [
        {key: value for key, value in row.items() if key not in OUTCOMES} for row in sheet.rows[:8]
    ]


@pytest.fixture
def score(sheet, fits, tmp_path: Path):
    """Score rows with the bundle of one target; returns the lines of the CSV."""

    def run(target: str, rows: list[dict[str, Any]]) -> list[dict[str, str]]:
        data, out = sheet.write("new.csv", rows), tmp_path / "scores.csv"
        bundle = fits[target].bundle
        count = write_scores(bundle, score_file(bundle, data, sheet.mapping), out)
        assert count == len(rows)
        return read(out)

    return run


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("failed", "id,probability"),
        ("topic", "id,label,probability"),
        ("elements", "id,labels"),
    ],
)
def test_the_command_writes_one_line_a_row_in_order(
    sheet, fits, rows, tmp_path: Path, target: str, expected: str
) -> None:
    out = tmp_path / "deep" / "scores.csv"
    app, _ = build_app()
    command = ["score", "--mapping", str(sheet.folder / "sheet.yaml")]
    command += ["--bundle", str(fits[target].directory)]
    command += ["--data", str(sheet.write("new.csv", rows)), "--out", str(out)]
    done = CliRunner().invoke(app, command, catch_exceptions=False)
    assert done.exit_code == 0
    assert fits[target].bundle.version in done.output
    assert header(out) == expected, "no reason column where every row has a score"
    assert [line["id"] for line in read(out)] == [row["编号"] for row in rows]


def test_a_yes_no_target_has_its_probability_to_the_last_digit(sheet, fits, rows, score) -> None:
    bundle = fits["failed"].bundle
    told = score("failed", rows)
    answers = list(score_file(bundle, sheet.folder / "new.csv", sheet.mapping))
    for line, answer in zip(told, answers, strict=True):
        assert float(line["probability"]) == answer.score.targets[0].probability
        assert 0.0 < float(line["probability"]) < 1.0


def test_one_of_several_has_its_label(score, rows) -> None:
    for line in score("topic", rows):
        assert line["label"] in {"类01", "类02", "类05"}
        assert 1 / 3 <= float(line["probability"]) <= 1.0


def test_several_labels_are_joined(score, rows) -> None:
    found = [line["labels"] for line in score("elements", rows)]
    assert any("|" in labels for labels in found)
    assert {label for labels in found for label in labels.split("|")} <= {"钱", "村", "打", ""}


def test_several_targets_have_a_line_each(county, tmp_path: Path) -> None:
    out = tmp_path / "scores.csv"
    answers = list(score_file(county.bundle, county.file, load_mapping("county")))
    assert write_scores(county.bundle, iter(answers), out) == len(answers) == 400
    lines = read(out)
    assert header(out) == "id,target,probability,level,reason"
    assert [line["target"] for line in lines] == ["breakdown", "overdue"] * len(answers)
    assert [line["id"] for line in lines[::2]] == [answer.source_id for answer in answers]
    routed = [line for line in lines if line["reason"]]
    assert 0 < len(routed) < 40
    assert all("只转办、不评分" in line["reason"] for line in routed)
    assert {(line["probability"], line["level"]) for line in routed} == {("", "")}
    scored = [line for line in lines if not line["reason"]]
    assert {line["level"] for line in scored} <= {"none", "blue", "yellow", "orange"}
    assert all(0.0 < float(line["probability"]) < 1.0 for line in scored)


@pytest.mark.parametrize("target", ["failed", "topic", "elements"])
def test_a_row_without_a_score_has_empty_values_and_a_reason(score, rows, target: str) -> None:
    rows[1]["内容"] = ""
    rows[2]["时间"] = "不知道"
    rows[3]["域"] = "刑事"
    rows[4]["不评分"] = "是"
    rows[5]["类别"] = "13"
    lines = score(target, rows)
    assert [line["id"] for line in lines] == [row["编号"] for row in rows]
    assert list(lines[0])[-1] == "reason"
    reasons = [line["reason"] for line in lines]
    assert [bool(reason) for reason in reasons] == [False, *[True] * 5, False, False]
    assert "时间" in reasons[2]
    assert "筛选" in reasons[3]
    assert "不同意" in reasons[4]
    assert "只转办、不评分" in reasons[5]
    for line in lines[1:6]:
        assert {value for key, value in line.items() if key not in {"id", "reason"}} == {""}
    assert lines[0].get("probability", lines[0].get("labels")) is not None


def test_a_reason_never_repeats_a_value(score, rows) -> None:
    rows[0]["时间"] = "张三的手机13800138000"
    [line, *_] = score("failed", rows)
    assert "13800138000" not in line["reason"]
    assert "张三" not in line["reason"]


@pytest.mark.parametrize("group", ["12", "13", "14", "15", "16"])
def test_types_that_are_only_routed_have_no_probability(score, rows, group: str) -> None:
    rows[0]["类别"] = group
    [first, second, *_] = score("failed", rows)
    assert (first["probability"], bool(first["reason"])) == ("", True)
    assert second["probability"]


def test_scoring_one_file_leaves_no_traces_in_the_next(county, tmp_path: Path) -> None:
    with gzip.open(county.file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in islice(lines, 200, 230)]
    files = {name: tmp_path / f"{name}.jsonl" for name in ("one", "other")}
    for name, path in files.items():
        told = [json.dumps(row | {"case_no": f"{name}{n}"}) for n, row in enumerate(rows)]
        path.write_text("\n".join(told), encoding="utf-8")
    mapping = load_mapping("county")
    first = list(score_file(county.bundle, files["one"], mapping))
    list(score_file(county.bundle, files["other"], mapping))
    assert list(score_file(county.bundle, files["one"], mapping)) == first


def test_the_order_of_rows_changes_no_score(score, rows) -> None:
    forward = {line["id"]: line["probability"] for line in score("failed", rows)}
    backward = {line["id"]: line["probability"] for line in score("failed", rows[::-1])}
    assert backward == forward


def test_a_later_row_changes_no_earlier_score(score, rows) -> None:
    rows.sort(key=lambda row: row["时间"])
    whole = score("failed", rows)
    assert score("failed", rows[:3]) == whole[:3]


def test_a_failure_leaves_the_old_scores(fits, tmp_path: Path) -> None:
    out = tmp_path / "scores.csv"
    out.write_text("old", encoding="utf-8")
    bundle = fits["failed"].bundle

    def broken():
        yield Answer("S1", None, "不行")
        raise InputError("文件读不完。")

    with pytest.raises(InputError):
        write_scores(bundle, broken(), out)
    assert out.read_text(encoding="utf-8") == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["scores.csv"]


def test_a_file_without_rows_has_a_header_only(fits, tmp_path: Path) -> None:
    out = tmp_path / "scores.csv"
    assert write_scores(fits["topic"].bundle, iter(()), out) == 0
    assert out.read_text(encoding="utf-8") == "id,label,probability\n"


def test_the_command_refuses_what_is_no_bundle(sheet, rows, tmp_path: Path) -> None:
    app, _ = build_app()
    command = ["score", "--mapping", str(sheet.folder / "sheet.yaml"), "--bundle", str(tmp_path)]
    command += ["--data", str(sheet.write("new.csv", rows)), "--out", str(tmp_path / "out.csv")]
    with pytest.raises(BundleError, match="不是早解的模型包"):
        CliRunner().invoke(app, command, catch_exceptions=False)
    assert not (tmp_path / "out.csv").exists()
