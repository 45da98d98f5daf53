"""`manage.py rotate_secrets`: everything that is encrypted, under the first key of SALT_KEY and SECRET_KEY."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import models, transaction
from django.db.models.functions import Cast

from mappings.fields import Sealed, SecretField, SecretUnreadable
from mappings.rotation import under_the_first_key

# Rows read at once, and rows written in one transaction: short, so that nobody waits for it.
SLICE, WRITTEN_AT_ONCE = 500, 50
SHOWN = 10

Raw = tuple[int, str]


class Command(BaseCommand):
    help = (
        "Encrypts all stored secrets and payloads again with the first key (SALT_KEY=new,old), while everything runs. "
        "Can be broken off and called again at any time: what is under the first key already is left as it is. "
        "Exit code 1 if something can be read with none of the keys; it is left as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only count what is under which key.")

    def handle(self, *args: Any, **options: Any) -> None:
        unreadable: list[str] = []
        left = 0
        for model, field in secret_fields():
            turned, good, bad, missed = self._rotate(model, field, options["dry_run"])
            left += missed
            unreadable += [f"{model._meta.label} {pk}" for pk in bad]
            if turned or good or bad:
                done = "to be turned" if options["dry_run"] else "turned"
                self.stdout.write(
                    f"{model._meta.label}.{field.name}: {turned} {done}, {good} under the first key already, "
                    f"{len(bad)} unreadable"
                )
        if left:
            self.stdout.write(
                f"{left} changed while they were read. Run it once more to see that none is left."
            )
        if unreadable:
            shown = ", ".join(unreadable[:SHOWN]) + (" …" if len(unreadable) > SHOWN else "")
            raise CommandError(
                f"{len(unreadable)} can be read with none of the keys: {shown}. Put the key that they were stored "
                "with behind the others in SALT_KEY, or enter those secrets again."
            )

    def _rotate(
        self, model: type[models.Model], field: SecretField, dry: bool
    ) -> tuple[int, int, list[int], int]:
        turned, good, bad, missed = 0, 0, list[int](), 0
        for rows in slices(model, field):
            waiting: list[tuple[int, str, str]] = []
            for pk, text in rows:
                try:
                    fresh = under_the_first_key(text)
                except SecretUnreadable:
                    bad.append(pk)
                    continue
                if fresh is None:
                    good += 1
                else:
                    waiting.append((pk, text, fresh))
            written = len(waiting) if dry else write(model, field, waiting)
            turned, missed = turned + written, missed + len(waiting) - written
        return turned, good, bad, missed


def secret_fields() -> Iterator[tuple[type[models.Model], SecretField]]:
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, SecretField):
                yield model, field


def as_stored(model: type[models.Model], field: SecretField) -> models.QuerySet[Any]:
    """Its rows with the text as it stands in the table."""
    return model._default_manager.annotate(stored_text=Cast(field.name, models.TextField()))


def slices(model: type[models.Model], field: SecretField) -> Iterator[list[Raw]]:
    last = 0
    rows = as_stored(model, field).filter(**{f"{field.name}__isnull": False}).order_by("pk")
    while found := list(rows.filter(pk__gt=last).values_list("pk", "stored_text")[:SLICE]):
        last = found[-1][0]
        yield found


def write(model: type[models.Model], field: SecretField, waiting: list[tuple[int, str, str]]) -> int:
    """Only where it is still what was read: a token that was renewed meanwhile is newer than ours."""
    written = 0
    for start in range(0, len(waiting), WRITTEN_AT_ONCE):
        with transaction.atomic():
            for pk, text, fresh in waiting[start : start + WRITTEN_AT_ONCE]:
                same = as_stored(model, field).filter(pk=pk, stored_text=text)
                written += same.update(**{field.name: Sealed(fresh)})
    return written
