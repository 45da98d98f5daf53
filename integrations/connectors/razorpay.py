"""Razorpay: https://razorpay.com/docs/api/understand

- Lists can be narrowed by the time of creation alone, and nothing tells what changed later: what is young enough to
  change is read again, and webhooks tell of the rest.
- Amounts are whole numbers of the currency's smallest unit.
- A refund with the same X-Refund-Idempotency is made once
(https://razorpay.com/docs/api/refunds/normal-refunds-idempotent).
- What is not there is answered with 400 and a sentence, which has no code of its own.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from integrations.connectors.base import Item, Page, SettingField
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.http.client import Request

ADDRESS = "https://api.razorpay.com/v1"
# Payments are captured or fail, and refunds come through, within days.
STILL_CHANGING = 14 * 86_400.0
PAGE = 100
LARGEST_REPORT = 1000
INDIA = ZoneInfo("Asia/Kolkata")
NOT_THERE = "contains(error.description, 'does not exist') || contains(error.description, 'not a valid id')"


def _listed(path: str) -> dict[str, Any]:
    """The newest come first: what is made meanwhile shifts the others back, so that none slips past."""
    return {
        "path": path,
        "records": "items",
        "paging": {
            "style": "offset",
            "param": "skip",
            "size": PAGE,
            "size_param": "count",
            "order": "stable",
        },
    }


# Where a person sees a payment; test and live have one address.
PAYMENT_PAGE = "https://dashboard.razorpay.com/app/payments/{external_id}"


def _resource(path: str) -> dict[str, Any]:
    since = {"param": "from", "format": "unix"}
    return {
        "list": {**_listed(path), "since": {**since, "overlap": 60}},
        "not_final": {**_listed(path), "since": {**since, "window": STILL_CHANGING}},
        "fetch": {"path": path + "/{external_id}"},
    }


def _topics(resource: str, entity: str, names: str) -> dict[str, dict[str, str]]:
    """What comes with an event is how it was then, so the thing is fetched as it is now."""
    return {
        f"{entity}.{name}": {"resource": resource, "id": f"payload.{entity}.entity.id"}
        for name in names.split()
    }


class Razorpay(DeclaredConnector):
    platform = "razorpay"
    label = "Razorpay"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address",
            kind="url",
            required=False,
            default=ADDRESS,
            help_text="Leave it as it is: test mode and live mode have the same address and differ by the key.",
        ),
        SettingField(
            "account",
            "Account of the sub-merchant",
            required=False,
            help_text="For partners that act for others: acc_… of the account that is meant. Else empty.",
        ),
        SettingField("username", "Key id", secret=True, help_text="It begins with rzp_test_ or rzp_live_."),
        SettingField("password", "Key secret", secret=True),
        SettingField(
            "webhook_secret",
            "Secret of the webhook",
            required=False,
            secret=True,
            help_text="As it was entered when the webhook was made.",
        ),
    )
    facts = Facts(
        group=Group.PAYMENTS,
        documentation="https://razorpay.com/docs/api/understand",
        native_integrations=native_of("razorpay"),
        credentials=(
            "In the Razorpay Dashboard switch to Test Mode if you only want to try.",
            "Open Account & Settings → API Keys and click “Generate Key”.",
            "Copy the key id (rzp_…) and the key secret. Razorpay shows the secret once.",
        ),
        verified=Verified.UNVERIFIED,
        verified_against="examples of Razorpay's own Python library, and its signature; Razorpay publishes no "
        "description of its API, and one by somebody else was only compared with",
        limits="Razorpay names no number and answers 429 when it is too fast; Crossdock makes up to 10 calls a second.",
        traps=(
            "A partial refund leaves the payment “captured”: its refunded amount tells.",
            "Only captured payments can be refunded; others go back by themselves after some days.",
            "A webhook that fails for 24 hours is switched off by Razorpay: switch it on again in the Dashboard.",
            "After the webhook's secret is changed, what is sent again is signed with the old one.",
        ),
        lacks=(
            "What is refunded more than 14 days after the payment is seen as a refund, and not at the payment.",
            "Customers cannot be asked for by time, so all of them are read each time.",
        ),
        webhooks="Account & Settings → Webhooks → Add New Webhook, with this connection's webhook address, a secret of "
        "your own and the events payment.*, refund.*, settlement.processed and order.paid. Then enter the same "
        "secret here.",
    )
    declaration = {
        "label": "Razorpay",
        "base_url": "{base_url}",
        "variables": {"base_url": {"default": ADDRESS}, "account": {"required": False}},
        "headers": {"X-Razorpay-Account": "{account}"},
        "auth": {"kind": "basic"},
        "limits": {"requests_per_second": 10, "burst": 10, "concurrent": 4},
        "timeouts": {"connect": 4, "read": 20, "total": 24},
        "test": {"path": "/payments", "params": {"count": 1}, "expect": "entity == 'collection'"},
        # https://razorpay.com/docs/errors
        "errors": [
            {"status": 400, "when": NOT_THERE, "kind": "not_found", "said": "error.description"},
            {
                "status": 400,
                "when": "contains(error.description, 'fully refunded')",
                "kind": "data",
                "code": "fully_refunded",
                "sentence": "The payment has been refunded already. Look at it in Razorpay; nothing was sent twice.",
            },
            {"status": [400, 422], "kind": "data", "said": "error.description"},
        ],
        "resources": {
            "payments": {"page": PAYMENT_PAGE, **_resource("/payments")},
            "disputes": _resource("/disputes"),
            "settlements": _resource("/settlements"),
            "orders": _resource("/orders"),
            "customers": {
                "list": _listed("/customers"),
                "fetch": {"path": "/customers/{external_id}"},
            },
            "refunds": {
                **_resource("/refunds"),
                "natural_key": "join('/', [payment_id, notes.reference])",
                "required": ["payment_id", "amount", "notes.reference"],
                "lookup": {
                    "path": "/payments/{natural_key}/refunds",
                    "params": {"count": PAGE},
                    "record": "items",
                },
                "create": {
                    "path": "/payments/{body.payment_id}/refund",
                    "body": {"amount": "=body.amount", "receipt": "=body.receipt", "notes": "=body.notes"},
                    "key": {"header": "X-Refund-Idempotency", "lifetime": 86_400},
                    "errors": [
                        # The first of two is still worked on.
                        {"status": 409, "kind": "transient", "in_doubt": True, "said": "error.description"},
                    ],
                },
            },
        },
        "webhook": {
            # https://razorpay.com/docs/webhooks/validate-test
            "signature": {"header": "X-Razorpay-Signature"},
            "topic": "event",
            "delivery_id_header": "X-Razorpay-Event-Id",
            "occurred": {"at": "created_at", "format": "unix"},
            "topics": {
                **_topics("payments", "payment", "authorized captured failed pending"),
                **_topics("refunds", "refund", "created processed failed speed_changed"),
                **_topics("orders", "order", "paid"),
                **_topics("settlements", "settlement", "processed"),
                **{
                    f"payment.dispute.{name}": {"resource": "disputes", "id": "payload.dispute.entity.id"}
                    for name in ("created", "under_review", "action_required", "won", "lost", "closed")
                },
            },
        },
    }

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        page = super().read(resource, since=since, position=position, not_final=not_final)
        if resource != "settlements":
            return page
        of_day: dict[date, list[dict[str, Any]]] = {}
        items = tuple(self._with_entries(item, of_day) for item in page.items)
        return replace(page, items=items)

    def fetch(self, resource: str, external_id: str) -> Item | None:
        item = super().fetch(resource, external_id)
        return self._with_entries(item, {}) if resource == "settlements" and item is not None else item

    def _with_entries(self, item: Item, of_day: dict[date, list[dict[str, Any]]]) -> Item:
        """A settlement tells its sum alone: what it is made of stands in the report of its day, which is in India's
        time
        (https://razorpay.com/docs/api/settlements/fetch-recon)."""
        day = datetime.fromtimestamp(item.payload["created_at"], INDIA).date()
        if day not in of_day:
            of_day[day] = self._report_of(day)
        entries = [
            {**entry, "net": (entry.get("credit") or 0) - (entry.get("debit") or 0)}
            for entry in of_day[day]
            if entry.get("settlement_id") == item.payload["id"]
        ]
        return replace(item, payload={**item.payload, "entries": entries})

    def _report_of(self, day: date) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            asked = {
                "year": day.year,
                "month": day.month,
                "day": day.day,
                "count": LARGEST_REPORT,
                "skip": len(found),
            }
            request = Request(
                "GET",
                "/settlements/recon/combined",
                params=[(name, str(value)) for name, value in asked.items()],
            )
            rows = self._in_session(("read", "settlements"), partial(self._rows_of, request))
            found += rows
            if len(rows) < LARGEST_REPORT:
                return found

    def _rows_of(self, request: Request) -> list[dict[str, Any]]:
        self._turn()
        rows: list[dict[str, Any]] = self.ask(request)["items"]
        return rows

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        """A refund by "payment/our reference": Razorpay has no search for it, but lists the refunds of a payment."""
        if resource != "refunds":
            return super().lookup(resource, natural_key)
        payment, _, reference = natural_key.partition("/")
        for skip in range(0, 10 * PAGE, PAGE):
            made = self._refunds_of(payment, skip)
            for refund in made:
                if reference in (_reference(refund), refund.get("receipt")):
                    return self.plan.resources[resource].record.item(refund)
            if len(made) < PAGE:
                break
        return None

    def _refunds_of(self, payment: str, skip: int) -> list[dict[str, Any]]:
        request = Request(
            "GET", f"/payments/{payment}/refunds", params=[("count", str(PAGE)), ("skip", str(skip))]
        )
        found: list[dict[str, Any]] = self._in_session(
            ("lookup", "refunds"), lambda: self.ask(request)["items"]
        )
        return found


def _reference(refund: dict[str, Any]) -> Any:
    """Razorpay writes notes as an object, and as an empty list where there are none."""
    notes = refund.get("notes")
    return notes.get("reference") if isinstance(notes, dict) else None
