from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zaojie_cases.record import SHANGHAI
from zaojie_training.errors import RegistryError
from zaojie_training.journal import Journal, Release, Standing, Step
from zaojie_training.people import named, persons, reasoned

AT = datetime(2026, 11, 24, 9, tzinfo=SHANGHAI)


def release(name: str) -> Release:
    return Release(number=name, run_id=f"run-{name}", bundle=f"b{name}", bundle_hash=name * 64)


def step(what: str, about: Release | None = None, days: float = 0) -> Step:
    at = AT + timedelta(days=days)
    return Step.model_validate({"at": at, "what": what, "by": ("甲",), "release": about})


ONE, TWO = release("1"), release("2")


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path)


def lines(tmp_path: Path) -> list[str]:
    return (tmp_path / "registry.jsonl").read_text(encoding="utf-8").splitlines()


def test_what_is_written_is_read(journal: Journal, tmp_path: Path) -> None:
    assert journal.steps() == []
    assert journal.standing() == Standing()
    steps = [step("challenge", ONE), step("approve", ONE), step("promote", ONE)]
    for one in steps:
        journal.append(one)
    assert journal.steps() == steps
    assert journal.standing() == Standing(champion=ONE)
    assert len(lines(tmp_path)) == 3


def test_the_way_of_two_releases() -> None:
    standing = Standing()
    for one, wanted in (
        (step("challenge", ONE), Standing(None, ONE, None)),
        (step("promote", ONE), Standing(ONE, None, None)),
        (step("challenge", TWO), Standing(ONE, TWO, None)),
        (step("approve", TWO), Standing(ONE, TWO, None)),
        (step("promote", TWO), Standing(TWO, None, ONE)),
        (step("mend"), Standing(TWO, None, ONE)),
        (step("rollback", ONE), Standing(ONE, None, TWO)),
        (step("rollback", TWO), Standing(TWO, None, ONE)),
    ):
        standing = standing.after(one)
        assert standing == wanted


def test_the_same_bundle_registered_again_keeps_the_one_before() -> None:
    again = TWO.model_copy(update={"number": "3"})
    standing = Standing(TWO, again, ONE).after(step("promote", again))
    assert standing == Standing(again, None, ONE)


@pytest.mark.parametrize("harm", ["changed", "removed", "moved", "nonsense", "field"])
def test_a_record_that_was_changed_is_refused(journal: Journal, tmp_path: Path, harm: str) -> None:
    for what in ("challenge", "approve", "promote"):
        journal.append(step(what, ONE))
    found = lines(tmp_path)
    if harm == "changed":
        found[1] = found[1].replace("甲", "乙")
    elif harm == "removed":
        del found[1]
    elif harm == "moved":
        found[0], found[1] = found[1], found[0]
    elif harm == "nonsense":
        found[1] = "{"
    else:
        found[1] = json.dumps({"number": 2})
    (tmp_path / "registry.jsonl").write_text("\n".join(found) + "\n", encoding="utf-8")
    with pytest.raises(RegistryError, match="备份"):
        journal.standing()


@given(cut=st.integers(1, 300))
def test_a_line_that_a_crash_cut_off_never_happened(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("cut")
    journal, path = Journal(folder), folder / "registry.jsonl"
    journal.append(step("challenge", ONE))
    whole = len(path.read_bytes())
    journal.append(step("promote", ONE))
    path.write_bytes(path.read_bytes()[: whole + min(cut, whole)])
    assert journal.standing() == Standing(challenger=ONE)
    journal.append(step("promote", ONE))
    assert journal.standing() == Standing(champion=ONE)


HOLD = """
import sys
from pathlib import Path
from zaojie_training.journal import Journal
with Journal(Path(sys.argv[1])).exclusive():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_two_commands_at_once_do_not_mix(journal: Journal, tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout and other.stdin
        assert other.stdout.readline() == "held\n"
        with pytest.raises(RegistryError, match="正在运行"), journal.exclusive():
            pass
        other.kill()  # its lock ends with it
    with journal.exclusive():
        journal.append(step("mend"))


def test_a_person_is_one_however_spaced() -> None:
    assert persons(["张 三", "张三", "Ｌi Si", "li si"]) == {"张三": "张三", "lisi": "li si"}
    assert named("  张　三 ") == "张 三"
    for empty in ("", " ", "\u3000"):
        with pytest.raises(RegistryError, match="--by"):
            named(empty)
        with pytest.raises(RegistryError, match="--reason"):
            reasoned(empty)
