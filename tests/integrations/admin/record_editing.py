"""A record that its destination refused, and the pages on which a person edits it."""

from __future__ import annotations

import json
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from integrations.models import Batch, ErrorRecord, State, SyncJob
from mappings.models import Mapping
from tests import factories
from tests.integrations.admin.filled_forms import form_of
from tests.integrations.mapping_rows import rule

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
PAYLOAD: dict[str, Any] = {
    "id": "A-1",
    "name": "#1042",
    "zip": None,
    "phone": "0049301234",
    "total": 12.5,
    "units": 3,
    "paid": True,
    "note": "first line\nsecond line",
    "remark": "written\r\nelsewhere",
    "access_token": "s3cr3t-value",
    "customer": {"name": "Zoë 🎈", "tags": []},
    "lines": [{"sku": "MUG", "qty": 1}, {"sku": "CUP", "qty": 2}],
}


@pytest.fixture
def job(db: None, writer: Mapping) -> SyncJob:
    reader = factories.mapping(name="Shop order")
    rule(reader, "id", "id")
    rule(reader, "number", "name")
    rule(reader, "shipping_address.postal_code", "zip")
    rule(reader, "lines[]", "lines")
    rule(reader, "lines[].sku", "sku")
    warehouse = factories.connection(
        name="The warehouse", platform="rest", settings={"declaration": DEMANDING}
    )
    shop = factories.connection(name="The shop")
    return factories.job(source=shop, destination=warehouse, read_mapping=reader, write_mapping=writer)


@pytest.fixture
def failed(job: SyncJob) -> ErrorRecord:
    return failing(job, PAYLOAD)


def failing(job: SyncJob, payload: dict[str, Any], **values: Any) -> ErrorRecord:
    record = factories.delivery(job, str(payload.get("id", "A-1")), state=State.FAILED, subject="Order #1042")
    values = {"field": "shipping_address.postal_code", "version": "7", **values}
    return factories.error(record, payload=payload, **values)


def edit_url(error: ErrorRecord) -> str:
    return reverse("admin:integrations_errorrecord_edit", args=[error.pk])


def place(*path: str | int) -> str:
    return json.dumps(list(path), ensure_ascii=False, separators=(",", ":"))


def value(*path: str | int) -> str:
    return f"value:{place(*path)}"


def kind(*path: str | int) -> str:
    return f"kind:{place(*path)}"


def text_of(response: Any) -> str:
    return " ".join(unescape(response.content.decode()).split())


def post(client: Client, error: ErrorRecord, filled: dict[str, str], do: str = "check") -> Any:
    return client.post(edit_url(error), {**filled, "do": do})


def sent_on(client: Client, error: ErrorRecord, checked: Any) -> Any:
    """Presses “Send it” on the page that shows what changes."""
    carried = controls_in(checked)
    return client.post(edit_url(error), {**carried, "do": "send"})


def controls_in(checked: Any) -> dict[str, str]:
    names = ("edits", "seen", "found", "find")
    return {
        name: checked.context[key]
        for name, key in zip(names, ("carried", "seen", "words", "words"), strict=True)
    }


def queued() -> list[Any]:
    return [
        parcel["payload"] if isinstance(parcel, dict) else parcel
        for batch in Batch.objects.all()
        for parcel in batch.payloads
    ]


def save(client: Client, error: ErrorRecord, **filled: str) -> Any:
    begun = form_of(client.get(edit_url(error)))
    return post(client, error, begun | filled)
