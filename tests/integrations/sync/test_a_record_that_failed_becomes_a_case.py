"""What went wrong once is tried in every suite of its jobs, without the person it was about."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from integrations.demo import stage
from integrations.models import ErrorRecord, ExternalId, SuiteCase, SyncJob, Wanted
from integrations.sync import own_cases, suite
from integrations.sync.edge_orders import NO_POSTAL_CODE, ORDINARY, order
from integrations.sync.harmless import harmless, personal_places, replaced, said
from mappings.models import rule_data_of
from tests import factories
from tests.integrations.sync.test_edge_cases_go_through_a_jobs_mapping import ENVIRONMENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(db: None) -> SyncJob:
    stage.configure(ENVIRONMENT)
    return SyncJob.objects.select_related("source", "destination", "read_mapping", "write_mapping").get(
        key="orders-to-warehouse"
    )


def failed(job: SyncJob, payload: dict[str, Any] | None, **values: Any) -> ErrorRecord:
    delivery = factories.delivery(job, **values)
    ExternalId.objects.create(
        connection=job.source, resource=job.source_resource, external_id="7301042", thing=delivery.thing
    )
    return factories.error(delivery, job=job, payload=payload)


def line_of(job: SyncJob, title: str) -> list[Any]:
    (line,) = [line for line in suite.run_suite(job, None).lines if line[0] == title]
    return list(line)


def test_it_is_tried_in_every_suite_from_then_on(job: SyncJob) -> None:
    error = failed(job, order(NO_POSTAL_CODE))
    own_cases.make_case(error, "No postal code again", Wanted.PERSON, None)
    _, should, told, is_good, _ = line_of(job, "No postal code again")
    assert (should, is_good) == ("A person is asked.", True)
    assert "no postal code" in told
    other = SyncJob.objects.get(pk=job.pk)
    assert suite.run_suite(other, None).good == 10


def test_what_should_become_of_it_is_what_is_judged(job: SyncJob) -> None:
    case = own_cases.make_case(failed(job, order(NO_POSTAL_CODE)), "Sent without it", Wanted.MADE, None)
    assert line_of(job, case.title)[3] is False
    assert "fails the sandbox suite: Sent without it." in suite.why_not_passed(job)
    job.write_mapping.rules.filter(target="ship_to.postal_code").update(on_missing="default", default="00000")
    job.write_mapping.publish()
    job = SyncJob.objects.select_related("read_mapping", "write_mapping").get(pk=job.pk)
    line = line_of(job, case.title)
    assert line[3] is True, line
    assert "Told a second time, nothing is sent." in line[2]


def test_what_had_been_delivered_is_changed(job: SyncJob) -> None:
    told = order(ORDINARY)
    delivered = failed(job, told, first_delivered_at=timezone.now() - timedelta(days=1))
    case = own_cases.make_case(delivered, "An edit", Wanted.CHANGED, None)
    assert case.was_there
    assert line_of(job, "An edit")[3] is True


def test_a_paused_case_and_one_without_a_source_are_left_out(job: SyncJob) -> None:
    case = own_cases.make_case(failed(job, order(ORDINARY)), "Mine", Wanted.MADE, None)
    assert suite.run_suite(job, None).good == 10
    SuiteCase.objects.filter(pk=case.pk).update(is_paused=True)
    assert suite.run_suite(job, None).good == 9
    SuiteCase.objects.filter(pk=case.pk).update(is_paused=False, source=None)
    assert suite.run_suite(job, None).good == 9


def test_nothing_of_the_person_is_kept(job: SyncJob) -> None:
    payload = order(ORDINARY)
    address = payload["shipping_address"]
    case = own_cases.make_case(failed(job, payload), "Mine", Wanted.MADE, None)
    kept = json.dumps(SuiteCase.objects.get(pk=case.pk).payload, ensure_ascii=False)
    personal = [
        payload["email"],
        *(address[name] for name in ("name", "line1", "phone", "postal_code", "city")),
    ]
    assert len(list(filter(None, personal))) > 3
    assert not [value for value in personal if value and value in kept]
    assert payload["lines"][0]["sku"] in kept
    assert payload["name"] in kept
    assert case.kept == []
    assert {"email", "shipping_address.name", "customer.email"} <= set(case.replaced)
    with connection.cursor() as cursor:
        cursor.execute("SELECT payload FROM integrations_suitecase")
        assert payload["lines"][0]["sku"] not in str(cursor.fetchall()), "it is encrypted"


def test_what_decides_the_case_stays_and_is_said(job: SyncJob) -> None:
    """A rule goes by the very street: with another one, the order would be sent."""
    payload = order(ORDINARY)
    payload["shipping_address"]["line1"] = "Packstation 101"
    job.filter = "!starts_with(shipping_address.line1, 'Packstation')"
    job.save(update_fields=["filter"])
    error = ErrorRecord.objects.select_related(
        "delivery", "job__source", "job__destination", "job__read_mapping", "job__write_mapping"
    ).get(pk=failed(job, payload).pk)
    case = own_cases.make_case(error, "Packstation", Wanted.NOTHING, None)
    assert case.kept == ["shipping_address.line1"]
    assert case.payload["shipping_address"]["line1"] == "Packstation 101"
    assert case.payload["email"] != payload["email"]
    job = SyncJob.objects.select_related("read_mapping", "write_mapping").get(pk=job.pk)
    assert line_of(job, "Packstation")[3] is True


def test_a_rollout_leaves_no_case_out(job: SyncJob) -> None:
    SyncJob.objects.filter(pk=job.pk).update(rollout_percent=0)
    job.refresh_from_db()
    assert suite.run_suite(job, None).good == 9
    assert job.rollout_percent == 0


def test_of_what_is_not_kept_no_case_is_made(job: SyncJob) -> None:
    with pytest.raises(own_cases.NoCase, match="not kept any more"):
        own_cases.make_case(failed(job, None), "Mine", Wanted.MADE, None)
    of_the_whole_job = factories.error(None, job=job)
    assert own_cases.why_none(of_the_whole_job) == own_cases.NOT_OF_A_RECORD


def test_a_job_that_carries_no_orders_has_its_own_cases_too(job: SyncJob) -> None:
    shipments = SyncJob.objects.get(key="shipments-to-shop")
    delivery = factories.delivery(shipments)
    payload = {"id": "sh_1", "order_id": "wo_1", "items": []}
    error = factories.error(delivery, job=shipments, payload=payload)
    own_cases.make_case(error, "A parcel of an order that nobody knows", Wanted.HELD, None)
    run = suite.run_suite(shipments, None)
    assert [line[0] for line in run.lines][-1:] == ["A parcel of an order that nobody knows"]
    assert run.good + run.wrong == 8


@pytest.mark.parametrize(
    ("value", "shape"),
    [
        ("Ann Example", "Aaa Aaaaaaa"),
        ("Käthe", "Aéaaa"),
        ("山田", "字字"),
        ("+49 30 123456", "+49 11 111111"),
        ("+", "+"),
        (" SW1A 1AA", " AA1A 1AA"),
        ("ann@mail.example.com", "aaa@example.com"),
        ("  ", "  "),
        ("", ""),
        (4711, 1111),
        (52.520008, 11.111111),
        (-0.127758, -1.111111),
        (True, True),
        (None, None),
    ],
)
def test_a_harmless_value_has_the_same_shape(value: Any, shape: Any) -> None:
    assert harmless(value) == shape


def test_where_somebody_lives_is_replaced_as_their_street_is() -> None:
    payload = {"id": 7, "total": 19.9, "shipping_address": {"latitude": 52.520008, "longitude": -0.127758}}
    made = replaced(payload, personal_places(payload, []))
    assert made == {
        "id": 7,
        "total": 19.9,
        "shipping_address": {"latitude": 11.111111, "longitude": -1.111111},
    }


def test_of_a_customer_every_text_is_personal() -> None:
    payload = {"id": "cus_1", "name": "Ann", "state": "open", "tags": ["vip"], "created_at": "2026-01-05"}
    of_person = [said(place) for place in personal_places(payload, [], is_of_person=True)]
    assert of_person == ["name", "tags[]"]
    assert personal_places(payload, []) == []


def test_a_rule_tells_what_is_personal_where_no_name_does(job: SyncJob) -> None:
    job.read_mapping.rules.filter(target="shipping_address.name").update(source="f7")
    job.read_mapping.publish()
    rules = rule_data_of(job.read_mapping_id, job.read_mapping.current_number)
    payload = {"f7": "Ann", "sku": "MUG", "people": [{"email": "ann@mail.example.com"}] * 60}
    places = personal_places(payload, rules)
    assert {said(place) for place in places} == {"f7", "people[].email"}
    assert len(places) == 61
    made = replaced(payload, places)
    assert (made["f7"], made["sku"], made["people"][59]["email"]) == ("Aaa", "MUG", "aaa@example.com")
    assert payload["f7"] == "Ann"
