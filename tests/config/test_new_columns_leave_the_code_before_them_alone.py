"""The code of the release before goes on while the tables are brought up to date. It knows no new column, and a row
that it adds must find a value there: in the database itself."""

from __future__ import annotations

from typing import Any

from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import AddField
from django.db.models import NOT_PROVIDED, Field, ManyToManyField

# The first release makes its tables new: what it holds has no code before it. Each release moves these on.
IN_THE_FIRST_RELEASE = {"mappings": "0005", "integrations": "0047", "monitoring": "0023"}


def test_a_column_that_is_added_may_be_empty_or_has_a_value_in_the_database() -> None:
    without = [
        f"{app}.{name}: {operation.model_name}.{operation.name}"
        for (app, name), migration in MigrationLoader(None).disk_migrations.items()
        if app in IN_THE_FIRST_RELEASE and name[:4] > IN_THE_FIRST_RELEASE[app]
        for operation in migration.operations
        if isinstance(operation, AddField) and needs_a_value(operation.field)
    ]
    assert without == [], "give each null=True or a db_default"


def needs_a_value(field: Field[Any, Any]) -> bool:
    if isinstance(field, ManyToManyField) or field.null:
        return False
    return field.db_default is NOT_PROVIDED
