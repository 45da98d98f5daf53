"""Which organisation is meant, what is read of it, and what its webhooks tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from integrations.connectors.base import Connector, Token
from integrations.connectors.oauth import new_question
from integrations.connectors.xero import Xero
from integrations.exceptions import DeclarationError, Failure, Kind
from tests.contract.dialects.xero import CONSENT, DIALECT, HOOKED
from tests.contract.vendor import Vendor
from tests.contract.xero_rows import (
    API,
    INVOICES,
    OTHER_TENANT,
    PEOPLE,
    SECRET,
    TENANT,
    contact,
    credit_note,
    event,
    hooked,
    invoice,
    item,
    name,
    payment,
    said,
    signed,
)
from tests.integrations.answering import LOOPBACK, Asked, Says


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    made = DIALECT.vendor()
    yield made
    made.close()
    assert made.problems == []


@pytest.fixture
def xero(vendor: Vendor) -> Iterator[Connector]:
    made = DIALECT.connector(vendor)
    yield made
    made.close()


@pytest.fixture
def connect(vendor: Vendor) -> Iterator[Callable[..., Xero]]:
    built: list[Xero] = []

    def made(**settings: Any) -> Xero:
        told = {"base_url": vendor.base, **settings}
        built.append(Xero(told, DIALECT.secrets, token=Token(CONSENT), guard=LOOPBACK))
        return built[-1]

    yield made
    for connector in built:
        connector.close()


def connections(*rows: tuple[str, str, str]) -> Says:
    told = [
        {"id": name(1), "tenantId": one, "tenantType": kind, "tenantName": title} for one, kind, title in rows
    ]
    return Says(told)


ONE = (TENANT, "ORGANISATION", "Example Ltd")
OTHER = (OTHER_TENANT, "ORGANISATION", "Example GmbH")
PRACTICE = (name(99), "PRACTICE", "Advisers")


def test_the_only_organisation_is_meant_and_asked_for_once(
    vendor: Vendor, connect: Callable[..., Xero]
) -> None:
    vendor.on("/connections", connections(ONE, PRACTICE))
    vendor.on(f"GET {API}/Contacts/{name(7)}", said("Contacts", contact(7)))
    xero = connect()
    for _ in range(2):
        assert xero.fetch("contacts", name(7)) is not None
    assert [one.path for one in vendor.asked].count("/connections") == 1
    assert vendor.asked[-1].headers["xero-tenant-id"] == TENANT


@pytest.mark.parametrize(
    ("rows", "says"), [((ONE, OTHER), "It is not guessed"), ((PRACTICE,), "to no organisation")]
)
def test_which_of_several_organisations_is_not_guessed(
    vendor: Vendor, connect: Callable[..., Xero], rows: Any, says: str
) -> None:
    vendor.on("/connections", connections(*rows))
    with pytest.raises(Failure, match=says) as caught:
        connect().fetch("contacts", name(7))
    assert (caught.value.kind, caught.value.connection_wide) == (Kind.CONFIG, True)


@pytest.mark.parametrize(
    ("tenant", "rows", "says"),
    [
        ("", (ONE,), "Bookings go to Example Ltd."),
        (OTHER_TENANT, (ONE, OTHER), "Bookings go to Example GmbH."),
        ("", (ONE, OTHER), f"Access was given to: {TENANT} (Example Ltd), {OTHER_TENANT} (Example GmbH)."),
        (OTHER_TENANT, (ONE,), "Enter the id of the organisation."),
    ],
)
def test_the_test_names_the_organisation(
    vendor: Vendor, connect: Callable[..., Xero], tenant: str, rows: Any, says: str
) -> None:
    vendor.on("/connections", connections(*rows))
    vendor.on(f"GET {API}/Organisation", Says({"Organisations": [{"Name": "Example Ltd"}]}))
    report = connect(tenant_id=tenant).test()
    assert report.ok == says.startswith("Bookings")
    assert any(says in step.sentence for step in report.steps)
    assert [one.path for one in vendor.asked][-1] == (f"{API}/Organisation" if report.ok else "/connections")


def test_an_organisation_that_was_taken_back_stops_the_connection(vendor: Vendor, xero: Connector) -> None:
    told = {"Type": None, "Title": "Forbidden", "Status": 403, "Detail": "AuthenticationUnsuccessful"}
    vendor.on(f"GET {API}/Contacts/{name(7)}", Says(told, 403))
    with pytest.raises(Failure, match="AuthenticationUnsuccessful") as caught:
        xero.fetch("contacts", name(7))
    assert caught.value.connection_wide


def test_the_page_asks_for_no_more_than_is_needed(connect: Callable[..., Xero]) -> None:
    xero = connect(scope="")
    assert xero.consent is not None
    page = xero.consent.page(new_question("https://portal.example.com/back"))
    assert page.startswith(
        "https://login.xero.com/identity/connect/authorize?response_type=code&client_id=client-"
    )
    scopes = (
        "offline_access+accounting.invoices+accounting.payments+accounting.contacts+accounting.settings.read"
    )
    assert f"&scope={scopes}&" in page


def test_without_an_app_there_is_no_way_in() -> None:
    with pytest.raises(DeclarationError, match="Client id"):
        Xero({"tenant_id": TENANT}, {"client_id": "client-0123456789"}, guard=LOOPBACK)


# Reading.


@pytest.mark.parametrize(
    ("resource", "path", "row"),
    [
        ("invoices", "Invoices", invoice(7, Type="ACCPAY")),
        ("credit_notes", "CreditNotes", credit_note(7, Type="ACCPAYCREDIT")),
        ("payments", "Payments", payment(7, PaymentType="ACCPAYPAYMENT")),
    ],
)
def test_what_is_of_a_supplier_is_not_there(
    vendor: Vendor, xero: Connector, resource: str, path: str, row: dict[str, Any]
) -> None:
    vendor.on(f"GET {API}/{path}/{name(7)}", said(path, row))
    assert xero.fetch(resource, name(7)) is None


def test_items_come_at_once_and_only_what_changed_when_asked_so(vendor: Vendor, xero: Connector) -> None:
    vendor.on(f"GET {API}/Items", [said("Items", item(1), item(2)), said("Items")])
    whole = xero.read("items", since=None, position=None)
    assert ([one.external_id for one in whole.items], whole.complete) == ([name(1), name(2)], True)
    nothing = xero.read("items", since=datetime.fromisoformat("2026-11-20T10:05:30.500Z"), position=None)
    assert (nothing.items, nothing.next_position) == ((), None)
    assert "if-modified-since" not in vendor.asked[0].headers
    # A minute is read again, and one second more: Xero may mean “later than”.
    assert vendor.asked[1].headers["if-modified-since"] == "2026-11-20T10:04:29Z"


def test_what_was_deleted_is_gone_and_what_was_voided_is_not(vendor: Vendor, xero: Connector) -> None:
    rows = [invoice(1, Status="DELETED"), invoice(2, Status="VOIDED")]
    vendor.on(INVOICES, said("Invoices", *rows))
    page = xero.read("invoices", since=None, position=None)
    assert [one.deleted for one in page.items] == [True, False]
    assert page.items[0].version == "2026-11-20T10:01:00.000000Z"


def test_many_that_changed_in_one_moment_are_all_read(vendor: Vendor, xero: Connector) -> None:
    """A batch of ours gives them all one time: then the next page is the next number."""

    def page(asked: Asked) -> Says:
        number = int(asked.params["page"])
        return said("Contacts", contact(number, UpdatedDateUTC=dotnet_of_all), pages=3, page=number)

    dotnet_of_all = contact(5)["UpdatedDateUTC"]
    vendor.on(PEOPLE, page)
    told, position = [], None
    for _ in range(6):
        read = xero.read("contacts", since=datetime.fromisoformat("2026-11-20T10:06:00Z"), position=position)
        told += [one.external_id for one in read.items]
        position = read.next_position
        if position is None:
            break
    assert told == [name(1), name(2), name(3)]


def test_what_is_left_of_a_minute_is_heard(vendor: Vendor, xero: Connector) -> None:
    told = said("Contacts", contact(7))
    told.headers = {
        "X-MinLimit-Remaining": "3",
        "X-DayLimit-Remaining": "4321",
        "X-AppMinLimit-Remaining": "9999",
    }
    vendor.on(f"GET {API}/Contacts/{name(7)}", told)
    xero.fetch("contacts", name(7))
    heard = xero.told()
    assert heard is not None
    assert heard.remaining == 3


# Webhooks.


def test_what_is_told_of_other_organisations_is_left_out(connect: Callable[..., Xero]) -> None:
    raw = hooked(*HOOKED)
    ours = connect(tenant_id=OTHER_TENANT).verify_webhook(signed(raw), raw)
    assert [one.external_id for one in ours] == [name(5)]
    # Where one organisation alone is let in, no id need be entered.
    assert len(connect().verify_webhook(signed(raw), raw)) == 4


def test_an_event_that_comes_again_is_the_same_and_a_later_one_is_not(xero: Connector) -> None:
    later = event("INVOICE", 1, eventDateUtc="2026-11-20T10:00:01.000")
    told = []
    for raw in (hooked(event("INVOICE", 1)), hooked(event("INVOICE", 1), first=2), hooked(later)):
        told += [one.delivery_id for one in xero.verify_webhook(signed(raw, SECRET), raw)]
    assert told[0] == told[1] == f"INVOICE-{name(1)}-UPDATE-2026-11-20T10:00:00.123"
    assert told[2] != told[0]
