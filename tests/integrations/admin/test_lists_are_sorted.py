"""By what lists are sorted: money within its currency, the most first at the first press, and on a phone too."""

from __future__ import annotations

import re
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from integrations.models import ErrorRecord, State
from monitoring.incidents.triage import triage
from monitoring.models import Incident
from tests import factories
from tests.integrations.admin.pages import list_url, listed, result_count

pytestmark = pytest.mark.django_db

LISTS = (ErrorRecord, Incident)
WORTH = (("9", "EUR"), ("100", "EUR"), ("1000", "JPY"), ("5", "EUR"), ("800", "JPY"), (None, ""))


@pytest.fixture(autouse=True)
def errors(db: None) -> list[ErrorRecord]:
    job = factories.job()
    made = [
        factories.error(
            factories.delivery(job, state=State.FAILED),
            fingerprint=f"cause {place}",
            amount=Decimal(amount) if amount else None,
            currency=currency,
        )
        for place, (amount, currency) in enumerate(WORTH)
    ]
    triage()
    return made


def causes(client: Client, model: Any, **query: str) -> list[str]:
    return [row.fingerprint.removeprefix("cause ") for row in listed(client.get(list_url(model), query))]


def column(client: Client, model: Any, name: str) -> int:
    shown = client.get(list_url(model)).context["cl"].list_display
    return list(shown).index(name)


@pytest.mark.parametrize(("model", "name"), [(ErrorRecord, "value"), (Incident, "stuck_value")])
def test_amounts_of_several_currencies_are_never_compared(
    admin_client: Client, model: Any, name: str
) -> None:
    place = column(admin_client, model, name)
    # A thousand yen are less than nine euro: the euro stand together, and the yen after them.
    assert causes(admin_client, model, o=f"-{place}") == ["1", "0", "3", "2", "4", "5"]
    assert causes(admin_client, model, o=f"{place}") == ["3", "0", "1", "4", "2", "5"]
    assert causes(admin_client, model, o=f"-{place}", currency="JPY") == ["2", "4"]


@pytest.mark.parametrize("model", LISTS)
def test_the_sum_of_each_currency_stands_above_the_list_and_leads_to_its_rows(
    admin_client: Client, model: Any
) -> None:
    page = admin_client.get(list_url(model)).content.decode()
    chosen = re.findall(
        r'<a href="([^"]*currency=[^"]*&amp;o=-[^"]*)"[^>]*>([^<]*) <span class="portal-quiet">in (\d)', page
    )
    assert [(told, number) for _, told, number in chosen] == [("€114.00", "3"), ("¥1,800", "2")]
    for address, _, number in chosen:
        rows = admin_client.get(list_url(model) + unescape(address))
        assert result_count(rows) == int(number)
        assert "All currencies" in rows.content.decode()


def test_settled_errors_are_sorted_by_money_too_and_no_sum_of_them_is_called_stuck(
    admin_client: Client,
) -> None:
    place = column(admin_client, ErrorRecord, "value")
    assert causes(admin_client, ErrorRecord, o=f"-{place}", open="all") == ["1", "0", "3", "2", "4", "5"]
    assert (
        "Value stuck, by currency"
        not in admin_client.get(f"{list_url(ErrorRecord)}?open=all").content.decode()
    )


@pytest.mark.parametrize("model", LISTS)
def test_the_first_press_on_a_columns_name_shows_the_most_first(admin_client: Client, model: Any) -> None:
    response = admin_client.get(list_url(model))
    page, shown = response.content.decode(), list(response.context["cl"].list_display)
    presses = {
        ErrorRecord: {"value": "-", "what_happened": ""},
        Incident: {"open_count": "", "stuck_value": "-", "seen": "-", "what_happens": ""},
    }[model]
    for name, sign in presses.items():
        head = re.search(rf'<th [^>]*column-{name}\b.*?<a href="\?([^"]*)"', page, re.DOTALL)
        assert head is not None
        first = unescape(head[1]).removeprefix("o=").split(".")[0]
        assert first == f"{sign}{shown.index(name)}", name


@pytest.mark.parametrize("model", LISTS)
def test_a_phone_has_the_same_columns_to_sort_by(admin_client: Client, model: Any) -> None:
    page = admin_client.get(list_url(model)).content.decode()
    above = re.search(r'<details class="portal-sort">.*?</details>', page, re.DOTALL)
    assert above is not None
    inside = set(re.findall(r'href="([^"]*)"', above[0]))
    heads = set(re.findall(r'<th [^>]*column-[^>]*>.*?<a href="([^"]*)"', page, re.DOTALL))
    assert inside == heads
    assert len(inside) > 3


def test_the_currencies_of_incidents_are_looked_up_once(admin_client: Client) -> None:
    admin_client.get(list_url(Incident))
    with CaptureQueriesContext(
        connection,
    ) as asked:
        admin_client.get(list_url(Incident))
    told = [one["sql"].partition(" FROM ")[0] for one in asked]
    about = [columns for columns in told if "stuck" in columns and "fingerprint" not in columns]
    assert len(about) == 1
