"""Getting past the gates: what they say of a version, and who signs against which."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from zaojie_cases.errors import BundleError
from zaojie_models.gate_rules import GateRules
from zaojie_training.errors import GateError
from zaojie_training.evaluate import Evaluation
from zaojie_training.gates import Gate, blocking, judge
from zaojie_training.journal import Release
from zaojie_training.people import reasoned
from zaojie_training.tracking import EVALUATION, Tracking

ALL = "all"
"""Stands for every gate that blocks now; the record names each."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """Gates that a named person signs against, and why."""

    gates: tuple[str, ...]
    reason: str


def gates_of(
    tracking: Tracking,
    run_id: str,
    champion: Release | None,
    rules: GateRules,
    now: datetime,
) -> list[Gate]:
    """Return the gates of the version that the run ``run_id`` made.

    Raises ``BundleError`` if its evaluation is gone; without that of the champion, what is
    compared with it stays open.
    """
    theirs = None
    if champion is not None:
        try:
            theirs = evaluation_of(tracking, champion.run_id)
        except BundleError:
            theirs = None
    return judge(evaluation_of(tracking, run_id), rules, champion=theirs, now=now)


def evaluation_of(tracking: Tracking, run_id: str) -> Evaluation:
    """Return the evaluation that a run keeps. Raises ``BundleError`` if it is gone."""
    with tracking.downloaded(run_id, EVALUATION) as path:
        return Evaluation.model_validate_json(path.read_bytes())


def signed_against(
    gates: list[Gate], waiver: Waiver | None, before: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the gates that ``waiver`` signs against now; ``before`` are signed already.

    Raises ``GateError`` if one that blocks is left, or for a name that is no gate.
    """
    left = blocking(gates, before)
    waived: tuple[str, ...] = ()
    if waiver is not None:
        reasoned(waiver.reason)
        unknown = set(waiver.gates) - {gate.name for gate in gates} - {ALL}
        if unknown:
            raise GateError(
                f"没有叫 {'、'.join(sorted(unknown))} 的门槛。请用 zaojie gates 查看名称。",
                field="waive",
            )
        waived = tuple(g.name for g in left if ALL in waiver.gates or g.name in waiver.gates)
    if still := blocking(left, waived):
        raise GateError(
            f"有 {len(still)} 项门槛未通过：{'、'.join(gate.name for gate in still)}。"
            "请用 zaojie gates 查看；确需发布的，由负责人写明理由："
            "--waive 门槛名 --reason 理由。"
        )
    return waived
