"""``zaojie fit`` and ``zaojie score`` as a person types them, on files never seen before."""

from __future__ import annotations

import csv
import gzip
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook

from zaojie_cases.cli import main

MAPPING = """
name: tiny
version: 1
source_system: tiny
filter: {渠道: [热线, 网格]}
fields:
  source_case_no: 编号
  narrative: {columns: [标题, 内容], join: "。"}
  registered_at: 登记时间
  place_key: 地点
  category_code: 类型
events:
  - {kind: closed, at: 办结时间}
outcomes:
  late: {code: L1, kind: binary, delay: {from: registered_at, to: 办结时间, longer_than_days: 30}}
  topic: {code: topic, kind: one_of, column: 主题}
  elements: {code: elements, kind: any_of, column: 要素}
"""
TOPICS = {
    "邻里": "两家因院墙滴水和采光争吵",
    "劳资": "工程完工后工资一直没有发",
    "物业": "电梯停运物业费却上涨",
}
SLOW, QUICK = "事情复杂牵涉多家单位需要会商", "双方愿意当场调解"
OUTCOMES = ("办结时间", "主题", "要素")
Row = dict[str, str]


def row(number: int) -> Row:
    """Return a row whose outcomes all show in its words."""
    rng = random.Random(number)
    topic, slow, money = rng.choice(sorted(TOPICS)), rng.random() < 0.4, rng.random() < 0.5
    at = date(2026, 1, 1) + timedelta(days=number)
    said = [TOPICS[topic], SLOW if slow else QUICK, *(["要求赔偿损失三千元"] if money else [])]
    return {
        "编号": f"T{number:03}",
        "标题": f"来访{number}",
        "内容": "，".join(said),
        "登记时间": f"{at.year}年{at.month}月{at.day}日",
        "地点": f"A{number % 4}",
        "类型": "0201",
        "渠道": "热线",
        "办结时间": str(at + timedelta(days=60 if slow else 5)),
        "主题": topic,
        "要素": "|".join(["来访", *(["赔偿"] if money else [])]),
    }


def unlabelled(rows: Sequence[Row]) -> list[Row]:
    return [{key: v for key, v in one.items() if key not in OUTCOMES} for one in rows]


def write_csv(path: Path, rows: Sequence[Row], encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_lines(path: Path, rows: Sequence[Row]) -> Path:
    with gzip.open(path, "wt", encoding="utf-8") as stream:
        stream.writelines(json.dumps(one, ensure_ascii=False) + "\n" for one in rows)
    return path


def write_excel(path: Path, rows: Sequence[Row]) -> Path:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(list(rows[0]))
    for one in rows:
        sheet.append(list(one.values()))
    book.save(path)
    return path


@dataclass(frozen=True)
class Desk:
    """A folder with a mapping and a training file, and the installed command."""

    folder: Path

    def arguments(self, options: Mapping[str, object]) -> list[str]:
        given = {"mapping": self.folder / "tiny.yaml"} | dict(options)
        return [part for key, value in given.items() for part in (f"--{key}", str(value))]

    def zaojie(self, command: str, **options: object) -> subprocess.CompletedProcess[str]:
        program = shutil.which("zaojie", path=str(Path(sys.executable).parent))
        assert program, "the package is not installed"
        return subprocess.run(
            [program, command, *self.arguments(options)],
            capture_output=True,
            encoding="utf-8",
            env=os.environ | {"PYTHONUTF8": "1", "ZAOJIE_HOME": str(self.folder / "home")},
            cwd=self.folder,
            timeout=180,
            check=False,
        )

    def fit(self, target: str) -> Path:
        bundle = self.folder / f"bundle-{target}"
        done = self.zaojie("fit", target=target, data=self.folder / "train.csv", bundle=bundle)
        assert done.returncode == 0, done.stderr
        assert "用 150 行训练完成" in done.stderr
        return bundle

    def score(self, bundle: Path, data: Path) -> tuple[list[str], list[Row]]:
        out = self.folder / "out" / f"{data.name}.csv"
        done = self.zaojie("score", bundle=bundle, data=data, out=out)
        assert done.returncode == 0, done.stderr
        with out.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream)
            return list(reader.fieldnames or ()), list(reader)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "tiny.yaml").write_text(MAPPING, encoding="utf-8")
    write_csv(folder / "train.csv", [row(i) for i in range(150)], "gb18030")
    return Desk(folder)


@pytest.fixture(scope="module")
def late(desk: Desk) -> Path:
    """A bundle of the yes/no target."""
    return desk.fit("late")


NEW = [row(i) for i in range(200, 230)]


def test_a_yes_no_target(desk: Desk, late: Path) -> None:
    header, found = desk.score(late, write_csv(desk.folder / "new.csv", unlabelled(NEW)))
    assert header == ["id", "probability"]
    assert [one["id"] for one in found] == [one["编号"] for one in NEW]
    by_truth: Mapping[bool, list[float]] = {True: [], False: []}
    for one, told in zip(NEW, found, strict=True):
        by_truth[SLOW in one["内容"]].append(float(told["probability"]))
    assert max(by_truth[False]) < min(by_truth[True])
    assert 0 < min(by_truth[False]) <= max(by_truth[True]) < 1


def test_bad_rows_stay_in_their_place_with_a_reason(desk: Desk, late: Path) -> None:
    spoilt: list[tuple[Row, str]] = [
        ({}, ""),
        ({"标题": "", "内容": ""}, "narrative"),
        ({"登记时间": "去年冬天"}, "registered_at"),
        ({"渠道": "信箱"}, "筛选"),
        ({"类型": "1201"}, "不评分"),
        ({"编号": "T300"}, "重复"),
        ({"编号": "T306"}, ""),
    ]
    rows = [row(300 + i) | change for i, (change, _) in enumerate(spoilt)]
    header, found = desk.score(late, write_csv(desk.folder / "bad.csv", unlabelled(rows)))
    assert header == ["id", "probability", "reason"]
    assert [one["id"] for one in found] == [one["编号"] for one in rows]
    for told, (_, reason) in zip(found, spoilt, strict=True):
        assert (told["probability"] == "") == bool(reason)
        assert (reason in told["reason"]) if reason else told["reason"] == ""
    assert "去年冬天" not in str(found)


def test_one_of_several_classes(desk: Desk) -> None:
    data = write_excel(desk.folder / "new.xlsx", unlabelled(NEW))
    header, found = desk.score(desk.fit("topic"), data)
    assert header == ["id", "label", "probability"]
    assert [one["label"] for one in found] == [one["主题"] for one in NEW]
    assert all(1 / 3 < float(one["probability"]) <= 1 for one in found)


def test_any_of_several_labels(desk: Desk) -> None:
    data = write_lines(desk.folder / "new.jsonl.gz", unlabelled(NEW))
    header, found = desk.score(desk.fit("elements"), data)
    assert header == ["id", "labels"]
    assert [set(one["labels"].split("|")) for one in found] == [
        set(one["要素"].split("|")) for one in NEW
    ]


Wrong = tuple[str, dict[str, object], str]
"""A command, its options, and what the sentence must name."""
FIT: dict[str, object] = {"target": "late", "bundle": "fresh", "data": "train.csv"}
SCORE: dict[str, object] = {"data": "train.csv", "out": "out.csv"}


def wrong_target(_desk: Desk, _late: Path) -> Wrong:
    return "fit", FIT | {"target": "harm"}, "late、topic、elements"


def missing_file(_desk: Desk, _late: Path) -> Wrong:
    return "fit", FIT | {"data": "gone.csv"}, "gone.csv"


def missing_column(desk: Desk, _late: Path) -> Wrong:
    rows = [{key: v for key, v in row(i).items() if key != "内容"} for i in range(3)]
    return "fit", FIT | {"data": write_csv(desk.folder / "no_text.csv", rows)}, "内容"


def unknown_mapping(_desk: Desk, _late: Path) -> Wrong:
    return "fit", FIT | {"mapping": "tipdm"}, "tipdm_replies"


def corrupt_bundle(desk: Desk, late: Path) -> Wrong:
    copy = desk.folder / "spoilt"
    shutil.copytree(late, copy)
    (copy / "late.json").write_text("{}", encoding="utf-8")
    return "score", SCORE | {"bundle": copy}, "late.json"


def no_place_for_the_answer(_desk: Desk, late: Path) -> Wrong:
    return "score", SCORE | {"bundle": late, "out": late}, "输出文件"


def onto_the_input(_desk: Desk, late: Path) -> Wrong:
    return "score", SCORE | {"bundle": late, "out": "train.csv"}, "输入文件"


WRONG = [wrong_target, missing_file, missing_column, unknown_mapping, corrupt_bundle]
WRONG += [no_place_for_the_answer, onto_the_input]


def check(code: object, printed: str, named: str) -> None:
    assert code == 2, printed
    assert "Traceback" not in printed
    [sentence] = printed.strip().splitlines()
    assert named in sentence
    assert re.search(r"[\u4e00-\u9fff]{4}", sentence)


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_said_in_a_sentence(
    desk: Desk,
    late: Path,
    wrong: Callable[[Desk, Path], Wrong],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In this process: loading the libraries takes most of the time of a call."""
    command, options, named = wrong(desk, late)
    before = {path: path.read_bytes() for path in desk.folder.rglob("*") if path.is_file()}
    monkeypatch.chdir(desk.folder)
    monkeypatch.setattr(sys, "argv", ["zaojie", command, *desk.arguments(options)])
    with pytest.raises(SystemExit) as left:
        main()
    check(left.value.code, "".join(capsys.readouterr()), named)
    assert {path: path.read_bytes() for path in desk.folder.rglob("*") if path.is_file()} == before


def test_the_installed_command_leaves_with_2(desk: Desk, late: Path) -> None:
    command, options, named = wrong_target(desk, late)
    done = desk.zaojie(command, **options)
    check(done.returncode, done.stdout + done.stderr, named)
