from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.admin.frame import PortalAdmin
from integrations.admin.paging import CappedPaginator
from integrations.models import Delivery, ErrorRecord, InboundEvent, Outcome, SearchKey, SyncJob, SyncRun
from mappings.search import keyed_hash
from tests import factories
from tests.integrations.admin.pages import list_url, listed, result_count

pytestmark = pytest.mark.django_db


def fill(number: int) -> None:
    for _ in range(number):
        job = factories.job(workflow=factories.workflow())
        run = factories.run(job)
        record = factories.delivery(job)
        factories.outcome(record, run=run)
        factories.error(record, run=run)
        factories.inbound_event(job.source)


def queries(client: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


@pytest.mark.parametrize("model", [ErrorRecord, Delivery, Outcome, SyncRun, SyncJob, InboundEvent])
def test_a_list_costs_as_many_queries_with_many_rows_as_with_few(admin_client: Client, model: Any) -> None:
    url = list_url(model)
    fill(2)
    few = queries(admin_client, url)
    fill(10)
    assert queries(admin_client, url) == few


def test_every_list_of_ours_has_50_rows_a_page_and_no_second_count() -> None:
    ours = [entry for entry in admin.site._registry.values() if isinstance(entry, PortalAdmin)]
    assert len(ours) >= 14
    for entry in ours:
        assert entry.list_per_page == 50
        assert entry.show_full_result_count is False
        assert entry.paginator is CappedPaginator
        assert entry.date_hierarchy is None


def test_counting_stops_at_the_cap(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.admin.paging.CAP", 3)
    fill(5)
    with CaptureQueriesContext(connection) as seen:
        response = admin_client.get(list_url(Delivery))
    assert result_count(response) == 3
    counts = [query["sql"] for query in seen if "COUNT(" in query["sql"] and "delivery" in query["sql"]]
    assert [sql for sql in counts if "LIMIT 4" not in sql] == []
    assert counts
    assert "more than" in response.content.decode()


def test_a_count_at_the_cap_is_exact(admin_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.admin.paging.CAP", 3)
    fill(3)
    response = admin_client.get(list_url(Delivery))
    assert result_count(response) == 3
    assert "more than" not in response.content.decode()


def test_large_ids_work_in_lists_and_pages(admin_client: Client) -> None:
    """Numbers have thousands separators on every page; ids must not."""
    job = factories.job()
    run = factories.run(job, id=1_234_567)
    record = factories.delivery(job, id=7_654_321)
    error = factories.error(record, id=1_111_111, run=run)
    page = admin_client.get(list_url(ErrorRecord)).content.decode()
    assert 'value="1111111"' in page
    for row in (run, record, error):
        assert admin_client.get(f"{list_url(type(row))}{row.pk}/change/").status_code == 200
        assert f"{row.pk:,}/" not in admin_client.get(list_url(type(row))).content.decode()


# --- finding one record -----------------------------------------------------------------------------------------


def found(client: Client, term: str) -> list[Any]:
    return listed(client.get(list_url(Delivery), {"q": term}))


def test_a_record_is_found_by_its_number_and_by_an_id_of_any_system(admin_client: Client) -> None:
    mine = factories.delivery(factories.job(), "gid-77")
    factories.delivery(factories.job(), "gid-78")
    SearchKey.objects.create(kind="order_number", digest=keyed_hash("order_number", "1042"), thing=mine.thing)
    assert found(admin_client, "#1042") == [mine]
    assert found(admin_client, "1042") == [mine]
    assert found(admin_client, "gid-77") == [mine]
    assert found(admin_client, "104") == []


def test_a_record_is_not_found_by_an_address_of_a_person(admin_client: Client) -> None:
    """The term stands in the page's address, and so in logs: personal data must not be asked for there."""
    mine = factories.delivery(factories.job())
    SearchKey.objects.create(
        kind="email", digest=keyed_hash("email", "customer@example.com"), thing=mine.thing
    )
    assert found(admin_client, "customer@example.com") == []


def test_the_page_of_a_record_tells_its_history(admin_client: Client) -> None:
    mine = factories.delivery(factories.job(), "gid-77", subject="Order #1042")
    factories.failure(mine)
    factories.outcome(mine, request_id="req-9")
    factories.error(mine, sentence="No postal code.", settled_at=timezone.now(), settled_how="delivered")
    page = admin_client.get(f"{list_url(Delivery)}{mine.pk}/change/").content.decode()
    for words in ("Order #1042", "gid-77", "request req-9", "No postal code.", "Needs a person"):
        assert words in page


def plan_of(sql: str) -> str:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            return "\n".join(str(row[3]) for row in cursor.fetchall())
        # On a table of ten rows reading them all and sorting them would always be cheaper.
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN {sql}")
        return "\n".join(str(row[0]) for row in cursor.fetchall())


@pytest.mark.parametrize(
    ("asked", "index"), [("kind=transient", "outcomes_by_kind"), ("result=failed", "outcomes_by_state")]
)
def test_the_newest_outcomes_of_one_sort_are_found_by_an_index(
    admin_client: Client, asked: str, index: str
) -> None:
    fill(5)
    with CaptureQueriesContext(connection) as seen:
        admin_client.get(f"{list_url(Outcome)}?{asked}")
    (rows,) = [
        query["sql"]
        for query in seen
        if "ORDER BY" in query["sql"] and 'FROM "integrations_outcome"' in query["sql"]
    ]
    plan = plan_of(rows)
    assert index in plan
    assert "TEMP B-TREE" not in plan
