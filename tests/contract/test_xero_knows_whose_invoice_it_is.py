"""People are known by their addresses, over real HTTP, and many invoices take few calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.connectors.base import Answer, Connector
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.xero import DIALECT
from tests.contract.vendor import Vendor
from tests.contract.xero_rows import (
    API,
    NOBODY,
    ORDER,
    PEOPLE,
    booked,
    call,
    calls,
    contact,
    ids,
    invoice,
    made,
    name,
    of,
    order,
    said,
)
from tests.integrations.answering import Asked, Says

TAKEN = (
    "The contact name Test Buyer is already assigned to another contact. The contact name must be unique across all "
    "active contacts."
)


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


def test_of_several_with_one_address_the_one_of_that_name_is_meant(vendor: Vendor, xero: Connector) -> None:
    same = "buyer@example.com"
    vendor.on(
        PEOPLE,
        said(
            "Contacts",
            contact(1, EmailAddress="other@example.com"),
            contact(2, EmailAddress=same, Name="Another"),
            contact(3, EmailAddress="Buyer@Example.com", Name="test buyer"),
        ),
    )
    vendor.on(f"PUT {API}/Invoices", said("Invoices", invoice(1042)))
    xero.send(call(xero, "invoices", dict(ORDER)))
    asked, put = vendor.asked
    assert asked.params["where"] == 'EmailAddress=="buyer@example.com"'
    assert put.json["Invoices"][0]["Contact"] == {"ContactID": name(3)}
    assert (put.params["summarizeErrors"], put.params["unitdp"]) == ("true", "4")
    assert put.headers["idempotency-key"] == "key-0123456789"


def test_a_new_customer_is_made_with_what_is_known(vendor: Vendor, xero: Connector) -> None:
    vendor.on(PEOPLE, said("Contacts"))
    vendor.on(f"PUT {API}/Contacts", said("Contacts", contact(8, EmailAddress="buyer@example.com")))
    vendor.on(f"PUT {API}/Invoices", said("Invoices", invoice(1042)))
    xero.send(call(xero, "invoices", dict(ORDER)))
    _, put, booked_as = vendor.asked
    assert put.json == {"Contacts": [{"Name": "Test Buyer", "EmailAddress": "buyer@example.com"}]}
    assert booked_as.json["Invoices"][0]["Contact"] == {"ContactID": name(8)}


def refuses_taken_names(asked: Asked) -> Says:
    rows = []
    for one in asked.json["Contacts"]:
        errors = [{"Message": TAKEN}] if one["Name"] == "Test Buyer" else []
        told = contact(9, Name=one["Name"], EmailAddress=one["EmailAddress"])
        state = (
            {"StatusAttributeString": "ERROR", "ValidationErrors": errors, "ContactID": NOBODY}
            if errors
            else {}
        )
        rows.append({**told, **state})
    return said("Contacts", *rows)


def test_somebody_else_of_that_name_has_the_address_behind_it(vendor: Vendor, xero: Connector) -> None:
    theirs = contact(3, Name="Test Buyer", EmailAddress="another@example.com")
    vendor.on(
        PEOPLE, lambda asked: said("Contacts", *([theirs] if "Name==" in asked.params["where"] else []))
    )
    vendor.on(f"PUT {API}/Contacts", refuses_taken_names)
    vendor.on(f"PUT {API}/Invoices", said("Invoices", invoice(1042)))
    xero.send(call(xero, "invoices", dict(ORDER)))
    names = [
        one.json["Contacts"][0]["Name"]
        for one in vendor.asked
        if one.method == "PUT" and "Contacts" in one.path
    ]
    assert names == ["Test Buyer", "Test Buyer (buyer@example.com)"]
    assert vendor.asked[-1].json["Invoices"][0]["Contact"] == {"ContactID": name(9)}


def test_a_customer_who_was_made_in_the_same_moment_is_used(vendor: Vendor, xero: Connector) -> None:
    there = contact(3, Name="Test Buyer", EmailAddress="BUYER@example.com")
    vendor.on(PEOPLE, lambda asked: said("Contacts", *([there] if "Name==" in asked.params["where"] else [])))
    vendor.on(f"PUT {API}/Contacts", refuses_taken_names)
    vendor.on(f"PUT {API}/Invoices", said("Invoices", invoice(1042)))
    xero.send(call(xero, "invoices", dict(ORDER)))
    assert calls(vendor) == ["GET /Contacts", "PUT /Contacts", "GET /Contacts", "PUT /Invoices"]
    assert vendor.asked[-1].json["Invoices"][0]["Contact"] == {"ContactID": name(3)}


@pytest.mark.parametrize("address", ["", "no address", 'a"b@example.com'])
def test_who_has_no_address_that_can_be_looked_for_is_called_by_name(
    vendor: Vendor, xero: Connector, address: str
) -> None:
    vendor.on(f"PUT {API}/Invoices", said("Invoices", invoice(1042)))
    xero.send(call(xero, "invoices", order(1042, **of("Guest", address))))
    (put,) = vendor.asked
    assert put.json["Invoices"][0]["Contact"] == {"Name": "Guest"}


@pytest.mark.parametrize("known_as", [NOBODY, name(8)])
def test_a_customer_whom_xero_does_not_take_is_the_orders_error(
    vendor: Vendor, xero: Connector, known_as: str
) -> None:
    wrong = contact(
        8,
        EmailAddress="buyer@example.com",
        ContactID=known_as,
        ValidationErrors=[{"Message": "Email address is not valid."}],
    )
    vendor.on(PEOPLE, said("Contacts"))
    vendor.on(f"PUT {API}/Contacts", said("Contacts", wrong))
    with pytest.raises(Failure, match="Email address is not valid") as caught:
        xero.send(call(xero, "invoices", dict(ORDER)))
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "contact_refused")


# Many at once.


def test_fifty_orders_take_three_calls_and_each_has_its_own_answer(vendor: Vendor, xero: Connector) -> None:
    vendor.on(PEOPLE, said("Contacts", contact(7, EmailAddress="7@example.com")))
    vendor.on(
        f"PUT {API}/Contacts", made("Contacts", lambda one: contact(8, EmailAddress=one["EmailAddress"]))
    )
    vendor.on(f"PUT {API}/Invoices", made("Invoices", booked))
    people = ["7@example.com", *["8@example.com"] * 48, ""]
    bodies = [order(2000 + place, **of("Test Buyer", address)) for place, address in enumerate(people)]
    answers = xero.send_batch([call(xero, "invoices", body) for body in bodies])
    assert calls(vendor) == ["GET /Contacts", "PUT /Contacts", "PUT /Invoices"]
    assert vendor.asked[0].params["where"] == 'EmailAddress=="7@example.com" OR EmailAddress=="8@example.com"'
    assert len(vendor.asked[1].json["Contacts"]) == 1
    put = vendor.asked[2]
    assert put.params["summarizeErrors"] == "false"
    assert [one["Contact"] for one in put.json["Invoices"]] == [
        {"ContactID": name(7)},
        *[{"ContactID": name(8)}] * 48,
        {"Name": "Test Buyer"},
    ]
    assert ids(answers) == [name(2000 + place) for place in range(50)]


@pytest.mark.parametrize("said_of_it", ["Account code '999' is not valid.", ""])
def test_one_that_is_refused_harms_no_other(vendor: Vendor, xero: Connector, said_of_it: str) -> None:
    def judged(one: dict[str, Any]) -> dict[str, Any]:
        wrong = {"HasErrors": True, "StatusAttributeString": "ERROR", "InvoiceID": NOBODY}
        message = [{"Message": said_of_it}] if said_of_it else []
        return booked(one) | ({**wrong, "ValidationErrors": message} if one["InvoiceNumber"] == "2" else {})

    vendor.on(f"PUT {API}/Invoices", made("Invoices", judged))
    bodies = [order(number, **of("Guest")) for number in (1, 2, 3)]
    first, refused, last = xero.send_batch([call(xero, "invoices", body) for body in bodies])
    assert ids([first, last]) == [name(1), name(3)]
    assert isinstance(refused, Failure)
    assert (refused.kind, refused.code, refused.in_doubt) == (Kind.DATA, "refused", False)
    assert said_of_it.rstrip(".") in refused.sentence


def test_several_that_are_refused_whole_go_one_by_one(vendor: Vendor, xero: Connector) -> None:
    def judged(asked: Asked) -> Says:
        wanted = asked.json["Invoices"]
        if any(one["InvoiceNumber"] == "2" for one in wanted):
            told = {"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": "Wrong words."}
            return Says(told, 400)
        return said("Invoices", *[booked(one) for one in wanted])

    vendor.on(f"PUT {API}/Invoices", judged)
    bodies = [order(number, **of("Guest")) for number in (1, 2, 3)]
    answers = xero.send_batch([call(xero, "invoices", body) for body in bodies])
    assert ids(answers) == [name(1), "refused", name(3)]


def test_what_the_answer_does_not_tell_of_is_in_doubt(vendor: Vendor, xero: Connector) -> None:
    vendor.on(f"PUT {API}/Invoices", said("Invoices", invoice(1)))
    bodies = [order(number, **of("Guest")) for number in (1, 2)]
    known, lost = xero.send_batch([call(xero, "invoices", body) for body in bodies])
    assert isinstance(known, Answer)
    assert isinstance(lost, Failure)
    assert (lost.code, lost.in_doubt) == ("lost_answer", True)
