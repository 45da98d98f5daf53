"""The way from one state of the tables to another, by each migration that there ever was."""

from __future__ import annotations

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader


def by_steps() -> MigrationExecutor:
    """One that knows the steps alone, and not the migration that stands in for them where a portal is new."""
    executor = MigrationExecutor(connection)
    loader = executor.loader = MigrationLoader(connection, replace_migrations=False)
    for name, stand_in in loader.replacements.items():
        loader.graph.remove_replacement_node(name, stand_in.replaces)
        loader.applied_migrations.pop(name, None)
    loader.replacements = {}
    return executor


def at_once() -> MigrationExecutor:
    return MigrationExecutor(connection)
