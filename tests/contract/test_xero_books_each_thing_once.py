"""Over real HTTP: what was booked before is known, money is paid and paid back once, what was paid is not voided."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from integrations.connectors.base import Answer, Connector, Token, WriteContext
from integrations.connectors.xero import Xero
from integrations.exceptions import Failure, Kind
from tests.contract.dialects.xero import CONSENT, DIALECT
from tests.contract.vendor import Vendor
from tests.contract.xero_rows import (
    API,
    CUSTOMER,
    INVOICES,
    ORDER,
    PAYMENT,
    PEOPLE,
    REFUND,
    TENANT,
    call,
    contact,
    credit_note,
    ids,
    invoice,
    made,
    name,
    of,
    order,
    payment,
    said,
    validation,
)
from tests.integrations.answering import LOOPBACK, Asked, Says

TAKEN = (
    "The contact name Test Buyer is already assigned to another contact. The contact name must be unique across all "
    "active contacts."
)
NOT_UNIQUE = "Invoice # must be unique."
OPEN = "Payment amount exceeds the amount outstanding on this document"


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


def test_an_invoice_whose_answer_was_lost_is_known_by_its_number_and_our_reference(
    vendor: Vendor, xero: Connector
) -> None:
    vendor.on(f"PUT {API}/Invoices", validation(NOT_UNIQUE))
    others = [
        invoice(1, InvoiceNumber="1042", Type="ACCPAY"),
        invoice(2, InvoiceNumber="1042", Status="DELETED"),
        invoice(3, InvoiceNumber="1042", Status="VOIDED"),
        invoice(1042),
    ]
    vendor.on(INVOICES, said("Invoices", *others))
    answer = xero.send(call(xero, "invoices", order(1042, **of("Guest"))))
    assert (answer.external_id, answer.replayed) == (name(1042), True)
    assert vendor.asked[-1].params["InvoiceNumbers"] == "1042"


def test_the_same_number_of_another_is_an_error(vendor: Vendor, xero: Connector) -> None:
    vendor.on(f"PUT {API}/Invoices", validation(NOT_UNIQUE))
    vendor.on(INVOICES, said("Invoices", invoice(1042, Reference="by hand")))
    with pytest.raises(Failure, match="another document with this number") as caught:
        xero.send(call(xero, "invoices", order(1042, **of("Guest"))))
    assert (caught.value.kind, caught.value.code) == (Kind.DATA, "number_taken")


@pytest.mark.parametrize(
    ("resource", "key", "path", "rows", "found"),
    [
        ("invoices", "1042", "Invoices", [invoice(3, InvoiceNumber="1042", Status="VOIDED")], name(3)),
        ("invoices", "1042", "Invoices", [invoice(3, InvoiceNumber="10420")], None),
        ("contacts", "C-7", "Contacts", [contact(70), contact(7)], name(7)),
        (
            "credit_notes",
            "CN-5",
            "CreditNotes",
            [credit_note(4, CreditNoteNumber="CN-5", Status="DELETED")],
            None,
        ),
        ("credit_notes", "CN-5", "CreditNotes", [credit_note(5)], name(5)),
        (
            "payments",
            "pay_1",
            "Payments",
            [payment(2, Reference="pay_1", Status="DELETED"), payment(1)],
            name(1),
        ),
    ],
)
def test_things_are_found_by_their_own_keys(
    vendor: Vendor,
    xero: Connector,
    resource: str,
    key: str,
    path: str,
    rows: list[dict[str, Any]],
    found: str | None,
) -> None:
    vendor.on(f"GET {API}/{path}", said(path, *rows))
    hit = xero.lookup(resource, key)
    assert (hit.external_id if hit else None) == found
    params = vendor.asked[0].params
    assert key in (params.get("where") or params["InvoiceNumbers"])


def test_a_contact_whose_answer_was_lost_is_known_by_its_number(vendor: Vendor, xero: Connector) -> None:
    vendor.on(f"PUT {API}/Contacts", validation(TAKEN))
    vendor.on(PEOPLE, said("Contacts", contact(7)))
    answer = xero.send(call(xero, "contacts", CUSTOMER))
    assert (answer.external_id, answer.replayed) == (name(7), True)


def by_search(number: list[dict[str, Any]], called: list[dict[str, Any]]) -> Callable[[Asked], Says]:
    return lambda asked: said("Contacts", *(number if "ContactNumber" in asked.params["where"] else called))


def test_a_contact_that_an_order_made_becomes_the_customer(vendor: Vendor, xero: Connector) -> None:
    there = contact(3, Name="Test Buyer", EmailAddress="buyer@example.com", ContactNumber="")
    vendor.on(f"PUT {API}/Contacts", validation(TAKEN))
    vendor.on(PEOPLE, by_search([], [there]))
    vendor.on(f"POST {API}/Contacts/{name(3)}", said("Contacts", contact(3)))
    answer = xero.send(call(xero, "contacts", {**CUSTOMER, "Name": "Test Buyer"}))
    assert answer.external_id == name(3)
    (sent,) = vendor.asked[-1].json["Contacts"]
    assert (sent["ContactNumber"], "LastName" in sent) == ("C-7", False)


@pytest.mark.parametrize(
    "theirs",
    [{"EmailAddress": "another@example.com", "ContactNumber": ""}, {"EmailAddress": "buyer@example.com"}],
)
def test_a_customer_of_the_same_name_is_another_contact(
    vendor: Vendor, xero: Connector, theirs: dict[str, Any]
) -> None:
    def named(asked: Asked) -> Says:
        (one,) = asked.json["Contacts"]
        return (
            validation(TAKEN)
            if one["Name"] == "Test Buyer"
            else said("Contacts", contact(7, Name=one["Name"]))
        )

    vendor.on(f"PUT {API}/Contacts", named)
    vendor.on(PEOPLE, by_search([], [contact(3, Name="Test Buyer", **theirs)]))
    answer = xero.send(call(xero, "contacts", {**CUSTOMER, "Name": "Test Buyer"}))
    assert answer.external_id == name(7)
    again = vendor.asked[-1]
    assert again.json["Contacts"][0]["Name"] == "Test Buyer (buyer@example.com)"
    assert "idempotency-key" not in again.headers


# Payments and refunds.


def test_payments_are_booked_together_and_in_the_invoices_currency(vendor: Vendor, xero: Connector) -> None:
    rows = [invoice(1042), invoice(1043, CurrencyCode="USD")]
    vendor.on(INVOICES, said("Invoices", *rows))
    vendor.on(
        f"PUT {API}/Payments",
        made("Payments", lambda one: payment(int(one["Reference"][4:]), Reference=one["Reference"])),
    )
    bodies = [
        PAYMENT,
        {**PAYMENT, "Reference": "pay_2", "Invoice": {"InvoiceID": name(1043)}},
        {**PAYMENT, "Reference": "pay_3", "Invoice": {"InvoiceID": name(1044)}},
        {**PAYMENT, "Reference": "pay_4"},
    ]
    answers = xero.send_batch([call(xero, "payments", body) for body in bodies])
    assert ids(answers) == [name(1), "other_currency", "no_invoice", name(4)]
    asked, put = vendor.asked
    assert asked.params["IDs"] == ",".join(name(number) for number in (1042, 1043, 1044))
    assert put.json["Payments"][0] == {
        "Reference": "pay_1",
        "Invoice": {"InvoiceID": name(1042)},
        "Account": {"Code": "090"},
        "Date": "2026-11-20",
        "Amount": 12.5,
    }


def test_a_payment_without_an_account_is_not_sent(vendor: Vendor, connect: Callable[..., Xero]) -> None:
    vendor.on(INVOICES, said("Invoices", invoice(1042)))
    xero = connect(tenant_id=TENANT)
    with pytest.raises(Failure) as caught:
        xero.send(call(xero, "payments", PAYMENT))
    assert (caught.value.kind, caught.value.field) == (Kind.CONFIG, "payment_account")


def test_a_payment_that_was_booked_by_hand_is_told(vendor: Vendor, xero: Connector) -> None:
    vendor.on(INVOICES, said("Invoices", invoice(1042)))
    vendor.on(f"PUT {API}/Payments", validation(OPEN))
    with pytest.raises(Failure, match="more than what is still open") as caught:
        xero.send(call(xero, "payments", PAYMENT))
    assert (caught.value.kind, caught.value.in_doubt) == (Kind.DATA, False)


def paid_back(connector: Connector) -> Answer:
    context = WriteContext("create", REFUND, name(5), ids={"steps": [name(5)]})
    return connector.send(connector.prepare("credit_notes", context, 1, "key-2"))


def test_a_refund_is_credited_to_whom_the_invoice_was_for_and_paid_back(
    vendor: Vendor, xero: Connector
) -> None:
    vendor.on(INVOICES, said("Invoices", invoice(1042)))
    vendor.on(f"PUT {API}/CreditNotes", said("CreditNotes", credit_note(5)))
    vendor.on(f"PUT {API}/Payments", said("Payments", payment(51)))
    assert xero.send(call(xero, "credit_notes", REFUND)).external_id == name(5)
    assert paid_back(xero).external_id == name(5)
    _, credited, back = vendor.asked
    (note,) = credited.json["CreditNotes"]
    assert (note["Contact"], note["Type"], note["CreditNoteNumber"]) == (
        {"ContactID": name(7)},
        "ACCRECCREDIT",
        "CN-5",
    )
    assert back.json["Payments"] == [
        {
            "CreditNote": {"CreditNoteID": name(5)},
            "Account": {"Code": "090"},
            "Date": "2026-11-21",
            "Amount": 5,
            "Reference": "CN-5",
        }
    ]
    assert back.headers["idempotency-key"] == "key-2"


def test_without_an_account_the_credit_stays_open(vendor: Vendor, connect: Callable[..., Xero]) -> None:
    assert paid_back(connect(tenant_id=TENANT)).external_id == name(5)
    assert vendor.asked == []


@pytest.mark.parametrize(("left", "is_paid"), [(0.0, True), (5.0, False)])
def test_a_refund_that_was_paid_back_before_is_not_paid_twice(
    vendor: Vendor, xero: Connector, left: float, is_paid: bool
) -> None:
    vendor.on(f"PUT {API}/Payments", validation(OPEN))
    vendor.on(f"GET {API}/CreditNotes/{name(5)}", said("CreditNotes", credit_note(5, RemainingCredit=left)))
    if is_paid:
        assert paid_back(xero).replayed
        return
    with pytest.raises(Failure, match="still open"):
        paid_back(xero)


def test_a_credit_note_whose_answer_was_lost_is_known_by_its_number(vendor: Vendor, xero: Connector) -> None:
    vendor.on(INVOICES, said("Invoices", invoice(1042)))
    vendor.on(f"PUT {API}/CreditNotes", validation("Credit Note # must be unique."))
    vendor.on(f"GET {API}/CreditNotes", said("CreditNotes", credit_note(5)))
    answer = xero.send(call(xero, "credit_notes", REFUND))
    assert (answer.external_id, answer.replayed) == (name(5), True)


# Cancelled orders.


@pytest.mark.parametrize(
    ("there", "word"),
    [
        ({"Status": "AUTHORISED"}, "VOIDED"),
        ({"Status": "DRAFT"}, "DELETED"),
        ({"Status": "SUBMITTED"}, "DELETED"),
        ({"Status": "VOIDED"}, ""),
        ({"Status": "PAID", "AmountPaid": 12.5}, ""),
        ({"Status": "AUTHORISED", "AmountPaid": 2.5}, ""),
        ({"Status": "AUTHORISED", "AmountCredited": 2.5}, ""),
    ],
)
def test_a_cancelled_order_voids_what_nobody_has_paid(
    vendor: Vendor, xero: Connector, there: dict[str, Any], word: str
) -> None:
    vendor.on(f"{INVOICES}/{name(1042)}", said("Invoices", invoice(1042, **there)))
    vendor.on(f"POST {API}/Invoices/{name(1042)}", said("Invoices", invoice(1042, Status="VOIDED")))
    answer = xero.send(call(xero, "invoices", dict(ORDER), "cancel"))
    sent = [one.json["Invoices"][0]["Status"] for one in vendor.asked if one.method == "POST"]
    assert (answer.external_id, sent) == (name(1042), [word] if word else [])


def test_a_paid_invoice_that_is_to_change_is_told_with_what_to_do(vendor: Vendor, xero: Connector) -> None:
    message = "Invoice not of valid status for modification"
    vendor.on(f"POST {API}/Invoices/{name(1042)}", validation(message))
    with pytest.raises(Failure, match="by a credit note") as caught:
        xero.send(call(xero, "invoices", dict(ORDER), "update"))
    assert caught.value.code == "settled_there"
