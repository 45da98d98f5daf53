"""What a person decides about an Incident: done to its open errors, and noted with the Incident as one deed."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import QuerySet

from integrations.models import NOT_PUT_OFF, ErrorRecord
from integrations.sync import put_off as rules
from integrations.sync import retry, shared_clock
from monitoring.models import EACH_IS_PUT_OFF, Incident, IncidentDeed, IncidentNote

NotPossible = retry.NotPossible


def open_errors(incident: Incident) -> QuerySet[ErrorRecord]:
    return ErrorRecord.objects.filter(fingerprint=incident.fingerprint, settled_at__isnull=True)


def retry_all(incident: Incident, by: User) -> int:
    """Returns how many are on their way again. Those in doubt are left: a person must look at each."""
    queued = retry.retry(open_errors(incident), by)
    if queued:
        _note(incident, IncidentDeed.RETRY, by, records=queued)
    return queued


def _one_is_on_its_way(incident: Incident) -> bool:
    """Whether the one that was sent first has not come to its end yet."""
    last = incident.notes.filter(deed=IncidentDeed.RETRY).order_by("-at", "-id").first()
    return (
        last is not None
        and last.records == 1
        and open_errors(incident).filter(delivery__state__in=retry.UNDER_WAY).exists()
    )


def retry_one(incident: Incident, by: User) -> ErrorRecord | None:
    """The most urgent that can be retried, or None: to see whether the cause is gone before all are sent. Another goes
    only when the one before has come to its end: else raises NotPossible."""
    if _one_is_on_its_way(incident):
        raise NotPossible("One is on its way already. Wait for how it ends, then send the rest.")
    first = retry.most_urgent(retry.may_go(open_errors(incident))).first()
    if first is None or not retry.retry(ErrorRecord.objects.filter(pk=first.pk), by):
        return None
    _note(incident, IncidentDeed.RETRY, by, records=1, text=first.subject)
    return first


def ignore_all(incident: Incident, reason: str, by: User) -> int:
    """Settles its errors without delivering, those in doubt left out. Raises NotPossible without a reason."""
    errors = open_errors(incident).exclude(place="in_doubt")
    ignored = retry.ignore(errors, reason, by)
    if ignored:
        _note(incident, IncidentDeed.IGNORE, by, records=ignored, text=reason)
    return ignored


def put_off(incident: Incident, until: datetime | None, up_to: int | None, reason: str, by: User) -> None:
    """It asks for nobody until then, or until more than `up_to` of its errors are open. Nothing is settled by it."""
    rules.check(until, up_to, open_errors(incident).count())
    now = shared_clock.now()
    is_open = Incident.objects.filter(pk=incident.pk, resolved_at__isnull=True)
    if not is_open.update(put_off_since=now, put_off_until=until, put_off_up_to=up_to):
        raise NotPossible("This incident is resolved: nothing is left to be put off.")
    _note(incident, IncidentDeed.PUT_OFF, by, records=up_to, text=reason)


def take_up(incident: Incident, by: User) -> bool:
    """It asks for somebody again: also what was put off singly, where nothing of it would ask otherwise. False where
    nothing was put off."""
    was = Incident.objects.filter(pk=incident.pk, put_off_since__isnull=False).update(**NOT_PUT_OFF)
    errors = 0
    if Incident.objects.filter(EACH_IS_PUT_OFF, pk=incident.pk).exists():
        errors = rules.take_up(open_errors(incident), by)
    if was or errors:
        _note(incident, IncidentDeed.TAKE_UP, by, records=errors or None)
    return bool(was or errors)


def ignored_until(incident: Incident, *, each_is_put_off: bool | None = None) -> str:
    """Until when it asks for nobody, in words; "" where it does. `each_is_put_off`: where that was asked already."""
    if incident.is_put_off:
        return rules.words(incident)
    if each_is_put_off is None:
        each_is_put_off = Incident.objects.filter(EACH_IS_PUT_OFF, pk=incident.pk).exists()
    if not each_is_put_off or not incident.is_open:
        return ""
    errors = open_errors(incident)
    return rules.words_of_each(errors)


def assign(incident: Incident, assignee: User, by: User) -> int:
    """Returns how many of its open errors are that person's now."""
    Incident.objects.filter(pk=incident.pk).update(assignee=assignee)
    number = retry.assign(open_errors(incident).defer("evidence", "payload"), assignee, by)
    _note(incident, IncidentDeed.ASSIGN, by, records=number, assignee=assignee)
    return number


def comment(incident: Incident, text: str, by: User) -> None:
    if not text.strip():
        raise NotPossible("Write a comment first.")
    _note(incident, IncidentDeed.COMMENT, by, text=text)


def _note(
    incident: Incident,
    deed: IncidentDeed,
    by: User,
    *,
    records: int | None = None,
    text: str = "",
    assignee: User | None = None,
) -> None:
    IncidentNote.objects.create(
        incident=incident,
        deed=deed,
        by=by,
        at=shared_clock.now(),
        records=records,
        text=text,
        assignee=assignee,
    )
