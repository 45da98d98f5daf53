"""From a record here to its page in HubSpot, where the number of the account is known."""

from __future__ import annotations

import pytest

from integrations.connectors.hubspot import HubSpot

ID = "434381295294"


@pytest.mark.parametrize(
    ("resource", "page"),
    [
        ("contacts", f"https://app.hubspot.com/contacts/12345678/record/0-1/{ID}"),
        ("deals", f"https://app.hubspot.com/contacts/12345678/record/0-3/{ID}"),
        ("orders", f"https://app.hubspot.com/contacts/12345678/record/0-123/{ID}"),
        ("invoices", ""),
    ],
)
def test_a_record_has_the_page_that_hubspot_itself_links_to(resource: str, page: str) -> None:
    assert HubSpot.page_for({"hub_id": "12345678"}, resource, ID) == page


def test_an_account_of_another_region_has_its_own_address() -> None:
    settings = {"hub_id": "12345678", "ui_domain": "app-eu1.hubspot.com"}
    assert HubSpot.page_for(settings, "contacts", ID).startswith(
        "https://app-eu1.hubspot.com/contacts/12345678/"
    )


def test_without_the_accounts_number_there_is_none() -> None:
    assert HubSpot.page_for({}, "contacts", ID) == ""
