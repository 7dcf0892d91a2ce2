"""The migrated database is the one that the tables describe."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text

import zaojie_cases.hotspots.tables
import zaojie_cases.joint.tables  # noqa: F401  (both define their tables on Base)
from zaojie_cases.errors import StoreError
from zaojie_cases.record import Case, CaseEvent, Outcome
from zaojie_cases.sketch import sketch_of
from zaojie_cases.store import Base, Store
from zaojie_cases.store.rows import pack
from zaojie_cases.store.schema import MIGRATIONS
from zaojie_cases.store.sealed import SEALED_MARK
from zaojie_cases.store.tables import CaseRow, EventRow, OutcomeRow


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(f"sqlite:///{tmp_path / 'zaojie.db'}") as store:
        yield store


def test_migrations_lead_to_exactly_the_tables_of_the_code(store: Store) -> None:
    if find_spec("zaojie_serving.tables"):
        import zaojie_serving.tables  # noqa: F401  (defines its tables on Base)
    store.upgrade()
    with store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []


def test_the_history_is_one_line() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    assert len(script.get_heads()) == len(script.get_bases()) == 1


def test_upgrading_twice_changes_nothing(store: Store) -> None:
    store.upgrade()
    before = inspect(store.engine).get_table_names()
    store.upgrade()
    assert inspect(store.engine).get_table_names() == before


def test_a_migration_that_fails_leaves_nothing_behind(store: Store) -> None:
    with store.session() as session:
        session.execute(text("CREATE TABLE outcomes (in_the_way INTEGER)"))
    with pytest.raises(StoreError):
        store.upgrade()
    assert inspect(store.engine).get_table_names() == ["outcomes"]


@pytest.mark.parametrize(
    ("table", "record"), [(CaseRow, Case), (EventRow, CaseEvent), (OutcomeRow, Outcome)]
)
def test_every_field_of_a_record_has_its_column(table, record) -> None:
    assert set(record.model_fields) <= {column.key for column in inspect(table).columns}


def test_an_older_database_has_its_sketches_made_anew_but_not_those_of_sealed_cases(
    store: Store,
) -> None:
    store.upgrade()
    case = Case.model_validate(
        {
            "case_id": "c1",
            "source_system": "county",
            "source_case_no": "1",
            "registered_at": "2026-03-01T08:00:00+08:00",
            "narrative_masked": "相邻两户为水渠争执，几次找人说和",
        }
    )
    store.add_case(case)
    store.add_case(case.model_copy(update={"case_id": "c2", "source_case_no": "2"}))
    with store.session() as session:
        session.execute(text("UPDATE cases SET sketch = x''"))
        session.execute(
            text("UPDATE cases SET narrative_masked = :mark WHERE case_id = 'c2'"),
            {"mark": SEALED_MARK},
        )
        session.execute(text("DROP TABLE shadow_scores"))  # of 0011, which runs again
        session.execute(text("UPDATE alembic_version SET version_num = '0009'"))
    store.upgrade()
    with store.session() as session:
        sketches = dict(session.execute(select(CaseRow.case_id, CaseRow.sketch)).all())
    assert sketches == {"c1": pack(sketch_of(case.narrative_masked)), "c2": b""}
