"""Whose record a payload is: the id that a job's read mapping finds in it, against the id under which it is known."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from integrations.models import SyncJob
from mappings import translate

from .rules import rules_of


def id_in(job: SyncJob, payload: Any) -> str:
    """Nothing where the mapping finds none. By the rule of the id alone: no other fault may hide whose record it is."""
    rules = rules_of(job).read
    of_the_id = tuple(rule for rule in rules.scope.rules if rule.data.target == "id")
    record = translate.read(replace(rules, scope=translate.Scope(of_the_id)), payload).record
    return (record.id or "") if record is not None else ""


def is_another(found: str, known: str) -> bool:
    """Whether a payload with this id would be another record than the one known under that id.

    A platform that names things by addresses (gid://shop/Order/71) is known by their last part.
    """
    return bool(found) and known not in (found, found.rstrip("/").rpartition("/")[2])
