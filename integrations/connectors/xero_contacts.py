"""Whom an invoice is for: people are known by their e-mail address, and Xero wants each name once.

An invoice that bears a name alone would be given to whoever has that name. So the contacts of invoices are looked for
by their addresses, all at once, and made where there are none. Who has another's name has the address behind it there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from integrations.exceptions import Failure
from integrations.http.client import Request

PATH = "/api.xro/2.0/Contacts"
# As Xero says it: https://developer.xero.com/documentation/api/accounting/contacts
TAKEN = "already assigned to another contact"
# They would end the text that a search is written with.
UNFIT_IN_SEARCH = ('"', "\\")
NOBODY = "00000000-0000-0000-0000-000000000000"

Contact = dict[str, Any]
Ask = Callable[[Request], Any]


def completed(ask: Ask, wanted: Sequence[Contact]) -> list[Contact | Failure]:
    """For each the contact as an invoice names it: by its id, or by its name where no address is known."""
    by_address = {address: one for one in wanted if (address := address_of(one))}
    found: dict[str, Contact | Failure] = dict(_of_addresses(ask, by_address))
    missing = {address: one for address, one in by_address.items() if address not in found}
    found |= _made(ask, missing)
    return [found[address] if (address := address_of(one)) else _by_name(one) for one in wanted]


def _by_name(contact: Mapping[str, Any]) -> Contact:
    """Xero itself takes the one of this name, or makes it."""
    return {"Name": contact.get("Name") or "Guest"}


def address_of(contact: Mapping[str, Any]) -> str:
    address = str(contact.get("EmailAddress") or "").strip().lower()
    return address if "@" in address and not any(sign in address for sign in UNFIT_IN_SEARCH) else ""


def other_name(contact: Mapping[str, Any]) -> str:
    """Of somebody whose name another has."""
    return f"{contact.get('Name')} ({address_of(contact) or contact.get('ContactNumber') or 'another'})"


def of_name(ask: Ask, name: str) -> Contact | None:
    if any(sign in name for sign in UNFIT_IN_SEARCH):
        return None
    told = ask(Request("GET", PATH, [("where", f'Name=="{name}"'), ("page", "1")]))
    rows = [row for row in told.get("Contacts") or [] if _same(row.get("Name"), name)]
    return rows[0] if rows else None


def _of_addresses(ask: Ask, wanted: Mapping[str, Contact]) -> dict[str, Contact]:
    if not wanted:
        return {}
    where = " OR ".join(f'EmailAddress=="{address}"' for address in wanted)
    told = ask(Request("GET", PATH, [("where", where), ("page", "1"), ("pageSize", "1000")]))
    rows: dict[str, list[Contact]] = {}
    for row in told.get("Contacts") or []:
        rows.setdefault(address_of(row), []).append(row)
    return {address: _chosen(rows[address], one) for address, one in wanted.items() if address in rows}


def _chosen(rows: Sequence[Contact], wanted: Contact) -> Contact:
    """Of several with one address the one of that name, else always the same."""
    ordered = sorted(rows, key=lambda row: str(row["ContactID"]))
    named = [row for row in ordered if _same(row.get("Name"), wanted.get("Name"))]
    return {"ContactID": (named or ordered)[0]["ContactID"]}


def _made(ask: Ask, missing: Mapping[str, Contact]) -> dict[str, Contact | Failure]:
    results = _put(ask, missing)
    taken = {address: one for address, one in missing.items() if TAKEN in str(results[address])}
    for address, one in taken.items():
        there = of_name(ask, str(one.get("Name")))
        if there is not None and address_of(there) == address:
            # Made in the same moment, by another call.
            results[address] = {"ContactID": there["ContactID"]}
    again = {
        address: {**one, "Name": other_name(one)}
        for address, one in taken.items()
        if _failed(results[address])
    }
    return results | _put(ask, again)


def _failed(result: Contact | Failure) -> bool:
    return isinstance(result, Failure)


def _put(ask: Ask, contacts: Mapping[str, Contact]) -> dict[str, Contact | Failure]:
    if not contacts:
        return {}
    params = [("summarizeErrors", "false")]
    told = ask(Request("PUT", PATH, params, body={"Contacts": list(contacts.values())}, writes=True))
    rows = {address_of(row): row for row in told.get("Contacts") or []}
    return {address: _result(rows.get(address)) for address in contacts}


def _result(row: Contact | None) -> Contact | Failure:
    if row is not None and row.get("ContactID") not in (None, "", NOBODY) and not row.get("ValidationErrors"):
        return {"ContactID": row["ContactID"]}
    messages = [str(error.get("Message")) for error in (row or {}).get("ValidationErrors") or []]
    said = " ".join(messages) or "it does not say why"
    return Failure.data(
        "contact_refused",
        f"Xero does not take the customer as a contact: {said.rstrip('.')}. Correct it in the shop or in the mapping.",
        field="customer",
    )


def _same(one: Any, other: Any) -> bool:
    return str(one or "").strip().casefold() == str(other or "").strip().casefold()
