"""Run by Alembic: migrate on the connection that ``schema.upgrade`` has opened."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
