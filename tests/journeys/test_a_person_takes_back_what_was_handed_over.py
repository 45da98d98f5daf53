"""What went to another system is taken back where that one surely does not hold it: once, and never doubled."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integrations.models import Delivery, Intent, IntentState, JobState, Settled, State, SyncJob
from integrations.sync import intents, take_back
from integrations.sync.take_back import NotPossible
from tests import factories
from tests.integrations.answering import Says

from .between import JOB, Between, Depot, order
from .handing_over import (
    SECOND,
    carry,
    configure,
    has_none,
    job,
    second,
    settle,
    shop_has,
    states,
)

__all__ = ["second"]
FETCH = {"fetch": {"path": "/orders/{external_id}"}}


def the(key: str) -> Delivery:
    return Delivery.objects.get(job__key=key)


def handed_over(between: Between, second: Depot, *, accepted: bool) -> None:
    """In the second's hands; it refuses it as well where it has not `accepted` it. The first has some again."""
    configure(between, (SECOND, second, []), reads=FETCH, second=FETCH)
    shop_has(between, order(1))
    between.shop.on("GET /orders/1", Says(order(1)))
    has_none(between.depot)
    if not accepted:
        has_none(second, "too_heavy")
    carry(between)
    between.depot.platform.on("POST /orders", lambda asked: between.depot.create(asked.json))


def carry_again() -> None:
    settle(JOB, SECOND)


def test_what_the_other_has_not_accepted_is_carried_here_again_and_left_there(
    between: Between, second: Depot
) -> None:
    handed_over(between, second, accepted=False)
    (error,) = between.errors()
    take_back.take_back(the(JOB))
    carry_again()
    error.refresh_from_db()
    assert (states(JOB), states(SECOND)) == ([State.DELIVERED], [State.IGNORED])
    assert (between.depot.told, second.told) == ([("create", "A1", "open")], [])
    assert (error.settled_how, Intent.objects.filter(settled_at__isnull=True).count()) == (Settled.IGNORED, 0)
    shop_has(between, order(1, "changed"))
    carry(between)
    assert [told[0] for told in between.depot.told] == ["create", "update"], "later versions come here again"


def test_the_second_of_two_people_is_told(between: Between, second: Depot) -> None:
    handed_over(between, second, accepted=False)
    first, other = the(JOB), the(JOB)
    take_back.take_back(first)
    with pytest.raises(NotPossible, match="taken it back already"):
        take_back.take_back(other)
    found = take_back.Elsewhere(job(SECOND), the(SECOND), ())
    with pytest.raises(NotPossible, match="taken it back already"):
        take_back._write(job(JOB), other, found, take_back._item(job(JOB), other, found))
    carry_again()
    assert between.depot.told == [("create", "A1", "open")]


def test_what_the_other_has_accepted_stays_there(between: Between, second: Depot) -> None:
    handed_over(between, second, accepted=True)
    second.platform.on("GET /orders/1", Says({"id": "1", "number": "A1", "state": "open"}))
    with pytest.raises(NotPossible, match="has accepted it\\. Cancel it there first"):
        take_back.take_back(the(JOB))
    carry_again()
    assert (states(JOB), between.depot.told, len(second.told)) == ([State.HANDED_OVER], [], 1)


def test_what_is_gone_from_the_other_system_comes_back(between: Between, second: Depot) -> None:
    handed_over(between, second, accepted=True)
    second.platform.on("GET /orders/1", Says({}, 404))
    take_back.take_back(the(JOB))
    carry_again()
    assert (states(JOB), between.depot.told) == ([State.DELIVERED], [("create", "A1", "open")])


def test_what_was_cancelled_there_comes_back_and_is_not_handed_over_once_more(
    between: Between, second: Depot
) -> None:
    handed_over(between, second, accepted=True)
    Delivery.objects.filter(job__key=SECOND).update(written_state={"status": "cancelled"})
    has_none(between.depot)
    take_back.take_back(the(JOB))
    carry_again()
    (error,) = between.errors()
    assert "a person took it back from there" in error.sentence
    assert (states(JOB), states(SECOND), len(second.told)) == ([State.FAILED], [State.IGNORED], 1)


def test_what_is_on_its_way_there_is_not_taken_back(between: Between, second: Depot) -> None:
    handed_over(between, second, accepted=False)
    there = the(SECOND)
    Intent.objects.create(
        delivery=there,
        destination=there.job.destination,
        resource="orders",
        thing=there.thing,
        operation="create",
        state=IntentState.IN_DOUBT,
        idempotency_key="k-1",
        created_at=timezone.now(),
    )
    with pytest.raises(NotPossible, match="nobody knows yet whether it arrived"):
        take_back.take_back(the(JOB))
    assert (the(JOB).handed_to_id, the(SECOND).state) == (there.job_id, State.FAILED)


def test_a_worker_that_has_weighed_it_there_sends_nothing_when_it_was_taken_back(
    between: Between, second: Depot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between its decision and its Intent: the Intent finds that the version is over."""
    configure(between, (SECOND, second, []), reads=FETCH)
    shop_has(between, order(1))
    between.shop.on("GET /orders/1", Says(order(1)))
    has_none(between.depot)
    between.carry()
    between.depot.platform.on("POST /orders", lambda asked: between.depot.create(asked.json))
    whole = intents.lock
    taken: list[bool] = []

    def lock(a_job: SyncJob, *arguments: Any) -> Any:
        if a_job.key == SECOND and not taken:
            taken.append(True)
            take_back.take_back(the(JOB))
        return whole(a_job, *arguments)

    monkeypatch.setattr(intents, "lock", lock)
    settle(SECOND)
    settle(JOB, SECOND)
    assert taken
    assert (second.told, between.depot.told) == ([], [("create", "A1", "open")])


def test_a_write_cannot_begin_there_while_it_is_being_taken_back(between: Between, second: Depot) -> None:
    handed_over(between, second, accepted=False)
    with transaction.atomic():
        found = take_back.elsewhere(the(JOB))
        take_back._hold(found)
        with pytest.raises(NotPossible):
            take_back._hold(found)
        transaction.set_rollback(True)


def test_where_the_source_cannot_be_asked_the_other_jobs_error_has_it(
    between: Between, second: Depot
) -> None:
    configure(between, (SECOND, second, []))
    shop_has(between, order(1))
    has_none(between.depot)
    has_none(second, "too_heavy")
    carry(between)
    between.depot.platform.on("POST /orders", lambda asked: between.depot.create(asked.json))
    take_back.take_back(the(JOB))
    carry_again()
    assert between.depot.told == [("create", "A1", "open")]


@pytest.mark.parametrize(
    ("values", "words"),
    [({"state": JobState.PAUSED}, "does not run at present"), (None, "The job that took it over is gone")],
)
def test_where_it_cannot_be_it_is_said_why(
    between: Between, second: Depot, values: dict[str, Any] | None, words: str
) -> None:
    handed_over(between, second, accepted=False)
    if values is None:
        Delivery.objects.filter(job__key=SECOND).delete()
        SyncJob.objects.get(key=SECOND).delete()
    else:
        SyncJob.objects.filter(key=JOB).update(**values)
    with pytest.raises(NotPossible, match=words):
        take_back.take_back(the(JOB))


def test_the_records_page_takes_it_back_with_a_button(
    between: Between, second: Depot, admin_client: Client
) -> None:
    handed_over(between, second, accepted=False)
    page = reverse("admin:integrations_delivery_change", args=[the(JOB).pk])
    address = reverse("admin:integrations_delivery_take_back", args=[the(JOB).pk])
    assert "Take it back" in admin_client.get(page).content.decode()
    there = admin_client.get(reverse("admin:integrations_delivery_change", args=[the(SECOND).pk]))
    assert "handed it over to this job" in there.content.decode()
    assert admin_client.get(address).status_code == 302
    assert states(JOB) == [State.HANDED_OVER], "a look changes nothing"
    told = admin_client.post(address, follow=True).content.decode()
    assert "Taken back. " in told
    assert "Take it back" not in told
    assert "taken it back already" in admin_client.post(address, follow=True).content.decode()
    looking = Client()
    looking.force_login(factories.user("integrations.view_delivery"))
    assert looking.post(address).status_code == 403
