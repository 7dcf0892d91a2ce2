"""PostgreSQL rights: the service may seal identities, only the vault's role may open them.

The tables belong to a third role, which migrates them; an owner has all rights.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import text
from sqlalchemy.orm import Session

from zaojie_cases.errors import InputError

_VAULT_TABLES = (
    "vault_parties, vault_texts, vault_reads, vault_keys, tombstones, receipts, chain_heads"
)
_APPEND_ONLY = "vault_reads, receipts, tombstones, alembic_version"


def grants(service_role: str, vault_role: str) -> Iterator[str]:
    """Yield the statements that give both roles exactly what they need.

    Raises InputError if the two are one. Run them again after every migration.
    """
    if service_role == vault_role:
        raise InputError("服务角色和保险库角色要是两个不同的数据库角色", field="vault-role")
    service, vault = _quoted(service_role), _quoted(vault_role)
    for role in (service, vault):
        yield f"GRANT USAGE ON SCHEMA public TO {role}"
        yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}"
        yield f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}"
    yield f"REVOKE ALL ON {_VAULT_TABLES}, alembic_version FROM PUBLIC, {service}"
    # Importing twice looks up tokens and digests, which say nothing without the key.
    yield (
        "GRANT SELECT (case_id, party_token, key_id, digest), INSERT, "
        f"UPDATE (party_token, key_id, digest, sealed) ON vault_parties TO {service}"
    )
    yield f"GRANT SELECT, INSERT ON vault_keys TO {service}"
    yield f"GRANT SELECT ON tombstones, alembic_version TO {service}"
    yield f"REVOKE UPDATE, DELETE ON {_APPEND_ONLY} FROM {vault}"
    yield f"GRANT UPDATE (case_id, case_salt) ON vault_reads TO {vault}"


def apply(session: Session, statements: Iterator[str]) -> int:
    """Run the statements in the transaction of ``session``; return how many there were.

    Raises InputError on a database that has no roles.
    """
    if session.get_bind().dialect.name != "postgresql":
        raise InputError("只有 PostgreSQL 有数据库角色：SQLite 请用文件权限和密钥文件来限制")
    count = 0
    for statement in statements:
        session.execute(text(statement))
        count += 1
    return count


def _quoted(role: str) -> str:
    if not role or "\0" in role:
        raise InputError("请写明数据库角色的名字", field="role")
    return '"' + role.replace('"', '""') + '"'
