"""Xero's accounting API 2.0 in words: https://developer.xero.com/documentation/api/accounting/overview"""

from __future__ import annotations

from typing import Any

ADDRESS = "https://api.xero.com"
API = "/api.xro/2.0"
# https://developer.xero.com/documentation/guides/oauth2/scopes: apps that were made before March 2026 may still use the
# wider accounting.transactions in place of accounting.invoices and accounting.payments.
SCOPE = "offline_access accounting.invoices accounting.payments accounting.contacts accounting.settings.read"
# https://developer.xero.com/documentation/guides/how-to-guides/integration-best-practices: 50 in one call are advised.
BATCH = 50
# For how long Xero remembers a key is not to be found, so it is trusted for a few minutes. After that a number that
# must be unique says the same.
KEY = {"header": "Idempotency-Key", "lifetime": 300}
# What Xero says against a whole call, and against one of several.
MESSAGES = "join(' ', Elements[0].ValidationErrors[*].Message || ValidationErrors[*].Message || `[]`)"


def _says(text: str) -> str:
    return f"contains({MESSAGES}, '{text}')"


ERRORS: list[dict[str, Any]] = [
    {"status": 401, "kind": "expired"},
    {
        "status": 403,
        "kind": "config",
        "code": "forbidden",
        "connection_wide": True,
        "said": "Detail",
        "sentence": "=join('', ['Xero does not let us into this organisation (', Detail || Title || 'no reason', "
        "'). Test the connection: it names the organisations that access was given to. Else press Reconnect.'])",
    },
    {
        "when": _says("already assigned to another contact"),
        "kind": "data",
        "code": "name_taken",
        "said": MESSAGES,
    },
    {
        "when": _says("must be unique"),
        "kind": "data",
        "code": "number_taken",
        "sentence": "Xero has another document with this number. Give it another number there, or let the mapping put "
        "letters of the shop's own before the number.",
    },
    {
        "when": _says("exceeds the amount outstanding"),
        "kind": "data",
        "code": "exceeds_what_is_open",
        "sentence": "It is more than what is still open in Xero. Look whether it was booked there by hand or by the "
        "bank feed, then ignore this.",
    },
    {
        "when": _says("not of valid status for modification"),
        "kind": "data",
        "code": "settled_there",
        "sentence": "Xero does not let it be changed any more, since it was paid, credited or voided there. Book the "
        "difference by a credit note, then ignore this.",
    },
    {"when": MESSAGES, "kind": "data", "code": "refused", "said": MESSAGES},
    {"status": 400, "kind": "data", "code": "refused", "said": "Message || Detail"},
]


def _list(kind: str, **params: Any) -> dict[str, Any]:
    """Sorted by the time of change, so that what changes meanwhile slips past no page."""
    return {
        "path": f"{API}/{kind}",
        "params": {"order": "UpdatedDateUTC ASC", **params},
        "headers": {"If-Modified-Since": "{since}"},
        "records": kind,
        "paging": {
            "style": "page",
            "param": "page",
            "size": 100,
            "size_param": "pageSize",
            "pages": "pagination.pageCount",
            "order": "oldest_first",
        },
        "since": {"granularity": 1, "overlap": 60, "strict": True},
    }


def _fetch(kind: str, **params: Any) -> dict[str, Any]:
    return {"path": f"{API}/{kind}/{{external_id}}", "params": params, "record": f"{kind}[0]"}


def _create(kind: str, **params: Any) -> dict[str, Any]:
    """PUT makes anew; POST would write over what has the same number by chance."""
    return {
        "method": "PUT",
        "path": f"{API}/{kind}",
        "params": {"summarizeErrors": "true", **params},
        "body": {kind: ["{body}"]},
        "answer": f"{kind}[0]",
    }


def _update(kind: str, **params: Any) -> dict[str, Any]:
    return {
        "method": "POST",
        "path": f"{API}/{kind}/{{external_id}}",
        "params": params,
        "body": {kind: ["{body}"]},
        "answer": f"{kind}[0]",
        "repeatable": True,
    }


def _batch(kind: str, match: str, **params: Any) -> dict[str, Any]:
    return {
        "operation": "create",
        "size": BATCH,
        "method": "PUT",
        "path": f"{API}/{kind}",
        "params": {"summarizeErrors": "false", **params},
        "body": {kind: f"=items[].{kind}[]"},
        "results": kind,
        "match": match,
        "match_sent": f"{kind}[0].{match}",
        "failed": "StatusAttributeString == 'ERROR' || ValidationErrors",
        "answer": f"{{{kind}: [@]}}",
    }


def _search(kind: str, match: str, where: str, records: str = "@") -> dict[str, Any]:
    return {
        "path": f"{API}/{kind}",
        "params": {"where": where, "page": 1},
        "record": f"{kind}[] | {records}",
        "match": match,
    }


CHANGED = {"at": "UpdatedDateUTC", "format": "dotnet"}
# Where a person sees them, as Xero's own server of tools links to them:
# https://github.com/XeroAPI/xero-mcp-server/blob/main/src/consts/deeplinks.ts
PAGES = "https://go.xero.com/app/{short_code}"
# Unit prices with four decimal places.
UNITS = {"unitdp": 4}

RESOURCES: dict[str, dict[str, Any]] = {
    "contacts": {
        "id": "ContactID",
        "page": f"{PAGES}/contacts/contact/{{external_id}}",
        "updated_at": CHANGED,
        "natural_key": "ContactNumber",
        "required": ["ContactNumber", "Name"],
        "list": _list("Contacts", includeArchived="true"),
        "fetch": _fetch("Contacts"),
        "lookup": _search("Contacts", "ContactNumber", 'ContactNumber=="{natural_key}"'),
        "create": {**_create("Contacts"), "key": KEY},
        "update": _update("Contacts"),
        "batch": _batch("Contacts", "ContactNumber"),
    },
    "invoices": {
        "id": "InvoiceID",
        "page": f"{PAGES}/invoicing/view/{{external_id}}",
        "updated_at": CHANGED,
        "deleted": "Status == 'DELETED'",
        "natural_key": "InvoiceNumber",
        "required": ["InvoiceNumber", "Reference", "Contact.Name", "Date", "CurrencyCode", "LineItems"],
        # Bills of suppliers have numbers that are theirs, and come by the same calls.
        "list": {**_list("Invoices", **UNITS), "skip": "Type != 'ACCREC'"},
        "fetch": _fetch("Invoices", **UNITS),
        "lookup": {
            "path": f"{API}/Invoices",
            "params": {"InvoiceNumbers": "{natural_key}", "page": 1, **UNITS},
            # A voided one last: its number may have been given again.
            "record": "[Invoices[?Type == 'ACCREC' && Status != 'VOIDED' && Status != 'DELETED'], "
            "Invoices[?Type == 'ACCREC' && Status == 'VOIDED']][]",
            "match": "InvoiceNumber",
        },
        "create": {**_create("Invoices", **UNITS), "key": KEY},
        "update": _update("Invoices", **UNITS),
        "batch": _batch("Invoices", "InvoiceNumber", **UNITS),
        "actions": {
            "cancel": {
                "when": "record.status == 'cancelled' && written.status != 'cancelled'",
                "method": "POST",
                "path": f"{API}/Invoices/{{external_id}}",
                "body": {"Invoices": [{"InvoiceID": "{external_id}", "Status": "VOIDED"}]},
                "answer": "Invoices[0]",
                "repeatable": True,
            }
        },
    },
    "credit_notes": {
        "id": "CreditNoteID",
        "updated_at": CHANGED,
        "deleted": "Status == 'DELETED'",
        "natural_key": "CreditNoteNumber",
        "required": ["CreditNoteNumber", "order_invoice", "refunded", "Date", "CurrencyCode", "LineItems"],
        "list": {**_list("CreditNotes", **UNITS), "skip": "Type != 'ACCRECCREDIT'"},
        "fetch": _fetch("CreditNotes", **UNITS),
        "lookup": _search(
            "CreditNotes",
            "CreditNoteNumber",
            'Type=="ACCRECCREDIT" AND CreditNoteNumber=="{natural_key}"',
            "[?Status != 'DELETED']",
        ),
        "create": {
            **_create("CreditNotes", **UNITS),
            "key": KEY,
            # That the money went back. Xero takes no more than what is open of the credit note: it is harmless twice.
            "then": [
                {
                    "method": "PUT",
                    "path": f"{API}/Payments",
                    "params": {"summarizeErrors": "true"},
                    "body": {
                        "Payments": [
                            {
                                "CreditNote": {"CreditNoteID": "{external_id}"},
                                "Account": {"Code": "{payment_account}"},
                                "Date": "=body.Date",
                                "Amount": "=to_number(body.refunded)",
                                "Reference": "=body.CreditNoteNumber",
                            }
                        ]
                    },
                    "answer": "Payments[0]",
                    "id": "PaymentID",
                    "key": KEY,
                    "repeatable": True,
                }
            ],
        },
        "batch": _batch("CreditNotes", "CreditNoteNumber", **UNITS),
    },
    "payments": {
        "id": "PaymentID",
        "updated_at": CHANGED,
        "deleted": "Status == 'DELETED'",
        "natural_key": "Reference",
        "required": ["Reference", "Invoice.InvoiceID", "Date", "Amount", "currency"],
        "list": {**_list("Payments"), "skip": "PaymentType != 'ACCRECPAYMENT'"},
        "fetch": _fetch("Payments"),
        # Nothing in a payment must be unique, and a call for several has one key for all of them. So a lost answer is
        # settled by looking, when the call cannot be under way any more.
        "lookup": {
            **_search("Payments", "Reference", 'Reference=="{natural_key}"', "[?Status != 'DELETED']"),
            "after": 60,
        },
        "create": _create("Payments"),
        "batch": _batch("Payments", "Reference"),
    },
    "items": {
        "id": "ItemID",
        "updated_at": CHANGED,
        # All of them come at once.
        "list": {
            "path": f"{API}/Items",
            "params": UNITS,
            "headers": {"If-Modified-Since": "{since}"},
            "records": "Items",
            "since": {"granularity": 1, "overlap": 60, "strict": True},
        },
        "fetch": _fetch("Items", **UNITS),
    },
}

DECLARATION: dict[str, Any] = {
    "label": "Xero",
    "base_url": "{base_url}",
    "variables": {
        "base_url": {"default": ADDRESS},
        "tenant_id": {"required": False},
        "short_code": {"required": False},
        "scope": {"default": SCOPE},
        "sales_account": {"default": "200"},
        "payment_account": {"required": False},
        "tax_type": {"required": False},
        "zero_tax_type": {"required": False},
        "prices": {"required": False},
        "invoice_status": {"default": "AUTHORISED"},
    },
    # https://developer.xero.com/documentation/guides/oauth2/auth-flow: an access lasts 30 minutes, and what renews it
    # is good once and ends after 60 days without use.
    "oauth": {
        "authorize_url": "https://login.xero.com/identity/connect/authorize",
        "token_url": "https://identity.xero.com/connect/token",
        "scope": "{scope}",
        "credentials_in": "header",
        "pkce": False,
    },
    # https://developer.xero.com/documentation/guides/oauth2/limits: 60 calls in a minute and 5 at the same time. One
    # write may take two calls, since an invoice's contact is looked for.
    "limits": {"requests_per_second": 0.45, "burst": 5, "concurrent": 5, "per_day": 5000},
    "timeouts": {"connect": 3, "read": 11, "total": 12, "calls": 2},
    "request_id_header": "Xero-Correlation-Id",
    "test": {"path": f"{API}/Organisation", "expect": "Organisations"},
    "errors": ERRORS,
    "resources": RESOURCES,
    # https://developer.xero.com/documentation/guides/webhooks/overview: what it is about is fetched.
    "webhook": {
        "signature": {"header": "x-xero-signature", "encoding": "base64"},
        "events": "events",
        "topic": "(eventCategory == 'CREDITNOTE' && data.Type == 'ACCPAYCREDIT' && 'BILL') || eventCategory",
        # An event has no id of its own.
        "delivery_id": "join('-', [eventCategory, resourceId, eventType, eventDateUtc])",
        "occurred": {"at": "eventDateUtc"},
        "topics": {
            "CONTACT": {"resource": "contacts", "id": "resourceId"},
            "INVOICE": {"resource": "invoices", "id": "resourceId"},
            "CREDITNOTE": {"resource": "credit_notes", "id": "resourceId"},
        },
    },
}
