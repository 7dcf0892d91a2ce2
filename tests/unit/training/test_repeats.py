"""The rule of a repetition: near-equal text, same area, later, within the window."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from zaojie_cases.sketch import similarity, sketch_of
from zaojie_training.targets import Label

NOISE = "小区门口的大排档每晚营业到凌晨两点，油烟和噪音严重影响楼上居民休息，多次反映没有人处理"
NOISE_AGAIN = NOISE.replace("多次反映", "再次反映") + "，请尽快答复"
ROAD = "村口道路破损积水已经半年，老人小孩出行困难，希望早日修好路面并装上路灯"
RULE = {"within_days": 30, "similarity": 0.6}
Labels = Callable[..., list[Label]]


@pytest.fixture
def labels(source: Callable[..., Any], make_row: Callable[..., Any], start: datetime) -> Labels:
    """Label messages given as (day, place, text); nothing is known after the last one."""

    def label(*messages: tuple[float, str, str]) -> list[Label]:
        rows = [
            make_row(
                i, "", 内容=text, 地点=place, 时间=f"{start + timedelta(days=day):%Y-%m-%d %H:%M}"
            )
            for i, (day, place, text) in enumerate(messages)
        ]
        data = source(rows, repeat=RULE).data()
        by_case = {c.source_case_no: i for i, (c, _, _) in enumerate(data.records)}
        return [data.labels["y"][by_case[row["编号"]]] for row in rows]

    return label


DRAIN = "河道两岸垃圾堆积，排污口气味难闻，请环保部门查处并公布结果"
END = (100.0, "A1", DRAIN)


def test_anyone_in_the_same_area_counts(labels: Labels) -> None:
    found = labels((0, "A3", NOISE), (10, "A7", NOISE_AGAIN), END)
    assert found == [1, 0, None]


def test_another_area_or_another_matter_does_not(labels: Labels) -> None:
    found = labels((0, "A3", NOISE), (5, "B3", NOISE), (9, "A3", ROAD), END)
    assert found == [0, 0, 0, None]


def test_the_window_ends_with_its_last_moment(labels: Labels) -> None:
    assert labels((0, "A3", NOISE), (30, "A3", NOISE), END) == [1, 0, None]
    assert labels((0, "A3", NOISE), (30.1, "A3", NOISE), END) == [0, 0, None]


def test_a_chain_counts_step_by_step(labels: Labels) -> None:
    found = labels((0, "A3", NOISE), (20, "A3", NOISE_AGAIN), (40, "A3", NOISE), END)
    assert found == [1, 1, 0, None]


def test_the_same_moment_is_not_later(labels: Labels) -> None:
    twice = (0, "A3", NOISE), (0, "A3", NOISE)
    assert labels(*twice, END) == [0, 0, None]
    assert labels(*twice, (5, "A3", NOISE), END) == [1, 1, 0, None]


def test_half_the_words_are_not_the_same_matter(labels: Labels) -> None:
    half = NOISE[:24] + "，附近施工队夜间倒渣土扬尘很大，请城管部门查处"
    assert 0.2 < similarity(sketch_of(NOISE), sketch_of(half)) < 0.5
    assert labels((0, "A3", NOISE), (5, "A3", half), END) == [0, 0, None]


def test_the_end_of_the_data_is_censored(labels: Labels) -> None:
    found = labels((0, "A3", NOISE), (69, "A3", NOISE), (70, "A4", NOISE), (71, "A5", ROAD), END)
    assert found == [0, 1, 0, None, None]


def test_villages_part_matters_where_there_are_codes(labels: Labels) -> None:
    one, next_door = "430103002001", "430103002002"
    found = labels((0, one, NOISE), (3, next_door, NOISE), (6, one, NOISE_AGAIN), END)
    assert found == [1, 0, 0, None]
