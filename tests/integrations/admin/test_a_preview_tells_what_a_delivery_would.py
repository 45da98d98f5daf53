from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.connectors.base import Item
from integrations.models import Connection, JobState, SyncJob
from mappings.models import Mapping
from tests import factories
from tests.integrations.mapping_rows import rule, writer

__all__ = ["writer"]
pytestmark = pytest.mark.django_db

DEMANDING = {
    "base_url": "https://warehouse.example.com",
    "resources": {
        "orders": {
            "required": ["reference", "ship_to.postcode"],
            "id": "id",
            "create": {"method": "POST", "path": "orders", "id": "id"},
        }
    },
}


@pytest.fixture
def reader(db: None) -> Mapping:
    made = factories.mapping(name="Shop order")
    rule(made, "number", "name")
    rule(made, "shipping_address.postal_code", "zip")
    return made


@pytest.fixture
def warehouse(db: None) -> Connection:
    return factories.connection(name="The warehouse", platform="rest", settings={"declaration": DEMANDING})


def preview_url(of: Mapping) -> str:
    return reverse("admin:mappings_mapping_preview", args=[of.pk])


def shown(response: Any) -> Any:
    return response.context_data


def page_form(client: Client, of: Mapping) -> Any:
    """What the payloads come by, as the page begins."""
    return shown(client.get(reverse("admin:mappings_mapping_change", args=[of.pk])))["payload_form"]


def tried(client: Client, of: Mapping, **values: Any) -> Any:
    return shown(client.post(preview_url(of), values))["tried"]


def test_what_the_destination_requires_and_the_record_has_not_is_a_problem(
    admin_client: Client, reader: Mapping, writer: Mapping, warehouse: Connection
) -> None:
    job = factories.job(destination=warehouse, read_mapping=reader, write_mapping=writer)
    payload = json.dumps({"name": "1042", "zip": None})
    found = tried(admin_client, writer, payload=payload, reader=reader.pk, connection=job.source_id)
    sentence = (
        "This record: the shipping address has no postal code. The warehouse requires one. "
        f"Add it in {job.source.name}, or set a default in the mapping."
    )
    assert [told.sentence for told in found.problems] == [sentence]
    assert (
        tried(admin_client, writer, payload=json.dumps({"name": "1", "zip": "2"}), reader=reader.pk).problems
        == []
    )


def test_without_a_job_the_first_system_of_the_platform_says_what_it_requires(
    admin_client: Client, reader: Mapping, writer: Mapping, warehouse: Connection
) -> None:
    found = tried(admin_client, writer, payload=json.dumps({"name": "1042"}), reader=reader.pk)
    assert "The warehouse requires one." in found.problems[0].sentence


def test_a_destination_that_is_not_configured_rightly_says_so_in_the_preview(
    admin_client: Client, reader: Mapping, writer: Mapping
) -> None:
    factories.connection(platform="rest", settings={"declaration": {"resources": 5}})
    found = tried(admin_client, writer, payload=json.dumps({"name": "1042"}), reader=reader.pk)
    assert "is not configured rightly" in found.problems[0].sentence


# --- read with what, from where -----------------------------------------------------------------------------------


@pytest.fixture
def other_reader(db: None) -> Mapping:
    """An older mapping that reads orders, of another shop."""
    return factories.mapping(name="Old shop order", platform="vendure")


@pytest.fixture
def jobs(other_reader: Mapping, reader: Mapping, writer: Mapping) -> list[SyncJob]:
    old_shop = factories.connection(name="Old shop", platform="vendure")
    shop = factories.connection(name="Shop")
    return [
        factories.job(source=old_shop, read_mapping=other_reader, write_mapping=writer),
        factories.job(source=shop, read_mapping=reader, write_mapping=writer),
        factories.job(
            source=shop, read_mapping=factories.mapping(), write_mapping=writer, state=JobState.PAUSED
        ),
    ]


def test_the_preview_begins_as_the_newest_active_job_does_it(
    admin_client: Client, jobs: list[SyncJob], reader: Mapping, writer: Mapping
) -> None:
    form = page_form(admin_client, writer)
    assert form["reader"].value() == reader.pk
    assert form["connection"].value() == jobs[1].source_id


def test_the_reader_follows_the_system_until_a_person_chooses_one(
    admin_client: Client,
    jobs: list[SyncJob],
    reader: Mapping,
    other_reader: Mapping,
    writer: Mapping,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("integrations.admin.studio_form.sample", lambda *_: [Item("1", {"name": "1042"})])
    own = factories.mapping(name="Chosen by hand", platform="vendure")

    def reads_with(**values: Any) -> str:
        sent = {"sample": "1", "connection": jobs[0].source_id} | values
        return str(shown(admin_client.post(preview_url(writer), sent))["form"]["reader"].value())

    assert reads_with(reader=reader.pk, presumed=reader.pk) == str(other_reader.pk)
    assert reads_with(reader=reader.pk) == str(other_reader.pk), "it cannot read that platform"
    assert reads_with(reader=own.pk, presumed=reader.pk) == str(own.pk)


def test_a_record_is_taken_only_from_systems_that_are_read_for_this_kind(
    admin_client: Client, jobs: list[SyncJob], writer: Mapping
) -> None:
    factories.mapping(kind="stock_level", platform="rest")
    factories.mapping(platform="rest")
    idle = factories.connection(name="Warehouse that nobody reads", platform="rest")
    field = page_form(admin_client, writer).fields["connection"]
    assert {row.name for row in field.queryset} == {"Old shop", "Shop"}
    SyncJob.objects.all().delete()
    field = page_form(admin_client, writer).fields["connection"]
    assert idle in field.queryset, "before there is any job, all that can be read are offered"
