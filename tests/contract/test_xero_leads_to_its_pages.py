"""From a record here to its page in Xero, where the organisation's short code is known."""

from __future__ import annotations

import pytest

from integrations.connectors.xero import Xero

ID = "220ddca8-3144-4085-9a88-2d72c5133734"


@pytest.mark.parametrize(
    ("resource", "page"),
    [
        ("invoices", f"https://go.xero.com/app/%2123vYd/invoicing/view/{ID}"),
        ("contacts", f"https://go.xero.com/app/%2123vYd/contacts/contact/{ID}"),
        ("payments", ""),
    ],
)
def test_a_record_has_the_page_that_xero_itself_links_to(resource: str, page: str) -> None:
    assert Xero.page_for({"short_code": "!23vYd"}, resource, ID) == page


def test_without_the_short_code_there_is_none() -> None:
    assert Xero.page_for({}, "invoices", ID) == ""
