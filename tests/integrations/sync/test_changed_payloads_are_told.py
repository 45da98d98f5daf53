from __future__ import annotations

import itertools
from typing import Any

import pytest
from django.db import connection as database
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.connectors.base import Item
from integrations.models import PayloadShape, SyncJob, Way
from integrations.sync.payload_changes import notice
from mappings.payload_shape import ENOUGH, LEARNED, MISSED, Known, look
from monitoring.payload_changes import changed
from tests import factories
from tests.integrations.admin.pages import act, change_url
from tests.integrations.mapping_rows import sent

pytestmark = pytest.mark.django_db

ORDER: dict[str, Any] = {"id": "1", "total": "12.50", "note": "x"}


@pytest.fixture
def job(db: None) -> SyncJob:
    reader = factories.mapping(name="Shop order")
    reader.rules.create(target="total", source="total")
    reader.publish()
    made = factories.job(source=factories.connection(name="The shop"), read_mapping=reader)
    comes(made, ORDER, LEARNED)
    return made


@pytest.fixture
def client(db: None) -> Client:
    client = Client()
    client.force_login(factories.administrator())
    return client


NUMBERS = itertools.count()


def comes(
    job: SyncJob, payload: dict[str, Any], times: int = ENOUGH, way: Way = Way.LISTED, at_once: int = 2
) -> None:
    """In small reads of records that were not told before."""
    for begin in range(0, times, at_once):
        items = [Item(f"{next(NUMBERS)}", payload) for _ in range(min(at_once, times - begin))]
        notice(job.source_id, job.source_resource, items, way)


def told(client: Client, job: SyncJob) -> list[tuple[str, str]]:
    response: Any = client.get(change_url(job.read_mapping))
    shapes = response.context_data["state"].changed
    return [(change.sentence, change.rules) for shape in shapes for change in shape.changes]


def test_nothing_is_told_of_payloads_that_are_as_they_were(client: Client, job: SyncJob) -> None:
    comes(job, ORDER, 10)
    assert told(client, job) == []
    assert changed() == []
    page = client.get(change_url(job.read_mapping)).content.decode()
    assert "The payloads are right" not in page


def test_a_changed_type_is_told_on_the_mapping_and_on_the_front_page(client: Client, job: SyncJob) -> None:
    comes(job, {**ORDER, "total": 12.5, "gift": True})
    assert told(client, job) == [
        ("total was text, and is a number now.", "total"),
        ("gift is new (yes or no).", ""),
    ]
    (found,) = changed()
    assert found.sentence == (
        f"The shop sends other {job.source_resource} than before: total was text, and is a number now. See whether the "
        "mapping still fits what the shop sends."
    )
    assert found.href == change_url(job.read_mapping)
    assert found.sentence in client.get(reverse("admin:index")).content.decode()


def test_a_field_that_is_only_new_is_no_news_for_the_front_page(client: Client, job: SyncJob) -> None:
    comes(job, {**ORDER, "gift": True})
    assert told(client, job) == [("gift is new (yes or no).", "")]
    assert changed() == []


def test_a_field_that_does_not_come_any_more_is_told(client: Client, job: SyncJob) -> None:
    comes(job, {"id": "1", "note": "x"}, MISSED)
    assert told(client, job) == [("total does not come any more; before, each record had it.", "total")]


def test_who_says_that_it_is_right_is_told_of_the_next_change_only(client: Client, job: SyncJob) -> None:
    comes(job, {**ORDER, "total": 12.5})
    act(client, job.read_mapping, "accept_payloads")
    comes(job, {**ORDER, "total": 12.5})
    assert told(client, job) == []
    assert changed() == []
    comes(job, {**ORDER, "id": 1})
    assert len(changed()) == 1


def test_publishing_remembers_the_payloads_as_they_are(client: Client, job: SyncJob) -> None:
    comes(job, {**ORDER, "total": 12.5})
    mapping = job.read_mapping
    rules = [{"target": "total", "source": "total", "transform": "decimal"}]
    client.post(change_url(mapping), {**sent(mapping, rules), "_draft": "1"})
    assert len(changed()) == 1, "a draft settles nothing"
    client.post(change_url(mapping), sent(mapping, rules))
    assert changed() == []


def test_of_two_workers_at_once_one_tells(job: SyncJob, monkeypatch: pytest.MonkeyPatch) -> None:
    row = PayloadShape.objects.get()
    PayloadShape.objects.update(revision=row.revision + 1)
    monkeypatch.setattr(
        "integrations.sync.payload_changes.PayloadShape.objects.filter",
        lambda **values: _Stale(row) if "resource" in values else PayloadShape.objects.all().filter(**values),
    )
    comes(job, {**ORDER, "total": 12.5})
    assert PayloadShape.objects.get().known == row.known


def test_what_two_workers_see_at_once_adds_up(job: SyncJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one keeps what it saw between our look and our keeping."""
    other = {**ORDER, "total": 12.5}
    comes(job, other, ENOUGH - 1)
    between: list[str] = []

    def interrupted(*told: Any) -> Known:
        if not between:
            between.append("once")
            comes(job, {"id": "9", "total": 1.5}, 1)
        return look(*told)

    monkeypatch.setattr("integrations.sync.payload_changes.look", interrupted)
    comes(job, ORDER | {"total": 2.5}, 1)
    (told_of,) = PayloadShape.objects.get().read().changes
    assert (told_of.path, told_of.how) == ("total", "retyped")


def test_each_way_is_known_for_itself(client: Client, job: SyncJob) -> None:
    """A webhook may tell less than a list, and that is no change; what changes in webhooks is told as theirs."""
    comes(job, {"id": "1", "total": 1}, LEARNED, Way.TOLD, at_once=1)
    assert changed() == []
    comes(job, {"id": "1", "total": "1.00"}, ENOUGH, Way.TOLD, at_once=1)
    assert "The shop sends other orders in its webhooks than before: total was a number, and is text" in (
        changed()[0].sentence
    )
    page = client.get(change_url(job.read_mapping)).content.decode()
    assert "sends other orders in its webhooks than before" in page
    act(client, job.read_mapping, "accept_payloads")
    assert changed() == []


def test_where_nothing_is_new_nothing_is_written(job: SyncJob) -> None:
    with CaptureQueriesContext(database) as queries:
        comes(job, ORDER, 1)
    assert [query["sql"].split()[0] for query in queries] == ["SELECT"]


def test_no_id_of_a_record_is_kept(job: SyncJob) -> None:
    notice(job.source_id, "people", [Item("ann@example.com", ORDER)])
    kept = str(PayloadShape.objects.get(resource="people").known)
    assert "ann" not in kept
    assert "example" not in kept


class _Stale:
    """What was read before another worker wrote."""

    def __init__(self, row: PayloadShape) -> None:
        self.row = row

    def first(self) -> PayloadShape:
        return self.row
