from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from integrations.models import BookedShipment, Conflict, Delivery, JobState, State, SyncJob
from integrations.sync import held_addresses, payment_wait
from monitoring.journey.verdict import Verdict
from monitoring.models import PaymentMismatch
from tests import factories
from tests.monitoring.journey.rows import booked_order, journey_url, order, order_job, page_of

pytestmark = pytest.mark.django_db


def verdict(client: Client, row: Delivery) -> Verdict:
    found: Verdict = client.get(journey_url(row)).context["journey"].verdict
    return found


def test_what_arrived_everywhere_is_well(admin_client: Client) -> None:
    job = order_job()
    mine = order(job)
    booked_order(job.source)
    other = factories.job(source=job.source)
    Delivery.objects.create(
        job=other,
        thing=mine.thing,
        state=State.UNCHANGED,
        state_since=timezone.now(),
        accepted_at=timezone.now(),
    )
    shipped = timezone.now().replace(year=2025, month=11, day=12, hour=12)
    BookedShipment.objects.create(
        source=job.destination,
        external_id="S-77",
        order_number="1042",
        shipped_at=shipped,
        read_at=shipped,
        booked_at=shipped,
    )
    said = verdict(admin_client, mine)
    assert (said.tone, said.head) == (
        "good",
        "All is well: delivered to 2 systems, shipped on 12 November 2025.",
    )


def test_an_open_error_is_said_first_and_leads_to_its_page(admin_client: Client) -> None:
    mine = order(order_job(), state=State.FAILED)
    error = factories.error(mine, sentence="There is no postal code. Add it in the shop.")
    said = verdict(admin_client, mine)
    assert said.head == "Stuck: There is no postal code. Add it in the shop."
    assert f"errorrecord/{error.pk}/" in said.links[0].href
    error.settled_at, error.settled_how = timezone.now(), "delivered"
    error.save()
    Delivery.objects.filter(pk=mine.pk).update(state=State.DELIVERED)
    assert verdict(admin_client, mine).tone == "good"


def test_what_does_not_agree_is_told_beside_it(admin_client: Client) -> None:
    job = order_job()
    mine = order(job, state=State.FAILED)
    factories.error(mine, sentence="Broken.")
    booked = booked_order(job.source)
    now = timezone.now()
    PaymentMismatch.objects.create(
        kind="shipped_unpaid", what="order", about=booked.pk, order=booked, source=job.source,
        sentence="Nobody paid.", since=now,
    )  # fmt: skip
    Conflict.objects.create(
        thing=mine.thing, kind="order", field="note", owner=job.source, other=job.destination, rule="ask",
        found_at=now, found_by="job",
    )  # fmt: skip
    said = verdict(admin_client, mine)
    assert said.head == "Stuck: Broken."
    assert [sentence for sentence, _ in said.more] == [
        "The money does not match: Nobody paid.",
        f"A record: the note in {job.destination.name} is not what {job.source.name} gave it.",
    ]


def test_what_waits_says_for_what(admin_client: Client) -> None:
    mine = order(order_job(), state=State.WAITING, state_reason="It waits for its customer.")
    said = verdict(admin_client, mine)
    assert said.head == f"On its way to {mine.job.destination.name}."
    assert said.todo == "It waits for its customer. It goes by itself once that is there."


def test_what_a_rollout_holds_back_says_its_share_as_it_is_now(admin_client: Client) -> None:
    mine = order(order_job(), state=State.HELD, state_reason="The rollout is at 10 %.")
    to = mine.job.destination.name
    SyncJob.objects.filter(pk=mine.job_id).update(rollout_percent=40, released_percent=40)
    said = verdict(admin_client, mine)
    assert (said.tone, said.head) == ("warn", f"Held back from {to}: the job's rollout is at 40 %.")
    assert "choose “Widen the rollout” at the job" in said.todo
    assert f"/syncjob/{mine.job_id}/" in said.links[0].href
    assert "10 %" not in page_of(admin_client, mine)
    SyncJob.objects.filter(pk=mine.job_id).update(rollout_percent=50)
    assert verdict(admin_client, mine).todo.startswith("The rollout was widened since")
    SyncJob.objects.filter(pk=mine.job_id).update(state=JobState.PAUSED)
    assert verdict(admin_client, mine).todo == "Its job is paused. Resume the job."


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        (payment_wait.WAITS.format("“pending”"), "it is not paid yet"),
        (
            payment_wait.NOT_SENT.format(payment_wait.GONE["refunded"], "refunded"),
            "its payment was given back or let go",
        ),
        (f"{held_addresses.HELD} The error stands at “Other”.", "its address is wrong"),
    ],
)
def test_what_is_held_back_otherwise_says_why(admin_client: Client, reason: str, why: str) -> None:
    mine = order(order_job(), state=State.HELD, state_reason=reason)
    said = verdict(admin_client, mine)
    assert (said.head, said.todo) == (f"Held back from {mine.job.destination.name}: {why}.", reason)


def test_what_is_held_back_is_said_before_what_goes_on_beside_it(admin_client: Client) -> None:
    mine = order(order_job(), state=State.QUEUED)
    other = factories.job(source=mine.job.source, rollout_percent=1, released_percent=1)
    now = timezone.now()
    Delivery.objects.create(
        job=other, thing=mine.thing, state=State.HELD, state_since=now, accepted_at=now,
        state_reason="The rollout is at 1 %.",
    )  # fmt: skip
    said = verdict(admin_client, mine)
    assert said.head.startswith(f"Held back from {other.destination.name}")
    assert [sentence for sentence, _ in said.more] == [f"On its way to {mine.job.destination.name}."]


def test_what_waits_behind_a_paused_job_says_to_resume_it(admin_client: Client) -> None:
    mine = order(order_job(), state=State.QUEUED)
    SyncJob.objects.filter(pk=mine.job_id).update(state=JobState.PAUSED)
    assert verdict(admin_client, mine).todo == "Its job is paused. Resume the job."


def test_a_parcel_of_which_nobody_was_told_is_not_well(admin_client: Client) -> None:
    job = factories.job(kind="shipment", source_resource="shipments", announce_within_minutes=60)
    sent = factories.delivery(job, "S-77", first_delivered_at=timezone.now() - timedelta(hours=5))
    said = verdict(admin_client, sent)
    assert said.tone == "bad"
    assert "no tracking number is known" in said.head


def test_what_a_rule_left_out_went_nowhere_on_purpose(admin_client: Client) -> None:
    mine = order(order_job(), state=State.FILTERED, state_reason="Only orders to Germany.")
    said = verdict(admin_client, mine)
    assert (said.head, said.todo) == ("It was brought nowhere, on purpose.", "Only orders to Germany.")


def test_a_hostile_subject_is_text(admin_client: Client) -> None:
    mine = order(order_job(), number="<script>alert(1)</script>")
    page = page_of(admin_client, mine)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
