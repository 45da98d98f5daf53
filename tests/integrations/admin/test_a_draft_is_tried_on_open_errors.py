"""A draft is weighed on the records that failed, before anybody publishes it; then one goes first, then the rest."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.models import Connection, ErrorRecord, Judgement, State, SyncJob
from integrations.sync import tried_errors
from integrations.sync.tried_errors import Verdict, try_errors
from integrations.sync.weigh import Scales
from mappings.models import Mapping, ValueMap
from tests import factories
from tests.integrations.admin.bells import Bells
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import change_url, messages_of
from tests.integrations.mapping_rows import rule, sent, writer

__all__ = ["writer"]
pytestmark = pytest.mark.django_db

DEMANDING = {
    "base_url": "https://warehouse.example.com",
    "resources": {
        "orders": {
            "required": ["ship_to.postcode"],
            "id": "id",
            "create": {"method": "POST", "path": "orders", "id": "id"},
        }
    },
}
MAY_TRY = ("mappings.view_mapping", "mappings.preview_mapping", "integrations.view_errorrecord")


@pytest.fixture
def reader(db: None) -> Mapping:
    made = factories.mapping(name="Shop order")
    rule(made, "id", "id")
    rule(made, "number", "name")
    rule(made, "shipping_address.postal_code", "zip")
    return made


@pytest.fixture
def warehouse(db: None) -> Connection:
    return factories.connection(name="The warehouse", platform="rest", settings={"declaration": DEMANDING})


@pytest.fixture
def job(reader: Mapping, writer: Mapping, warehouse: Connection) -> SyncJob:
    shop = factories.connection(name="The shop")
    return factories.job(source=shop, destination=warehouse, read_mapping=reader, write_mapping=writer)


def failed(job: SyncJob, payload: dict[str, Any] | None, **values: Any) -> ErrorRecord:
    """An order that the destination's demand for a postcode stopped, as it was written down."""
    delivery = factories.delivery(job, state=State.FAILED)
    defaults = {"code": "missing_field", "place": "validate", "field": "shipping_address.postal_code"}
    return factories.error(delivery, payload=payload, **defaults | values)


def postcode_from(reader: Mapping, source: str) -> None:
    """The draft reads it from elsewhere."""
    reader.rules.filter(target="shipping_address.postal_code").update(source=source)


def verdicts(mapping: Mapping, **values: Any) -> dict[int, Verdict]:
    found = try_errors(mapping, mapping.snapshot(), **values)
    return {row.error_id: row.verdict for row in found.rows}


def page_url(mapping: Mapping) -> str:
    return reverse("admin:mappings_mapping_try_errors", args=[mapping.pk])


def text_of(client: Client, mapping: Mapping, query: str = "") -> str:
    answer = client.get(page_url(mapping) + query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_each_error_is_fine_or_has_another_problem_or_the_same(job: SyncJob, reader: Mapping) -> None:
    settled = failed(job, {"id": 1, "name": "#1", "postal": "1000"})
    same = failed(job, {"id": 2, "name": "#2"})
    other = failed(job, {"id": 3, "name": "#3", "postal": "1000", "placed": "no time"})
    rule(reader, "placed_at", "placed", transform="time")
    postcode_from(reader, "postal")
    assert verdicts(reader) == {
        settled.pk: Verdict.FINE,
        same.pk: Verdict.SAME,
        other.pk: Verdict.OTHER,
    }


def test_a_writing_mapping_is_tried_as_well(job: SyncJob, writer: Mapping, reader: Mapping) -> None:
    rule(reader, "shipping_address.region", "state")
    reader.publish()
    error = failed(job, {"id": 1, "name": "#1", "state": "BE"})
    assert verdicts(writer) == {error.pk: Verdict.SAME}
    writer.rules.filter(target="ship_to.postcode").update(source="shipping_address.region")
    assert verdicts(writer) == {error.pk: Verdict.FINE}


def test_the_draft_counts_with_the_words_that_it_would_be_published_with(
    job: SyncJob, reader: Mapping
) -> None:
    error = failed(job, {"id": 1, "name": "#1", "postal": "AMS"})
    words = ValueMap.objects.create(key="places", name="Places")
    postcode_from(reader, "postal")
    reader.rules.filter(target="shipping_address.postal_code").update(value_map="places")
    assert verdicts(reader) == {error.pk: Verdict.OTHER}
    words.entries.create(source="AMS", target="1000")
    assert verdicts(reader) == {error.pk: Verdict.FINE}


def test_what_the_destination_refused_is_not_promised(job: SyncJob, reader: Mapping) -> None:
    payload = {"id": 1, "name": "#1", "zip": "1000", "postal": "2000"}
    error = failed(job, payload, place="send", code="refused", field="")
    assert verdicts(reader) == {error.pk: Verdict.SAME}, "it would get the very same again"
    postcode_from(reader, "postal")
    (row,) = try_errors(reader, reader.snapshot()).rows
    assert row.verdict == Verdict.UNSURE
    assert "ship_to.postcode" in row.then
    assert "2000" not in row.then, "no value of the record is told"


def test_a_record_that_the_filter_leaves_out_is_not_called_settled(job: SyncJob, reader: Mapping) -> None:
    SyncJob.objects.filter(pk=job.pk).update(filter="shipping_address.postal_code != '1000'")
    error = failed(job, {"id": 1, "name": "#1", "postal": "1000"})
    postcode_from(reader, "postal")
    assert verdicts(reader) == {error.pk: Verdict.LEFT_OUT}


def test_what_a_retry_alone_would_settle_is_told(job: SyncJob, reader: Mapping) -> None:
    failed(job, {"id": 1, "name": "#1", "zip": "1000"})
    failed(job, {"id": 2, "name": "#2", "postal": "1000"})
    reader.rules.filter(target="shipping_address.postal_code").update(source="zip || postal")
    found = try_errors(reader, reader.snapshot())
    assert [row.by_retry for row in found.rows] == [False, True]
    assert len(found.settled) == 2


def test_only_open_errors_with_their_record_and_without_doubt_are_tried(
    job: SyncJob, reader: Mapping
) -> None:
    failed(job, None)
    settled = failed(job, {"id": 1, "name": "#1", "zip": "1000"})
    ErrorRecord.objects.filter(pk=settled.pk).update(settled_at=settled.last_seen_at)
    factories.in_doubt(factories.delivery(job), payload={"id": 2, "name": "#2", "zip": "1000"})
    failed(factories.job(), {"id": 3})
    assert verdicts(reader) == {}


def test_nothing_is_written_and_nobody_is_called(
    job: SyncJob, reader: Mapping, no_network: list[Any]
) -> None:
    for number in range(3):
        failed(job, {"id": number, "name": f"#{number}", "postal": "1000"})
    postcode_from(reader, "postal")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(try_errors(reader, reader.snapshot()).settled) == 3
    written = [query["sql"] for query in queries if not query["sql"].lstrip("( ").startswith("SELECT")]
    assert written == []
    assert no_network == []


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Whoever is called is written down, and not called."""
    called: list[Any] = []

    def note(*args: Any, **_: Any) -> None:
        called.append(args)
        raise AssertionError("The network was used.")

    monkeypatch.setattr("socket.socket.connect", note)
    return called


def test_a_record_that_breaks_our_own_code_does_not_stop_the_others(
    job: SyncJob, reader: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bad = (failed(job, {"id": n, "name": f"#{n}", "postal": "1000"}) for n in (1, 2))
    postcode_from(reader, "postal")
    real = Scales.weigh

    def weigh(self: Any, cases: Any) -> None:
        if any(case.parcel.payload["id"] == 2 for case in cases):
            raise ZeroDivisionError
        real(self, cases)

    monkeypatch.setattr(Scales, "weigh", weigh)
    assert verdicts(reader) == {good.pk: Verdict.FINE, bad.pk: Verdict.OTHER}


def test_the_newest_go_first_and_what_is_left_is_told(
    job: SyncJob, reader: Mapping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tried_errors, "AT_MOST", 3)
    errors = [failed(job, {"id": n, "name": f"#{n}"}) for n in range(5)]
    found = try_errors(reader, reader.snapshot())
    assert [row.error_id for row in found.rows] == [error.pk for error in errors[:1:-1]]
    assert (found.open, found.left, found.is_out_of_time) == (5, 2, False)
    rest = try_errors(reader, reader.snapshot(), start=found.end)
    assert [row.error_id for row in rest.rows] == [errors[1].pk, errors[0].pk]
    assert rest.left == 0


def test_it_ends_when_its_time_is_up(job: SyncJob, reader: Mapping, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tried_errors, "SLICE", 1)
    for n in range(3):
        failed(job, {"id": n, "name": f"#{n}"})
    found = try_errors(reader, reader.snapshot(), seconds=-1)
    assert (len(found.rows), found.left, found.is_out_of_time) == (1, 2, True)


# --- the page -------------------------------------------------------------------------------------------------


def test_the_page_says_how_many_and_what_becomes_of_each(
    job: SyncJob, reader: Mapping, admin_client: Client
) -> None:
    failed(job, {"id": 1, "name": "#1", "postal": "1000"})
    failed(job, {"id": 2, "name": "#2"}, sentence="#2 has no postal code.")
    postcode_from(reader, "postal")
    text = text_of(admin_client, reader)
    assert "The draft would settle 1 of 2 open errors" in text
    assert "#2 has no postal code." in text
    assert "It is made in The warehouse." in text
    assert "Publish the draft; then retry" in text
    assert "Retry one first" not in text, "a retry would go by the version in use"


def test_the_page_says_where_nothing_can_be_tried(
    job: SyncJob, reader: Mapping, admin_client: Client
) -> None:
    assert "No open errors" in text_of(admin_client, reader)
    assert "No job uses this mapping" in text_of(admin_client, factories.mapping())
    reader.rules.filter(target="number").update(source="name ||| zip")
    failed(job, {"id": 1})
    assert "Nothing was tried" in text_of(admin_client, reader)


def test_who_may_not_try_payloads_or_see_errors_does_not_come_in(job: SyncJob, reader: Mapping) -> None:
    failed(job, {"id": 1})
    for left_out in MAY_TRY[1:]:
        client = signed_in(factories.user(*(name for name in MAY_TRY if name != left_out)))
        assert client.get(page_url(reader)).status_code == 403
        page = client.get(change_url(reader))
        assert page_url(reader) not in page.content.decode()
    client = signed_in(factories.user(*MAY_TRY))
    assert client.get(page_url(reader)).status_code == 200
    assert page_url(reader) in client.get(change_url(reader)).content.decode()


def test_after_publishing_the_way_to_the_retry_is_told(
    job: SyncJob, reader: Mapping, admin_client: Client
) -> None:
    failed(job, {"id": 1, "name": "#1", "postal": "1000"})
    rules = [
        {"target": "number", "source": "name"},
        {"target": "shipping_address.postal_code", "source": "postal"},
    ]
    assert admin_client.post(change_url(reader), sent(reader, rules)).status_code == 302
    assert any("1 open error of its jobs came before it" in told for told in messages_of(admin_client))
    assert "A retry with version 2 would settle 1 of 1 open error" in text_of(admin_client, reader)


# --- one first, then the rest ---------------------------------------------------------------------------------


def retry_form(client: Client, mapping: Mapping) -> dict[str, Any]:
    answer: Any = client.get(page_url(mapping))
    shown = answer.context_data
    return {"version": str(shown["mapping"].current_number), "errors": shown["ids"]}


@pytest.fixture
def settled(job: SyncJob, reader: Mapping) -> list[ErrorRecord]:
    """Two that the published version settles, the second worth more; and one that it does not."""
    failed(job, {"id": 3, "name": "#3"})
    rows = [
        failed(job, {"id": n, "name": f"#{n}", "postal": "1000"}, amount=n, currency="EUR") for n in (1, 2)
    ]
    postcode_from(reader, "postal")
    reader.publish()
    return rows


def retried() -> list[int]:
    return list(Judgement.objects.filter(decision="retry").order_by("pk").values_list("error_id", flat=True))


def test_one_goes_first_and_then_the_rest_and_no_other(
    settled: list[ErrorRecord], reader: Mapping, admin_client: Client, bells: Bells
) -> None:
    form = retry_form(admin_client, reader)
    answer = admin_client.post(page_url(reader), form | {"one": "1"})
    assert retried() == [settled[1].pk], "the one with most money"
    assert "is on its way" in text_of(admin_client, reader, "?" + answer["Location"].partition("?")[2])
    admin_client.post(page_url(reader), form | {"all": "1"})
    assert retried() == [settled[1].pk, settled[0].pk]


def test_a_retry_by_a_version_that_was_not_looked_at_is_refused(
    settled: list[ErrorRecord], reader: Mapping, admin_client: Client, bells: Bells
) -> None:
    form = retry_form(admin_client, reader)
    postcode_from(reader, "zip")
    reader.publish()
    admin_client.post(page_url(reader), form | {"all": "1"})
    assert retried() == []
    assert any("changed meanwhile" in told for told in messages_of(admin_client))


def test_only_errors_of_this_mappings_jobs_are_retried(
    settled: list[ErrorRecord], reader: Mapping, admin_client: Client, bells: Bells
) -> None:
    foreign = failed(factories.job(), {"id": 9})
    form = retry_form(admin_client, reader)
    admin_client.post(page_url(reader), form | {"errors": f"{foreign.pk},x,{settled[0].pk}", "all": "1"})
    assert retried() == [settled[0].pk]


def test_who_may_not_retry_sees_no_button_and_cannot(
    settled: list[ErrorRecord], reader: Mapping, bells: Bells
) -> None:
    client = signed_in(factories.user(*MAY_TRY))
    form = retry_form(client, reader)
    assert "Retry one first" not in text_of(client, reader)
    assert client.post(page_url(reader), form | {"all": "1"}).status_code == 403
    assert retried() == []
