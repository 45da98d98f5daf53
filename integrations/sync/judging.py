"""A person's decision is a row beside the facts: who, when, what, about which error."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.models import User

from integrations.models import Decision, ErrorRecord, Judgement

from . import shared_clock

Person = User | None


class NotPossible(Exception):
    """The decision does not fit the error; the text says why, for the person who made it."""


def judge(
    errors: Iterable[ErrorRecord], decision: Decision, by: Person, text: str = "", assignee: Person = None
) -> None:
    """`by` nobody: Crossdock itself."""
    now = shared_clock.now()
    Judgement.objects.bulk_create(
        [
            Judgement(error=error, decision=decision, by=by, assignee=assignee, text=text, at=now)
            for error in errors
        ]
    )
