"""Bundles in the admin: one at a time, or pasted; what cannot be counted is refused at its line."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Q
from django.test import Client

from integrations.models import Bundle
from integrations.sync import bundle_keeping
from integrations.sync.bundles import bills_of
from tests import factories

pytestmark = pytest.mark.django_db
LIST, ADD = "/admin/integrations/bundle/", "/admin/integrations/bundle/add/"


def told(**fields: str) -> dict[str, str]:
    return {"sku": "", "name": "", "parts": "", "pasted": "", **fields}


def refused(client: Client, **fields: str) -> list[str]:
    answer = client.post(ADD, told(**fields))
    assert answer.status_code == 200
    form: Any = answer.context["adminform"].form
    return [str(reason) for reasons in form.errors.values() for reason in reasons]


def test_a_bundle_is_made_changed_and_taken_away(admin_client: Client) -> None:
    assert admin_client.post(ADD, told(sku="SET", name="Tea", parts="CUP, 2\nPOT, 1")).status_code == 302
    row = Bundle.objects.get()
    assert (row.name, bills_of(Q())) == ("Tea", {"SET": {"CUP": 2, "POT": 1}})
    assert "2 × CUP, 1 × POT" in admin_client.get(LIST).content.decode()
    page = f"{LIST}{row.pk}/change/"
    assert "CUP, 2" in admin_client.get(page).content.decode()
    assert admin_client.post(page, {"name": "Tea", "parts": "CUP; 4"}).status_code == 302
    assert bills_of(Q()) == {"SET": {"CUP": 4}}
    assert admin_client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Bundle.objects.exists()


def test_many_are_pasted_from_a_spreadsheet(admin_client: Client) -> None:
    bundle_keeping.keep({"SET": {"CUP": 9}})
    pasted = "bundle\tpart\tquantity\nSET\tCUP\t2\nSET\tPOT\t1\nCRATE\tSET\t6\n"
    assert admin_client.post(ADD, told(pasted=pasted)).status_code == 302
    assert bills_of(Q()) == {"SET": {"CUP": 2, "POT": 1}, "CRATE": {"SET": 6}}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"sku": "SET"}, "A bundle needs at least one part."),
        ({"parts": "CUP, 1"}, "Enter the bundle's SKU above"),
        ({"sku": "SET", "parts": "CUP"}, "Line 1 needs 2 cells"),
        ({"sku": "SET", "parts": "CUP, none"}, "is not a whole number"),
        ({"sku": "SET", "parts": "CUP, 1\nCUP, 2"}, "Line 2: CUP is named twice."),
        ({"sku": "SET", "parts": "SET, 1"}, "SET → SET: a bundle cannot contain itself."),
        ({"pasted": "A,B,1\nB,A,1"}, "a bundle cannot contain itself"),
        ({"sku": "SET", "pasted": "A,B,1"}, "both cannot be meant"),
    ],
)
def test_what_cannot_be_counted_is_refused_with_a_sentence(
    admin_client: Client, fields: dict[str, str], sentence: str
) -> None:
    assert any(sentence in reason for reason in refused(admin_client, **fields))
    assert not Bundle.objects.exists()


def test_who_may_not_add_bundles_is_kept_out(client: Client) -> None:
    client.force_login(factories.user("integrations.view_bundle"))
    assert client.get(LIST).status_code == 200
    assert client.post(ADD, told(sku="SET", parts="CUP, 1")).status_code == 403
