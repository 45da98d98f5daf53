"""Xero's accounting: https://developer.xero.com/documentation/api/accounting/overview

- A person lets us into one or several organisations. Which one is meant goes with each call
  (https://developer.xero.com/documentation/guides/oauth2/auth-flow).
- Numbers of sales invoices and credit notes are unique, and what is made by PUT never writes over another. So a write
  whose answer was lost is found by its number, and one that is sent twice is refused.
- Several are made in one call, and whose invoice it is, is looked for all at once: calls are dear, 60 in a minute.
- An order becomes an invoice and is not changed by refunds: each of these is a credit note of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import orjson

from integrations.connectors import xero_books as books
from integrations.connectors import xero_contacts as contacts
from integrations.connectors.base import Answer, Call, Item, TestReport, Token, WebhookEvent, WriteContext
from integrations.connectors.consent import Consent
from integrations.connectors.http import DeclaredConnector
from integrations.connectors.xero_declaration import API, DECLARATION
from integrations.connectors.xero_facts import FACTS, SETTINGS
from integrations.exceptions import DeclarationError, Failure, Kind
from integrations.http.auth import Session
from integrations.http.client import Request
from integrations.http.guard import Guard

Result = TypeVar("Result")
# What Xero calls them in its messages.
KINDS = {
    "contacts": "Contacts",
    "invoices": "Invoices",
    "credit_notes": "CreditNotes",
    "payments": "Payments",
}
BOOKED: dict[str, Callable[[WriteContext, Mapping[str, Any]], dict[str, Any]]] = {
    "contacts": books.contact,
    "invoices": books.invoice,
    "credit_notes": books.credit_note,
    "payments": books.payment,
}
# What of a supplier comes by the same calls as what is of a customer.
OURS = {
    "invoices": ("Type", "ACCREC"),
    "credit_notes": ("Type", "ACCRECCREDIT"),
    "payments": ("PaymentType", "ACCRECPAYMENT"),
}
# A write and what is asked before it, in seconds; nothing more is begun after the second of them.
LONGEST_WRITE, LONGEST_BEFORE = 29.0, 15.0


class OfOrganisation(Session):
    """A session in one of the organisations that it opens. "" until it is known in which."""

    tenant = ""

    def apply(self, headers: dict[str, str], params: list[tuple[str, str]]) -> None:
        super().apply(headers, params)
        if self.tenant:
            headers["xero-tenant-id"] = self.tenant


class Xero(DeclaredConnector):
    platform = "xero"
    label = "Xero"
    settings_fields = SETTINGS
    facts = FACTS
    declaration = DECLARATION

    def __init__(
        self,
        settings: Mapping[str, Any],
        secrets: Mapping[str, Any],
        environment: str = "",
        token: Token | None = None,
        guard: Guard | None = None,
    ) -> None:
        self._choosing = threading.Lock()
        super().__init__(settings, secrets, environment, token, guard)
        self.timeout_seconds = LONGEST_WRITE

    def _identity(self) -> tuple[OfOrganisation, Consent]:
        _, consent = super()._identity()
        if consent is None:
            raise DeclarationError(
                "client_id",
                "Client id and client secret of the app are not entered. Xero knows no other way in.",
            )
        secrets = tuple(str(value) for value in self.secrets.values() if value)
        self.session = OfOrganisation("Authorization", "Bearer ", "", secrets)
        self.session.tenant = str(self.settings.get("tenant_id") or "").strip()
        return self.session, consent

    # Which organisation.

    def _in_session(self, what: tuple[str, str], call: Callable[[], Result]) -> Result:
        return super()._in_session(what, lambda: self._in_organisation(call))

    def _in_organisation(self, call: Callable[[], Result]) -> Result:
        if not self.session.tenant:
            self._choose_organisation()
        return call()

    def _choose_organisation(self) -> None:
        """Once, however many calls begin at the same time."""
        with self._choosing:
            if not self.session.tenant:
                self.session.tenant = self._only_organisation()

    def _organisations(self) -> dict[str, str]:
        """Names by id. https://developer.xero.com/documentation/guides/oauth2/tenants"""
        told = self.ask(Request("GET", "/connections"))
        return {
            str(row["tenantId"]): str(row.get("tenantName") or "")
            for row in told
            if row.get("tenantType") == "ORGANISATION"
        }

    def _only_organisation(self) -> str:
        known = self._organisations()
        if len(known) == 1:
            return next(iter(known))
        raise Failure.config(
            "no_organisation",
            f"{_choose(known)} It is not guessed which one is meant." if known else _choose(known),
            field="tenant_id",
            connection_wide=True,
        )

    def _try_call(self, report: TestReport) -> None:
        """A wrong organisation would only be seen in its books."""
        self._turn()
        known = self._organisations()
        wanted = self.session.tenant or (next(iter(known)) if len(known) == 1 else "")
        if wanted not in known:
            report.add("Organisation", False, _choose(known))
            return
        self.session.tenant = wanted
        report.add("Organisation", True, f"Bookings go to {known[wanted] or wanted}.")
        super()._try_call(report)

    # Reading.

    def fetch(self, resource: str, external_id: str) -> Item | None:
        """A webhook tells of suppliers' bills too, which are not a shop's."""
        item = super().fetch(resource, external_id)
        if item is None or resource not in OURS:
            return item
        where, ours = OURS[resource]
        return item if item.payload.get(where) == ours else None

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        """An app has one address for all organisations that it was let into; what is of the others is left out."""
        events = super().verify_webhook(headers, raw, url)
        if not self.session.tenant or not any(event.external_id for event in events):
            return events
        told = orjson.loads(raw)["events"]
        others = {one.get("resourceId") for one in told if one.get("tenantId") != self.session.tenant}
        return [event for event in events if event.external_id not in others]

    # Writing.

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        book = BOOKED.get(resource)
        if book is not None and step == 0 and context.operation in ("create", "update"):
            context = replace(context, body=book(context, self.settings))
        return super().prepare(resource, context, step, key)

    def send(self, call: Call) -> Answer:
        if call.operation == "cancel":
            return self._cancelled(call)
        if call.step:
            return self._paid_back(call)
        ends = time.monotonic() + LONGEST_BEFORE
        (ready,) = self._in_session(("complete", call.resource), lambda: self._completed([call]))
        if isinstance(ready, Failure):
            raise ready
        _in_time(ends)
        try:
            return super().send(ready)
        except Failure as failure:
            return self._settled(ready, failure, ends)

    def send_batch(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        ends = time.monotonic() + LONGEST_BEFORE
        ready = self._in_session(("complete", calls[0].resource), lambda: self._completed(calls))
        going = [call for call in ready if isinstance(call, Call)]
        _in_time(ends)
        answers = iter(self._together(going, ends))
        return [next(answers) if isinstance(call, Call) else call for call in ready]

    def _together(self, calls: Sequence[Call], ends: float) -> list[Answer | Failure]:
        if not calls:
            return []
        try:
            results = super().send_batch(calls)
        except Failure as refused:
            if refused.kind != Kind.DATA or refused.in_doubt or len(calls) == 1:
                raise
            # Refused whole for one of them: each goes by itself, as far as time goes.
            return [_tried(partial(self._alone, call, ends)) for call in calls]
        return [
            _tried(partial(self._settled, call, result, ends)) if isinstance(result, Failure) else result
            for call, result in zip(calls, results, strict=True)
        ]

    def _alone(self, call: Call, ends: float) -> Answer:
        _in_time(ends)
        return super().send(call)

    def _completed(self, calls: Sequence[Call]) -> list[Call | Failure]:
        """With what only Xero knows: its contact for an invoice, and the invoice that is paid or credited."""
        first = calls[0]
        if first.operation != "create":
            return list(calls)
        if first.resource == "invoices":
            found = contacts.completed(self.ask, [_sent(call).get("Contact") or {} for call in calls])
            return [
                one if isinstance(one, Failure) else _with(call, Contact=one)
                for call, one in zip(calls, found, strict=True)
            ]
        if first.resource in ("credit_notes", "payments"):
            ids = sorted({_invoice_id(call) for call in calls})
            asked = [("IDs", ",".join(ids)), ("page", "1")]
            told = self.ask(Request("GET", f"{API}/Invoices", asked))
            known = {str(row["InvoiceID"]): row for row in told.get("Invoices") or []}
            return [_of_invoice(call, known.get(_invoice_id(call))) for call in calls]
        return list(calls)

    def _settled(self, call: Call, failure: Failure, ends: float) -> Answer:
        """What is refused because it is there already may be the very same, whose answer was lost."""
        if call.operation != "create" or failure.code not in ("number_taken", "name_taken"):
            raise failure
        _in_time(ends)
        there = self.lookup(call.resource, call.natural_key)
        if there is not None and _is_same(there.payload, _sent(call)):
            return Answer(there.external_id, body=there.payload, version=there.version, replayed=True)
        if failure.code == "name_taken":
            return self._in_session(("name", "contacts"), lambda: self._with_a_name_of_another(call))
        raise failure

    def _with_a_name_of_another(self, call: Call) -> Answer:
        """Who came by an order first is the same person; somebody else of that name has the address behind it."""
        wanted = _sent(call)
        there = contacts.of_name(self.ask, str(wanted.get("Name")))
        address = contacts.address_of(wanted)
        if there and address and address == contacts.address_of(there) and not there.get("ContactNumber"):
            request = Request("POST", f"{API}/Contacts/{there['ContactID']}", body=call.body, writes=True)
            item = self.plan.resources["contacts"].record.item(self.ask(request)["Contacts"][0])
            return Answer(item.external_id, body=item.payload, version=item.version)
        # Another body must not bear the same key.
        renamed = _with(call, Name=contacts.other_name(wanted))
        return super().send(replace(renamed, key="", headers={}))

    def _cancelled(self, call: Call) -> Answer:
        """A draft is deleted and a booked invoice voided. One that was paid or credited stays: money has come in, and
        what goes back is a credit note."""
        invoice = self.fetch("invoices", call.external_id)
        if invoice is None:
            raise Failure.data(
                "not_found",
                f"{self.client.name} does not have the invoice of this order any more, so nothing is to be voided. "
                "Ignore this.",
            )
        status = invoice.payload.get("Status")
        is_settled = any(
            Decimal(str(invoice.payload.get(name) or 0)) for name in ("AmountPaid", "AmountCredited")
        )
        if status in ("VOIDED", "DELETED", "PAID") or is_settled:
            return Answer(call.external_id, body=invoice.payload, version=invoice.version, replayed=True)
        return super().send(_with(call, Status="VOIDED" if status == "AUTHORISED" else "DELETED"))

    def _paid_back(self, call: Call) -> Answer:
        """The payment of a credit note. Without an account for it the credit stays open for whoever keeps the books."""
        if not (_sent(call).get("Account") or {}).get("Code"):
            return Answer(external_id=call.external_id)
        try:
            answer = super().send(call)
        except Failure as failure:
            note = (
                self.fetch("credit_notes", call.external_id)
                if failure.code == "exceeds_what_is_open"
                else None
            )
            if note is None or Decimal(str(note.payload.get("RemainingCredit") or 0)):
                raise
            return Answer(external_id=call.external_id, replayed=True)
        return replace(answer, external_id=call.external_id)


def _tried(do: Callable[[], Answer]) -> Answer | Failure:
    try:
        return do()
    except Failure as failure:
        return failure


def _choose(known: Mapping[str, str]) -> str:
    if not known:
        return "Access was given to no organisation. Press Reconnect and choose one on Xero's page."
    names = ", ".join(f"{tenant} ({name})" for tenant, name in known.items())
    return f"Enter the id of the organisation. Access was given to: {names}."


def _sent(call: Call) -> dict[str, Any]:
    """What is made by this call."""
    found: dict[str, Any] = call.body[KINDS["payments" if call.step else call.resource]][0]
    return found


def _with(call: Call, **parts: Any) -> Call:
    return replace(call, body={KINDS[call.resource]: [{**_sent(call), **parts}]})


def _invoice_id(call: Call) -> str:
    sent = _sent(call)
    return str(sent.get(books.ORDER_INVOICE) or (sent.get("Invoice") or {}).get("InvoiceID") or "")


def _of_invoice(call: Call, invoice: Mapping[str, Any] | None) -> Call | Failure:
    sent = dict(_sent(call))
    if invoice is None:
        return Failure.data(
            "no_invoice",
            "The invoice of this order is not in Xero any more. Look there whether it was deleted, then ignore this.",
            field="order_id",
        )
    currency = sent.pop(books.CURRENCY, None) or sent.get("CurrencyCode")
    if currency != invoice.get("CurrencyCode"):
        return Failure.data(
            "other_currency",
            f"The invoice of this order is in {invoice.get('CurrencyCode')} and this is in {currency}. Let the mapping "
            "take the amount in the order's currency.",
            field="currency",
        )
    if call.resource == "payments":
        if not sent.get("Account"):
            return Failure.config(
                "no_account",
                "It is not said which account payments are booked to. Enter its code at the connection.",
                field="payment_account",
            )
        return replace(call, body={"Payments": [sent]})
    sent.pop(books.ORDER_INVOICE, None)
    sent.pop(books.REFUNDED, None)
    sent["Contact"] = {"ContactID": (invoice.get("Contact") or {}).get("ContactID")}
    return replace(call, body={"CreditNotes": [sent]})


def _is_same(there: Mapping[str, Any], sent: Mapping[str, Any]) -> bool:
    """A number may be another's by chance; what we made bears our reference, and a contact our number for it."""
    name = "ContactNumber" if "ContactNumber" in sent else "Reference"
    return bool(sent.get(name)) and there.get(name) == sent.get(name)


def _in_time(ends: float) -> None:
    if time.monotonic() > ends:
        raise Failure.transient(
            "not_sent", "Xero was slow with what had to be asked before, so this goes by itself in a moment."
        )
