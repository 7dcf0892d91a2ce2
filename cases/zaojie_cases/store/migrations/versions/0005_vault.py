"""The vault: who read what for, keys, sealed texts, receipts, tombstones.

The reading log becomes a hash chain; what was read before is chained in its order.

Revision: 0005
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from zaojie_cases.chain import GENESIS, link_hash
from zaojie_cases.salted import salted

revision = "0005"
down_revision = "0004"

_READS = "vault_reads"


def upgrade() -> None:
    """Create the tables, chain the reading log, and note the key that is in use."""
    op.create_index(
        "ix_vault_parties_key_id_case_id_party_token",
        "vault_parties",
        ["key_id", "case_id", "party_token"],
    )
    _create_texts_and_keys()
    heads = op.create_table(
        "chain_heads",
        _text("chain"),
        sa.Column("links", sa.Integer(), nullable=False),
        _text("head"),
        sa.PrimaryKeyConstraint("chain", name="pk_chain_heads"),
    )
    _create_receipts_and_tombstones()
    links, head = _chain_the_reads()
    op.bulk_insert(
        heads,
        [
            {"chain": _READS, "links": links, "head": head},
            {"chain": "receipts", "links": 0, "head": GENESIS},
        ],
    )


def _moment(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _text(name: str, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=nullable)


def _create_texts_and_keys() -> None:
    op.create_table(
        "vault_texts",
        sa.Column("case_id", sa.String(), sa.ForeignKey("cases.case_id"), nullable=False),
        _text("key_id"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _moment("sealed_at"),
        _text("policy_version"),
        _moment("open_until", nullable=True),
        sa.PrimaryKeyConstraint("case_id", name="pk_vault_texts"),
    )
    op.create_index("ix_vault_texts_key_id_case_id", "vault_texts", ["key_id", "case_id"])
    keys = op.create_table(
        "vault_keys",
        sa.Column("number", sa.Integer(), nullable=False),
        _text("key_id"),
        _moment("since"),
        _moment("left_at", nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_vault_keys"),
        sa.UniqueConstraint("key_id", name="uq_vault_keys_key_id"),
    )
    parties = sa.table("vault_parties", sa.column("key_id", sa.String()))
    used = op.get_bind().scalars(sa.select(parties.c.key_id).distinct().order_by("key_id"))
    now = datetime.now(UTC)
    op.bulk_insert(
        keys,
        [{"number": n, "key_id": k, "since": now, "left_at": None} for n, k in enumerate(used, 1)],
    )


def _create_receipts_and_tombstones() -> None:
    op.create_table(
        "receipts",
        sa.Column("number", sa.Integer(), nullable=False),
        _moment("at"),
        _text("kind"),
        sa.Column("body", sa.JSON(), nullable=False),
        _text("entry_hash"),
        sa.PrimaryKeyConstraint("number", name="pk_receipts"),
    )
    op.create_table(
        "tombstones",
        _text("registration"),
        _text("salt"),
        _text("kind"),
        _moment("at"),
        sa.PrimaryKeyConstraint("registration", name="pk_tombstones"),
    )


def _chain_the_reads() -> tuple[int, str]:
    """Make the reading log anew with its chain; return how long it is and its last hash."""
    columns: list[sa.ColumnClause[Any]] = [
        sa.column("at", sa.DateTime(timezone=True)),
        sa.column("parties", sa.Integer()),
    ]
    columns += [sa.column(name, sa.String()) for name in ("case_id", "reader", "purpose")]
    old = sa.table(_READS, sa.column("read_id", sa.Integer()), *columns)
    rows = op.get_bind().execute(sa.select(*columns).order_by(old.c.read_id)).mappings().all()
    op.drop_table(_READS)
    new = op.create_table(
        _READS,
        sa.Column("read_id", sa.Integer(), nullable=False),
        _moment("at"),
        *(_text(name, nullable=True) for name in ("case_id", "case_salt")),
        *(_text(name) for name in ("case_hash", "reader", "role", "purpose", "note")),
        sa.Column("parties", sa.Integer(), nullable=False),
        _text("entry_hash"),
        sa.PrimaryKeyConstraint("read_id", name="pk_vault_reads"),
    )
    op.create_index("ix_vault_reads_case_id", _READS, ["case_id"])
    head = GENESIS
    for number, row in enumerate(rows, 1):
        values = _read_values(dict(row))
        head = link_hash(head, number, _content(values))
        op.bulk_insert(new, [values | {"read_id": number, "entry_hash": head}])
    return len(rows), head


def _read_values(row: dict[str, Any]) -> dict[str, Any]:
    salt = secrets.token_hex(16)
    at = row["at"] if row["at"].tzinfo else row["at"].replace(tzinfo=UTC)
    more = {"case_salt": salt, "case_hash": salted(salt, row["case_id"])}
    return row | more | {"at": at.astimezone(UTC), "role": "", "note": ""}


def _content(values: dict[str, Any]) -> dict[str, Any]:
    """Return what the chain holds of a reading, as ``zaojie_cases.vault.audit`` has it."""
    kept = ("case_hash", "reader", "role", "purpose", "note", "parties")
    return {"at": values["at"].isoformat()} | {name: values[name] for name in kept}
