"""Golden cases: three invented cases whose answers travel with the bundle.

A service replays them before it lets a bundle answer, so that a bundle that reads well but
computes something else (another library, another processor) never goes live.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from zaojie_cases.errors import BundleError
from zaojie_cases.history import History
from zaojie_cases.record import SHANGHAI, Case
from zaojie_cases.snapshot import Snapshot, snapshot_at
from zaojie_models.bundle import Bundle
from zaojie_models.bundle_files import dump_json, load_json

GOLDEN = "golden.json"
_AT = datetime(2026, 3, 2, 9, 5, tzinfo=SHANGHAI)
_NARRATIVES = {
    "golden-1": (
        "0201",
        "两家因滴水檐和排水沟多次争吵，昨天一方手持柴刀扬言要弄死对方，村干部已劝开，双方未动手。",
    ),
    "golden-2": ("0703", "工人反映工程完工半年，工资至今未付，多次反映没有答复，约定月底前结清。"),
    "golden-3": ("0402", "业主反映物业费上涨，电梯经常停运，希望物业公司公开收支。"),
}


def golden_snapshots() -> list[Snapshot]:
    """Return the invented cases."""
    cases = [
        Case(
            case_id=case_id,
            source_system="golden",
            source_case_no=case_id,
            registered_at=_AT,
            category_code=code,
            narrative_masked=text,
        )
        for case_id, (code, text) in _NARRATIVES.items()
    ]
    return [snapshot_at(case, (), History(), _AT) for case in cases]


def _answers(bundle: Bundle) -> dict[str, dict[str, object]]:
    return {
        score.case_id: {t.target: [t.probability, t.label, list(t.labels)] for t in score.targets}
        for score in bundle.score(golden_snapshots(), reasons=False)
    }


def write_golden(directory: Path, bundle: Bundle) -> None:
    """Write what ``bundle`` says of the golden cases."""
    dump_json(directory / GOLDEN, _answers(bundle))


def replay_golden(directory: Path, bundle: Bundle) -> None:
    """Raise ``BundleError`` unless ``bundle`` says exactly what it said when it was made."""
    if load_json(directory / GOLDEN) != _answers(bundle):
        raise BundleError(
            "模型包在这台机器上重算样例的结果与训练时不同，不能上线。"
            "请检查 lightgbm、numpy 的版本是否与清单一致，或在本机重新训练。"
        )
