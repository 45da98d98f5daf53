"""What went well is worked out by both versions, field by field, before the draft is published."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from integrations.models import Connection, Delivery, Intent, Outcome, State, SyncJob
from integrations.sync import tried_records
from integrations.sync.tried_records import RecordsTried, Verdict, newest_ids, try_records
from mappings.compared import differing
from mappings.models import Direction, FieldRule, Mapping
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import change_url
from tests.integrations.answering import Platform, Says
from tests.integrations.conftest import platform

__all__ = ["platform"]

pytestmark = pytest.mark.django_db

MAY_TRY = ("mappings.view_mapping", "mappings.preview_mapping", "integrations.view_delivery")


def rule(of: Mapping, target: str, source: str, **values: Any) -> None:
    FieldRule.objects.create(mapping=of, target=target, source=source, position=of.rules.count(), **values)


@pytest.fixture
def reader(db: None) -> Mapping:
    made = factories.mapping(name="Shop order", platform="rest")
    rule(made, "id", "id")
    rule(made, "number", "name")
    rule(made, "email", "mail")
    rule(made, "shipping_address.city", "city")
    return made


@pytest.fixture
def writer(db: None) -> Mapping:
    made = factories.mapping(name="Warehouse order", direction=Direction.WRITE, platform="rest")
    rule(made, "reference", "number")
    rule(made, "ship_to.city", "shipping_address.city")
    return made


@pytest.fixture
def shop(platform: Platform, settings: Settings) -> Connection:
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]
    declaration = {
        "base_url": platform.base,
        "resources": {
            "orders": {
                "id": "id",
                "list": {"path": "orders", "records": "orders"},
                "fetch": {"path": "orders/{external_id}"},
            }
        },
    }
    return factories.connection(name="The shop", platform="rest", settings={"declaration": declaration})


@pytest.fixture
def job(reader: Mapping, writer: Mapping, shop: Connection) -> SyncJob:
    demanding = {
        "base_url": "https://warehouse.example.com",
        "resources": {
            "orders": {"id": "id", "create": {"method": "POST", "path": "orders", "id": "id"}},
        },
    }
    warehouse = factories.connection(
        name="The warehouse", platform="rest", settings={"declaration": demanding}
    )
    return factories.job(source=shop, destination=warehouse, read_mapping=reader, write_mapping=writer)


def delivered(job: SyncJob, platform: Platform, number: int, **values: Any) -> Delivery:
    """A record that went well, and that the shop still has."""
    told = {"id": number, "name": f"#{number}", "mail": "a@example.com", "city": "Bern", **values}
    platform.on(f"/orders/{number}", Says(told))
    return factories.delivery(job, str(number))


def tried(job: SyncJob, mapping: Mapping, **values: Any) -> RecordsTried:
    return try_records(job, mapping, mapping.snapshot(), **values)


def page_url(mapping: Mapping) -> str:
    return reverse("admin:mappings_mapping_try_records", args=[mapping.pk])


def city_from(reader: Mapping, source: str) -> None:
    reader.rules.filter(target="shipping_address.city").update(source=source)


def test_a_field_that_would_come_out_differently_is_named_with_its_count(
    job: SyncJob, reader: Mapping, platform: Platform
) -> None:
    for number in range(3):
        delivered(job, platform, number)
    delivered(job, platform, 3, town="Basel")
    city_from(reader, "town || city")
    found = tried(job, reader)
    assert (found.counts[Verdict.SAME], found.counts[Verdict.DIFFERS]) == (3, 1)
    assert found.fields == [("shipping_address.city", 1)]
    (row,) = [row for row in found.rows if row.verdict == Verdict.DIFFERS]
    assert [(one.field, one.before, one.after) for one in row.fields] == [
        ("shipping_address.city", "Bern", "Basel")
    ]
    assert found.sent_otherwise == 1


def test_a_field_that_nobody_is_sent_is_told_as_such(
    job: SyncJob, reader: Mapping, platform: Platform
) -> None:
    delivered(job, platform, 1, other="b@example.com")
    reader.rules.filter(target="email").update(source="other")
    found = tried(job, reader)
    assert found.fields == [("email", 1)]
    assert found.sent_otherwise == 0


def test_of_a_writing_mapping_the_fields_that_are_sent_are_compared(
    job: SyncJob, writer: Mapping, platform: Platform
) -> None:
    delivered(job, platform, 1)
    writer.rules.filter(target="ship_to.city").update(transform="upper")
    assert tried(job, writer).fields == [("ship_to.city", 1)]


def test_what_would_need_a_person_from_now_on_is_told_first(
    job: SyncJob, reader: Mapping, platform: Platform
) -> None:
    delivered(job, platform, 1)
    rule(reader, "placed_at", "placed", required=True)
    (row,) = tried(job, reader).rows
    assert row.verdict == Verdict.FAILS
    assert row.sentence


def test_only_what_went_well_in_the_last_thirty_days_is_asked_for_newest_first(job: SyncJob) -> None:
    now = timezone.now()
    for number, days in enumerate((1, 3, 2, 31)):
        factories.delivery(job, str(number), state_since=now - timedelta(days=days))
    factories.delivery(job, "4", state=State.UNCHANGED, state_since=now)
    factories.delivery(job, "5", state=State.FAILED)
    factories.delivery(factories.job(), "6")
    assert newest_ids(job, 50) == ["4", "0", "2", "1"]
    assert newest_ids(job, 2) == ["4", "0"]


def test_nothing_is_changed_anywhere_by_it(job: SyncJob, reader: Mapping, platform: Platform) -> None:
    row = delivered(job, platform, 1, town="Basel")
    before = Delivery.objects.filter(pk=row.pk).values().get()
    city_from(reader, "town")
    assert tried(job, reader).sent_otherwise == 1
    assert Delivery.objects.filter(pk=row.pk).values().get() == before
    assert (Intent.objects.count(), Outcome.objects.count(), Delivery.objects.count()) == (0, 0, 1)
    assert {asked.method for asked in platform.asked} == {"GET"}


def test_what_is_gone_and_what_is_refused_is_told(job: SyncJob, reader: Mapping, platform: Platform) -> None:
    delivered(job, platform, 1)
    delivered(job, platform, 2)
    platform.on("/orders/2", Says({}, 404))
    delivered(job, platform, 3)
    platform.on("/orders/3", Says({"message": "no"}, 422))
    found = tried(job, reader)
    assert (len(found.rows), found.asked, found.gone, len(found.refused)) == (1, 3, 1, 1)


def test_it_ends_when_its_time_is_up(
    job: SyncJob, reader: Mapping, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tried_records, "SLICE", 1)
    for number in range(3):
        delivered(job, platform, number)
    found = tried(job, reader, seconds=-1)
    assert (found.asked, found.chosen, found.is_out_of_time) == (1, 3, True)


def test_of_a_source_that_cannot_be_asked_for_one_its_list_is_taken(
    job: SyncJob, shop: Connection, reader: Mapping, platform: Platform
) -> None:
    del shop.settings["declaration"]["resources"]["orders"]["fetch"]
    shop.save()
    platform.on("/orders", Says({"orders": [{"id": n, "name": f"#{n}", "city": "Bern"} for n in (1, 2, 3)]}))
    city_from(reader, "name")
    found = tried(SyncJob.objects.get(pk=job.pk), reader, most=2)
    assert found.is_listed
    assert found.fields == [("shipping_address.city", 2)]


# --- the page -------------------------------------------------------------------------------------------------


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_the_page_sums_it_up_and_asks_nobody_before_the_button(
    job: SyncJob, reader: Mapping, platform: Platform, admin_client: Client
) -> None:
    delivered(job, platform, 1)
    delivered(job, platform, 2, town="Basel")
    city_from(reader, "town || city")
    assert page_url(reader) in text_of(admin_client.get(change_url(reader)))
    assert "Payloads of delivered records are not kept" in text_of(admin_client.get(page_url(reader)))
    assert platform.asked == []
    text = text_of(admin_client.post(page_url(reader), {"job": job.pk}))
    assert "1 same, 1 differs: shipping_address.city (1)" in text
    assert "<del>Bern</del>" in text
    assert "<ins>Basel</ins>" in text


def test_the_page_says_where_nothing_can_be_compared(
    job: SyncJob, reader: Mapping, platform: Platform, admin_client: Client
) -> None:
    assert "There is no draft" in text_of(admin_client.post(page_url(reader)))
    assert "No job uses this mapping" in text_of(admin_client.get(page_url(factories.mapping())))
    city_from(reader, "town")
    assert "went well in the last 30 days" in text_of(admin_client.post(page_url(reader)))
    city_from(reader, "town |||")
    assert "cannot be tried" in text_of(admin_client.post(page_url(reader)))


def test_who_may_not_try_payloads_or_see_records_does_not_come_in(job: SyncJob, reader: Mapping) -> None:
    city_from(reader, "town")
    for left_out in MAY_TRY[1:]:
        client = signed_in(factories.user(*(name for name in MAY_TRY if name != left_out)))
        assert client.get(page_url(reader)).status_code == 403
        assert client.post(page_url(reader)).status_code == 403
        assert page_url(reader) not in client.get(change_url(reader)).content.decode()
    assert signed_in(factories.user(*MAY_TRY)).get(page_url(reader)).status_code == 200


# --- the comparison -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "fields"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": {"b": "x"}}, {"a": {"b": "y"}}, ["a.b"]),
        ({}, {"a": {"b": "x", "c": "y"}}, ["a.b", "a.c"]),
        ({"a": {"b": "x"}}, {}, ["a.b"]),
        ({"lines": [{"sku": "A"}, {"sku": "B"}]}, {"lines": [{"sku": "A"}, {"sku": "C"}]}, ["lines[].sku"]),
        ({"lines": [{"sku": "A"}]}, {"lines": []}, ["lines"]),
        ({"a": None}, {}, ["a"]),
        ({"a": 12.5}, {"a": 12.50}, []),
        ({"a": True}, {"a": 1}, ["a"]),
        ({"a": "1"}, {"a": 1}, ["a"]),
    ],
)
def test_differences_are_named_by_their_field(
    before: dict[str, Any], after: dict[str, Any], fields: list[str]
) -> None:
    assert [one.field for one in differing(before, after)] == fields
