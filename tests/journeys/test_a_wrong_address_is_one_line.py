"""A wrong address is told once, whatever jobs it keeps, and one mend lets all of them go on."""

from __future__ import annotations

import copy
from collections import Counter

from django.utils import timezone

from integrations.models import ErrorRecord, SyncJob
from integrations.sync import held_addresses, retry
from monitoring.incidents.triage import triage
from monitoring.models import Incident

from .doorstep import LABELS, ORDERS, Doorstep


def test_a_wrong_address_buys_no_label_and_both_go_on_once_it_is_corrected(doorstep: Doorstep) -> None:
    doorstep.order("1001", shipping_address={"name": "K", "line1": "L 1", "city": "X", "country": "DE"})
    doorstep.go()
    assert [(error.code, error.job.key) for error in doorstep.open_errors() if error.job] == [
        ("bad_address", ORDERS)
    ], "one line for the person, though two jobs found it"
    assert doorstep.states(LABELS) == {"Order #1001": "held"}
    assert (doorstep.warehouse_states(), doorstep.labels()) == ({}, Counter())
    doorstep.staff("/shop/orders/1001/edit", {"shipping_address": {"postal_code": "50667"}})
    doorstep.go()
    assert doorstep.open_errors() == []
    assert doorstep.labels() == Counter({("1001", "bought"): 1})


WRONG = {"name": "K", "line1": "L 1", "city": "X", "postal_code": "12", "country": "DE"}


def test_one_correction_in_the_portal_lets_both_jobs_go(doorstep: Doorstep) -> None:
    doorstep.order("1001", shipping_address=WRONG)
    doorstep.carry(LABELS)
    doorstep.carry(ORDERS)
    (error,) = doorstep.open_errors()
    held = {"Order #1001": "held"}
    assert (error.job_id, doorstep.states(ORDERS)) == (doorstep.job(LABELS).pk, held), (
        "whichever finds it first"
    )
    mended = copy.deepcopy(error.payload)
    mended["shipping_address"]["postal_code"] = "50667"
    retry.retry_with_payload(error, mended, None)
    doorstep.deliver(ORDERS, LABELS)
    assert doorstep.open_errors() == []
    assert (doorstep.warehouse_states(), doorstep.labels()) == (
        {"1001": ["accepted"]},
        Counter({("1001", "bought"): 1}),
    )


def test_what_a_person_ignores_is_ignored_in_both_jobs(doorstep: Doorstep) -> None:
    doorstep.order("1001", shipping_address=WRONG)
    doorstep.carry(ORDERS, LABELS)
    retry.ignore(ErrorRecord.objects.filter(settled_at__isnull=True), "A test order.", None)
    held_addresses.release_settled()
    doorstep.deliver(ORDERS, LABELS)
    assert (doorstep.open_errors(), doorstep.states(LABELS)) == ([], {"Order #1001": "ignored"})


def test_what_is_held_for_an_error_that_is_over_is_looked_at_again(doorstep: Doorstep) -> None:
    doorstep.order("1001", shipping_address=WRONG)
    doorstep.carry(ORDERS, LABELS)
    SyncJob.objects.filter(key=ORDERS).update(checks_address=False)
    ErrorRecord.objects.update(settled_at=timezone.now(), settled_how="gone")
    assert held_addresses.release_settled() == 1
    doorstep.deliver(LABELS)
    (error,) = doorstep.open_errors()
    assert (error.code, error.job_id) == ("bad_address", doorstep.job(LABELS).pk)


def test_orders_whose_addresses_are_wrong_alike_are_one_incident(doorstep: Doorstep) -> None:
    doorstep.order("1001", shipping_address=WRONG)
    doorstep.carry(ORDERS)
    doorstep.order("1002", shipping_address=WRONG)
    doorstep.carry(LABELS)
    assert len(doorstep.open_errors()) == 2, "each order is a line, whichever job came upon it"
    triage()
    (incident,) = Incident.objects.all()
    assert (incident.code, incident.open_errors) == ("bad_address", 2)
