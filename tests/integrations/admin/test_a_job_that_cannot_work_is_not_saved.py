"""What a file of configuration may not say, the form may not say either: the reason stands at its field."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client

from integrations.models import Connection, SyncJob
from integrations.sync import stock_settings
from mappings.models import Direction, Mapping
from tests import factories
from tests.integrations.admin.pages import change_url

pytestmark = pytest.mark.django_db

SETTINGS = {"base_url": "https://shop.example.com/api"}


@pytest.fixture
def job(db: None) -> SyncJob:
    systems = [
        factories.connection(key=key, settings=SETTINGS, secrets={"token": "x"}) for key in ("shop", "outlet")
    ]
    return factories.job(
        key="stock",
        kind="stock_level",
        source=systems[0],
        source_resource="stock",
        destination=systems[1],
        destination_resource="stock",
        read_mapping=factories.mapping(kind="stock_level", resource="stock"),
        write_mapping=factories.mapping(kind="stock_level", resource="stock", direction=Direction.WRITE),
        accepts_pushes=True,
        every_seconds=0,
    )


def filled(client: Client, job: SyncJob, **changed: Any) -> dict[str, Any]:
    form = client.get(change_url(job)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields} | changed
    kept = {name: value for name, value in values.items() if value is not None and value is not False}
    return kept | {"runs-TOTAL_FORMS": 0, "runs-INITIAL_FORMS": 0}


def refused(client: Client, job: SyncJob, **changed: Any) -> dict[str, list[str]]:
    response = client.post(change_url(job), filled(client, job, **changed))
    assert response.status_code == 200, "it was saved"
    errors: dict[str, list[str]] = response.context["adminform"].form.errors
    return errors


def test_a_job_that_fits_is_saved(admin_client: Client, job: SyncJob) -> None:
    response = admin_client.post(change_url(job), filled(admin_client, job, key="stock-2", stock_buffer=3))
    assert response.status_code == 302, response.context["adminform"].form.errors
    job.refresh_from_db()
    assert (job.key, job.stock_buffer) == ("stock-2", 3)


def test_a_changed_buffer_says_that_all_is_counted_anew(admin_client: Client, job: SyncJob) -> None:
    def said(**values: object) -> str:
        page = admin_client.post(change_url(job), filled(admin_client, job, **values), follow=True)
        return " ".join(unescape(page.content.decode()).split())

    assert stock_settings.SENTENCE not in said(name="Stock to the outlet")
    assert stock_settings.SENTENCE in said(stock_buffer=3)
    assert stock_settings.SENTENCE in said(stock_locations="MAIN")


def test_a_filter_that_cannot_be_read(admin_client: Client, job: SyncJob) -> None:
    assert list(refused(admin_client, job, filter="status == ")) == ["filter"]


def test_holidays_of_no_country_also_while_there_are_no_hours(admin_client: Client, job: SyncJob) -> None:
    SyncJob.objects.filter(pk=job.pk).update(pick_up_holidays="DE")
    job.refresh_from_db()
    errors = refused(admin_client, job, pick_up_holidays="XX-😀")
    assert "The holidays of “XX-😀” are not known." in errors["pick_up_holidays"][0]


def test_a_resource_that_the_system_does_not_have(admin_client: Client, job: SyncJob) -> None:
    errors = refused(admin_client, job, source_resource="parcels")
    assert "has no resource 'parcels'. It has:" in errors["source_resource"][0]


def test_a_mapping_that_goes_the_other_way(admin_client: Client, job: SyncJob) -> None:
    errors = refused(admin_client, job, read_mapping=job.write_mapping_id)
    assert list(errors) == ["read_mapping"]


def test_a_mapping_of_another_kind(admin_client: Client, job: SyncJob) -> None:
    orders: Mapping = factories.mapping(kind="order")
    assert list(refused(admin_client, job, read_mapping=orders.pk)) == ["read_mapping"]


def test_a_job_that_writes_into_what_it_reads(admin_client: Client, job: SyncJob) -> None:
    assert list(refused(admin_client, job, destination=job.source_id)) == ["destination"]


def test_the_destination_of_a_job_that_has_carried_records_stays(admin_client: Client, job: SyncJob) -> None:
    factories.delivery(job)
    third: Connection = factories.connection(key="third", settings=SETTINGS, secrets={"token": "x"})
    errors = refused(admin_client, job, destination=third.pk, key="renamed")
    assert "has carried records already" in errors["destination"][0]


def test_a_kind_that_nobody_knows(admin_client: Client, job: SyncJob) -> None:
    assert list(refused(admin_client, job, kind="parcel")) == ["kind"]
