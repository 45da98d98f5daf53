"""One ordinary record of each kind, as the sandbox tells it, and the rules that read it: its edge cases are made of it.

Names and addresses are those of the sandbox's own seed.
"""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from mappings.presets import sandbox_payments, sandbox_people, sandbox_shop, sandbox_warehouse
from mappings.presets.preset import Preset, rule
from mappings.translate import RuleData

from .edge_orders import FIRST, ORDINARY, Payload, order
from .said_right import CURRENCY, NUMBER, ON_HAND, SKU

OTHER_SKU: Final = "SANDBOX-CASE-LAMP"
# 2026-01-05, as payment providers tell it.
SECONDS: Final = 1_767_607_200


@dataclass(frozen=True)
class Sample:
    """`preset` reads `payload`. `more`: what the sandbox does not tell of such a record, and others do: of a source
    that speaks another language it is read beside it. `changed`: the field that tells of the last change."""

    preset: Preset
    payload: Payload
    more: tuple[RuleData, ...] = ()
    changed: str = "updated_at"

    @property
    def rules(self) -> tuple[RuleData, ...]:
        """For a source of another language. They ask for no field: what is needed is for the job's own to say."""
        return tuple(
            msgspec.structs.replace(one, required=one.target == "id")
            for one in (*self.preset.rules, *self.more)
        )

    def told(self) -> Payload:
        return deepcopy(self.payload)


def sample_of(kind: str) -> Sample | None:
    made = SAMPLES.get(kind)
    return made() if made is not None else None


def _customer() -> Sample:
    of = order(ORDINARY)
    address = of["shipping_address"]
    first, _, last = str(address["name"]).partition(" ")
    said = {"channel": "email", "given": True, "at": FIRST, "source": "checkout"}
    payload = {
        "id": NUMBER,
        "name": address["name"],
        "first_name": first,
        "last_name": last,
        "email": of["email"],
        "phone": address.get("phone"),
        "company": "",
        "address": {name: address.get(name) for name in _ADDRESS},
        "accepts_marketing": True,
        "consents": [said],
        "tags": [],
        "created_at": FIRST,
        "updated_at": FIRST,
        "number": NUMBER,
    }
    return Sample(sandbox_people.CUSTOMERS_READ, payload, (rule("number", "number"),))


_ADDRESS: Final = ("line1", "line2", "city", "region", "postal_code", "country")


def _variant() -> Sample:
    payload = {
        "id": NUMBER,
        "sku": SKU,
        "title": "Mug",
        "price": "24.00",
        "currency": CURRENCY,
        "barcode": "4006381333931",
        "weight_grams": "350",
        "updated_at": FIRST,
    }
    more = (rule("barcode", "barcode"), rule("weight_grams", "weight_grams", "decimal"))
    return Sample(sandbox_shop.PRODUCTS_READ, payload, more)


def _stock() -> Sample:
    payload = {"id": f"{SKU}@main", "sku": SKU, "location": "main", "on_hand": ON_HAND, "allocated": 2}
    return Sample(sandbox_warehouse.STOCK_READ, payload | {"updated_at": FIRST})


def _shipment() -> Sample:
    items = [
        {"order_item_id": "1", "reference": "71", "sku": SKU, "quantity": 2},
        {"order_item_id": "2", "reference": "72", "sku": OTHER_SKU, "quantity": 1},
    ]
    payload = {
        "id": f"sh_{NUMBER}",
        "order_id": f"wo_{NUMBER}",
        "order_reference": order(ORDINARY)["number"],
        "carrier": "DHL",
        "tracking_number": "00340434161094042557",
        "tracking_url": "https://carrier.example/00340434161094042557",
        "status": "shipped",
        "shipped_at": FIRST,
        "delivered_at": None,
        "updated_at": FIRST,
        "items": items,
    }
    return Sample(sandbox_warehouse.SHIPMENTS_READ, payload)


def _event() -> Sample:
    of = _shipment().payload
    payload = of | {"ship_to": {"email": order(ORDINARY)["email"]}, "is_renewal": False}
    more = (rule("amount", "amount", "decimal"), rule("currency", "currency"))
    return Sample(
        sandbox_warehouse.SHIPPED_READ,
        payload | {"amount": "24.00", "currency": CURRENCY},
        more,
        "shipped_at",
    )


_MONEY: Final[dict[str, Any]] = {
    "amount": 2400,
    "currency": CURRENCY.lower(),
    "created": SECONDS,
    "order_id": NUMBER,
}
_OF_ORDER: Final = rule("order_id", "order_id")


def _payment() -> Sample:
    payload = _MONEY | {
        "id": f"pay_{NUMBER}",
        "order_number": order(ORDINARY)["number"],
        "status": "succeeded",
        "refunded_amount": 0,
        "fee": 60,
        "net": 2340,
        "payout_id": f"po_{NUMBER}",
        "email": order(ORDINARY)["email"],
    }
    return Sample(sandbox_payments.PAYMENTS_READ, payload, (_OF_ORDER,), changed="")


def _refund() -> Sample:
    payload = _MONEY | {
        "id": f"re_{NUMBER}",
        "order_number": order(ORDINARY)["number"],
        "payment_id": f"pay_{NUMBER}",
        "status": "succeeded",
        "reason": "returned",
    }
    return Sample(sandbox_payments.REFUNDS_READ, payload, (rule("reason", "reason"), _OF_ORDER), changed="")


def _dispute() -> Sample:
    payload = _MONEY | {
        "id": f"dp_{NUMBER}",
        "payment_id": f"pay_{NUMBER}",
        "order_number": order(ORDINARY)["number"],
        "reason": "not_received",
        "status": "needs_response",
        "due_by": SECONDS + 864_000,
    }
    return Sample(
        sandbox_payments.DISPUTES_READ, payload, (rule("order_number", "order_number"),), changed=""
    )


def _payout() -> Sample:
    part = {"type": "payment", "source": f"pay_{NUMBER}", "amount": 2400, "fee": 60, "net": 2340}
    payload = _MONEY | {
        "id": f"po_{NUMBER}",
        "amount": 2340,
        "fee": 60,
        "status": "paid",
        "arrival_date": SECONDS + 172_800,
        "parts": [part],
    }
    more = (rule("fee", "fee", "from_minor_units", arguments={"currency": "= currency"}),)
    return Sample(sandbox_payments.PAYOUTS_READ, payload, more, changed="")


def _ticket() -> Sample:
    payload = {
        "id": NUMBER,
        "number": NUMBER,
        "subject": "Where is my order?",
        "status": "open",
        "email": order(ORDINARY)["email"],
        "order_number": order(ORDINARY)["number"],
        "created_at": FIRST,
        "updated_at": FIRST,
    }
    return Sample(sandbox_people.TICKETS_READ, payload)


SAMPLES: Final = {
    "customer": _customer,
    "variant": _variant,
    "stock_level": _stock,
    "shipment": _shipment,
    "event": _event,
    "payment": _payment,
    "refund": _refund,
    "dispute": _dispute,
    "payout": _payout,
    "ticket": _ticket,
}
