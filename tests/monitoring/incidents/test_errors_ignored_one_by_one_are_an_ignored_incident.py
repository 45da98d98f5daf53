from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from integrations.models import ErrorRecord, State, SyncJob
from integrations.sync import put_off
from monitoring.incidents import decisions, foremost
from monitoring.incidents.triage import triage
from monitoring.models import Incident, IncidentDeed
from tests import factories
from tests.integrations.admin.pages import action_url, change_url, list_url, listed

pytestmark = pytest.mark.django_db


@pytest.fixture
def errors(job: SyncJob) -> list[ErrorRecord]:
    found = [
        factories.error(factories.delivery(job, state=State.FAILED), fingerprint="zip") for _ in range(2)
    ]
    triage()
    return found


def ignore(error: ErrorRecord, until: datetime | None, up_to: int | None = None) -> None:
    rows = ErrorRecord.objects.filter(pk=error.pk)
    assert put_off.put_off(rows, until, up_to, "later", factories.user()) == 1


def hours(number: int) -> datetime:
    return timezone.now() + timedelta(hours=number)


def shown(client: Client, which: str = "") -> list[Any]:
    return listed(client.get(list_url(Incident), {"open": which} if which else {}))


def test_it_stands_as_ignored_once_the_last_of_its_errors_is(
    admin_client: Client, errors: list[ErrorRecord]
) -> None:
    ignore(errors[0], hours(8))
    assert (len(shown(admin_client)), len(shown(admin_client, "put_off"))) == (1, 0)
    assert foremost.open_causes() == 1
    until = hours(3)
    ignore(errors[1], until)
    triage()
    assert (len(shown(admin_client)), len(shown(admin_client, "put_off"))) == (0, 1)
    assert foremost.open_causes() == 0
    assert foremost.incidents() == []
    ends = put_off.words(ErrorRecord(put_off_until=until)).removeprefix("Ignored until ")
    told = f"Each is ignored, the first until {ends}"
    for address in (f"{list_url(Incident)}?open=put_off", change_url(Incident.objects.get())):
        assert told in admin_client.get(address).content.decode()


def test_it_comes_back_when_the_first_ignoring_ends(admin_client: Client, errors: list[ErrorRecord]) -> None:
    ignore(errors[0], hours(8))
    ignore(errors[1], hours(3))
    put_off.take_up_due(hours(2))
    assert shown(admin_client) == []
    put_off.take_up_due(hours(4))
    assert [row.fingerprint for row in shown(admin_client)] == ["zip"]
    assert shown(admin_client, "put_off") == []


def test_one_more_error_of_the_cause_brings_it_back(
    admin_client: Client, job: SyncJob, errors: list[ErrorRecord]
) -> None:
    for error in errors:
        ignore(error, None, up_to=2)
    assert (
        "the first until more than 2 open errors"
        in admin_client.get(change_url(Incident.objects.get())).content.decode()
    )
    factories.error(factories.delivery(job, state=State.FAILED), fingerprint="zip")
    assert len(shown(admin_client)) == 1


def test_taken_up_by_hand_all_of_its_errors_ask_again(
    admin_client: Client, boss: User, errors: list[ErrorRecord]
) -> None:
    for error in errors:
        ignore(error, hours(3))
    row = Incident.objects.get()
    page = admin_client.get(change_url(row)).content.decode()
    assert action_url(row, "take_up") in page
    assert action_url(row, "put_off") not in page
    assert decisions.take_up(row, boss)
    assert not decisions.take_up(row, boss)
    assert list(row.notes.values_list("deed", "records")) == [(IncidentDeed.TAKE_UP, 2)]
    assert not ErrorRecord.objects.filter(put_off_since__isnull=False).exists()
    assert len(shown(admin_client)) == 1


def test_a_cause_of_which_nothing_is_open_is_not_called_ignored(
    admin_client: Client, errors: list[ErrorRecord]
) -> None:
    for error in errors:
        ignore(error, hours(3))
    ErrorRecord.objects.update(settled_at=timezone.now())
    assert shown(admin_client, "put_off") == []
