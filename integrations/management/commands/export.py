"""Prints the configuration in the form that `apply` reads, without secrets and personal data:
`manage.py export > portal.yaml`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.configuration.export import as_yaml
from integrations.configuration.state import load
from mappings.fields import SecretUnreadable


class Command(BaseCommand):
    help = (
        "Prints the configuration as YAML, for `apply`. Secrets and personal data are written as ${NAME}, "
        "never as they are."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = as_yaml(load())
        except SecretUnreadable as exc:
            raise CommandError(str(exc)) from exc
        self.stdout.write(text, ending="")
