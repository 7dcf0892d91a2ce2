"""Linking through the store and the command line."""

from __future__ import annotations

import base64
import random
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import func, select

from zaojie_cases.cli import main
from zaojie_cases.errors import InputError
from zaojie_cases.history import History
from zaojie_cases.importing import read_records
from zaojie_cases.linking.report import dispute_of, pairs_to_see
from zaojie_cases.linking.run import RunCount, link_run
from zaojie_cases.mapping import load_mapping
from zaojie_cases.record import SHANGHAI, Case, Party
from zaojie_cases.simulate import write_county
from zaojie_cases.store import Entry, Store, merge
from zaojie_cases.store.link_tables import LinkDecisionRow, LinkKeyRow, LinkRow, LinkStateRow
from zaojie_cases.store.links import decide, decisions_of
from zaojie_cases.store.tables import CaseRow, VaultPartyRow
from zaojie_cases.vault import Vault

KEY = base64.b64encode(bytes(range(32))).decode()
T = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
DAY = timedelta(days=1)
TEXT = "两家因排水沟的走向争执多日，雨天积水漫过门槛，村干部到场劝解没有结果"
OTHER = "工程完工半年工资至今未付清，几次去要都没有着落，班组的人商量着要请人出面"
PEOPLE = [{"name": f"甲{n}", "id_no": f"{n:018}", "phone": f"139{n:08}"} for n in range(40)]
WHO = {"who": "张调解", "why": "问过双方"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        store.upgrade()
        yield store


def entry(number: int, days: float, *people: int, text: str = TEXT, **fields: Any) -> Entry:
    case = Case.model_validate(
        {
            "case_id": f"c{number:03}",
            "source_system": "hotline" if number % 2 else "police",
            "source_case_no": f"{number}",
            "registered_at": T + days * DAY,
            "region_code": "360122105203",
            "category_code": "0201",
            "narrative_masked": text,
        }
        | fields
    )
    parties = (Party(party_token="", case_id=case.case_id, identity=PEOPLE[n]) for n in people)
    return Entry(case, parties=tuple(parties))


def keep(store: Store, *entries: Entry) -> None:
    vault = Vault(store, SecretStr(KEY))
    with store.session() as session:
        merge(session, list(entries), vault)


def links(store: Store) -> dict[tuple[str, str], float]:
    with store.reading() as session:
        rows = session.scalars(select(LinkRow).order_by(LinkRow.earlier_id, LinkRow.later_id))
        return {(row.earlier_id, row.later_id): row.probability for row in rows}


def count(store: Store, table: Any) -> int:
    with store.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def mixed(number: int) -> list[Entry]:
    """Registrations of a few disputes, told in different ways, and a phrase of many."""
    rng = random.Random(number)
    made = []
    for n in range(120):
        dispute = rng.randrange(25)
        people = rng.choice([(dispute, dispute + 1), (dispute,), ()])
        text = rng.choice([TEXT, OTHER, f"{OTHER}，第{dispute}组", TEXT + OTHER])
        region = rng.choice(["360122105203", "360122105204", "420102001001"])
        made.append(entry(n, rng.randrange(200), *people, text=text, region_code=region))
    return made


def test_no_token_of_a_person_stands_outside_the_vault(store: Store) -> None:
    keep(store, *mixed(1))
    with store.reading() as session:
        tokens = set(session.scalars(select(VaultPartyRow.party_token)))
        keys = set(session.scalars(select(LinkKeyRow.link_key)))
        for table in (LinkKeyRow, LinkRow, LinkDecisionRow, LinkStateRow):
            text = repr(session.execute(select(*table.__table__.columns)).all())
            assert not [token for token in tokens if token[:20] in text]
    assert keys
    assert len(keys & tokens) == 0


def test_a_run_is_idempotent_and_the_next_does_only_what_is_new(store: Store) -> None:
    keep(store, entry(1, 0, 1, 2), entry(2, 3, 1, 2, text=OTHER), entry(3, 4, 5, 6, text=OTHER))
    assert link_run(store).cases == 3
    first = links(store)
    assert first["c001", "c002"] > 0.5
    assert link_run(store) == RunCount()
    far = entry(
        4, 500, 7, 8, text="要求返还借款两万元，借条写明去年底还清，催过多次", amount_yuan=2e4
    )
    keep(store, far)
    assert link_run(store) == RunCount(cases=1, links=0)
    assert links(store) == first


def test_what_changed_is_compared_again_with_what_it_was_linked_to(store: Store) -> None:
    keep(store, entry(1, 0, 1, 2), entry(2, 3, 1, 2))
    link_run(store)
    assert links(store)["c001", "c002"] > 0.5
    keep(store, entry(1, 0, 30, 31, text=OTHER, category_code="0804"))
    assert link_run(store).cases == 2
    assert links(store).get(("c001", "c002"), 0.0) < 0.5


@pytest.mark.parametrize("seed", [1, 2])
def test_any_order_of_imports_and_runs_ends_with_the_same_links(tmp_path: Path, seed: int) -> None:
    entries, ends = mixed(seed), []
    for number, parts in enumerate((1, 4, 12)):
        rng = random.Random(number)
        shuffled = rng.sample(entries, len(entries))
        with Store(f"sqlite:///{tmp_path / str(number)}.db") as store:
            store.upgrade()
            for part in range(parts):
                keep(store, *shuffled[part::parts])
                link_run(store)
            ends.append(links(store))
    assert ends[0] == ends[1] == ends[2]
    assert any(chance > 0.5 for chance in ends[0].values())


def test_a_run_that_is_broken_off_is_finished_by_the_next(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zaojie_cases.linking.run.BATCH", 10)
    entries = mixed(3)
    keep(store, *entries[60:])
    link_run(store)
    keep(store, *entries[:60])

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            link_run(store, stop)
    link_run(store)
    with Store(f"sqlite:///{tmp_path / 'once.db'}") as once:
        once.upgrade()
        keep(once, *entries)
        link_run(once)
        assert links(once) == links(store)
    assert link_run(store) == RunCount()


def test_a_clerks_word_sticks_whatever_comes_later(store: Store) -> None:
    keep(store, entry(1, 0, 1, 2), entry(2, 3, 1, 2), entry(3, 5, text=OTHER))
    link_run(store)
    with store.session() as session:
        decide(session, "c002", "c001", same=False, at=T + 9 * DAY, **WHO)
        decide(session, "c003", "c001", same=True, at=T + 9 * DAY, **WHO)
    keep(store, entry(2, 3, 1, 2, amount_yuan=500.0), entry(1, 0, 1, 2, amount_yuan=500.0))
    link_run(store)
    pairs, _ = pairs_to_see(store, 0.5, undecided=False, most=9)
    told = [(p.earlier.case_id, p.later.case_id, p.probability) for p in pairs]
    assert told[0] == ("c001", "c003", 1.0)
    assert ("c001", "c002") not in {(earlier, later) for earlier, later, _ in told}
    assert [s.case_id for s in dispute_of(store, "c001").registrations] == ["c001", "c003"]
    assert [s.case_id for s in dispute_of(store, "c002").registrations] == ["c002"]


def test_a_dispute_is_found_through_chains_and_confirmed_pairs(store: Store) -> None:
    keep(store, entry(1, 0, 1, 2), entry(2, 3, 1, 2), entry(3, 5, text=OTHER), entry(4, 400, 1, 2))
    keep(store, entry(5, 9, text="要求返还借款两万元，借条写明去年底还清", category_code="0804"))
    link_run(store)
    with store.session() as session:
        decide(session, "c002", "c005", same=True, at=T, **WHO)
        decide(session, "c004", "c005", same=True, at=T, **WHO)
    for case_id in ("c001", "c004", "c005"):
        told = [side.case_id for side in dispute_of(store, case_id).registrations]
        assert told == ["c001", "c002", "c005", "c004"]
    with store.session() as session:
        decide(session, "c001", "c004", same=False, at=T, **WHO)
    # What clerks confirmed is joined first; the mere link of c001 must then stay out.
    assert [side.case_id for side in dispute_of(store, "c001").registrations] == ["c001"]
    assert len(dispute_of(store, "c002").registrations) == 3
    assert [side.case_id for side in dispute_of(store, "c003").registrations] == ["c003"]


def test_decisions_are_only_added_and_the_latest_holds(store: Store) -> None:
    keep(store, entry(1, 0), entry(2, 3))
    for number, same in enumerate((True, False, True)):
        with store.session() as session:
            decide(session, "c001", "c002", same=same, at=T + number * DAY, **WHO)
    assert count(store, LinkDecisionRow) == 3
    with store.reading() as session:
        assert decisions_of(session)["c001", "c002"].same is True


@pytest.mark.parametrize(
    ("one", "other", "who", "why", "says"),
    [
        ("c001", "c001", "张", "看过", "相同"),
        ("c001", "nobody", "张", "看过", "没有这个编号"),
        ("c001", "c002", " ", "看过", "--by"),
        ("c001", "c002", "张", "", "--why"),
    ],
)
def test_a_decision_needs_two_cases_and_a_reason(
    store: Store, one: str, other: str, who: str, why: str, says: str
) -> None:
    keep(store, entry(1, 0), entry(2, 3))
    with pytest.raises(InputError, match=says), store.session() as session:
        decide(session, one, other, same=True, who=who, why=why, at=T)
    assert count(store, LinkDecisionRow) == 0


def test_a_case_that_is_removed_takes_its_links_along(store: Store) -> None:
    keep(store, entry(1, 0), entry(2, 3))
    link_run(store)
    with store.session() as session:
        decide(session, "c001", "c002", same=True, at=T, **WHO)
        session.delete(session.get(CaseRow, "c001"))
    assert links(store) == {}
    assert count(store, LinkDecisionRow) == 0
    assert count(store, LinkStateRow) == 1


def test_what_the_store_tells_history_is_what_training_is_told(store: Store) -> None:
    """Live and training: the same keys, the same decisions, the same priors, bit for bit."""
    entries = mixed(4)
    keep(store, *entries)
    keep(store, *(replace(e, parties=entry(n, 0, n % 7, 8).parties) for n, e in enumerate(entries)))
    with store.session() as session:
        decide(session, "c000", "c001", same=True, at=T + 50 * DAY, **WHO)
        decide(session, "c002", "c003", same=False, at=T + 60 * DAY, **WHO)
    end = T + 400 * DAY
    live, training = History(store.history_entries(end, None)), History(store.all_history())
    found = 0
    for one in entries:
        for moment in (one.case.registered_at, T + 55 * DAY, T + 199 * DAY):
            priors = live.priors_of(one.case, moment)
            assert priors == training.priors_of(one.case, moment)
            found += len(priors)
    assert found > 100


def test_a_simulated_county_is_linked_well(tmp_path: Path) -> None:
    path = tmp_path / "county.jsonl.gz"
    write_county(path, cases=300, seed=8, sightings=0.6)
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        store.upgrade()
        rows = read_records(path, load_mapping("county"))
        store.add_rows(rows, Vault(store, SecretStr(KEY)))
        link_run(store)
        numbers = {case.case_id: case.source_case_no for case, _, _ in store.iter_cases()}
        found = {pair for pair, chance in links(store).items() if chance >= 0.5}
    truth = _truth(path)
    right = sum(truth[numbers[a]] == truth[numbers[b]] for a, b in found)
    sizes = [list(truth.values()).count(dispute) for dispute in set(truth.values())]
    assert right / len(found) > 0.9
    assert right / sum(n * (n - 1) // 2 for n in sizes) > 0.75


def _truth(path: Path) -> dict[str, str]:
    import gzip
    import json

    from zaojie_cases.simulate import oracle_path

    with gzip.open(oracle_path(path), "rt", encoding="utf-8") as told:
        return {line["case_no"]: line["dispute"] for line in map(json.loads, told)}


@pytest.fixture
def zaojie(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., str]:
    """Run a command that must succeed; return what it says."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZAOJIE_DATABASE_URL", f"sqlite:///{tmp_path / 'zaojie.db'}")

    def run(*arguments: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["zaojie", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        out, err = capfd.readouterr()
        assert stopped.value.code == code, err
        return out + err

    return run


def test_the_commands_of_a_clerk(store: Store, zaojie: Callable[..., str]) -> None:
    assert "没有需要比对" in zaojie("link", "run")
    keep(store, entry(1, 0, 1, 2), entry(2, 3, 1, 2, text=OTHER), entry(3, 4, 1, 2))
    assert "3 件登记" in zaojie("link", "run")
    told = zaojie("link", "list", "--undecided")
    assert "共 3 对" in told
    for shown in ("c001", "police 2", "360122105203", "邻里纠纷", "2026-03-05", "双方当事人相同"):
        assert shown in told
    by = ("--by", "张调解", "--why", "[问过双方]")
    assert "已分开" in zaojie("link", "separate", "c001", "c002", *by)
    assert "已确认" in zaojie("link", "confirm", "c003", "c001", *by)
    assert "共 1 对" in zaojie("link", "list", "--undecided")
    told = zaojie("link", "show", "c001")
    assert "共有 2 件登记" in told
    assert "张调解" in told
    assert "[问过双方]" in told
    assert "合计" in told
    assert "没有符合条件" in zaojie("link", "list", "--min", "1", "--undecided")
    assert "没有这个编号" in zaojie("link", "show", "nobody", code=2)
    assert "没有这个编号" in zaojie("link", "confirm", "c001", "nobody", *by, code=2)
