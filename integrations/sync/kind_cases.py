"""What goes wrong with each kind of record, as data: what happens to an ordinary one, and what should become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .case_trial import NOT_LOST, NOT_TWICE, End
from .edge_orders import LATER
from .mend import FAILED, REMOVED
from .said_right import (
    Check,
    no_made_up_address,
    no_made_up_currency,
    no_made_up_sku,
    no_money_of_nothing,
    offers_none_below_zero,
    says_zero,
    tells_otherwise,
    tells_part,
    to_the_letter,
)


@dataclass(frozen=True)
class KindCase:
    """`put`: values in place of the ordinary record's, by place (`items.0.quantity`). `again`: it happens after the
    ordinary one was delivered. `is_gone`: the source has it no more. `is_refused`: the destination does not know its
    SKU. `waits`: what it refers to is not over there. `check` looks at what would be written. `about`: the field of our
    Record that it is about, where a mapping is to be mended. `not_of_all`: some systems tell of no such thing, so of a
    source that only the real system speaks for it is not judged wrong."""

    title: str
    should: str
    good: tuple[End, ...]
    about: str = ""
    put: Mapping[str, Any] = field(default_factory=dict)
    again: bool = False
    is_gone: bool = False
    is_refused: bool = False
    waits: bool = False
    check: Check | None = None
    not_of_all: bool = False


SENT: Final = (End.MADE, End.CHANGED)
NOT_SENT: Final = (End.PERSON, End.HELD, End.NOTHING)
# Also where it is sent, what it says is looked at.
SENT_OR_NOT: Final = (*SENT, *NOT_SENT)
NEVER_LOST: Final = (*SENT, *NOT_LOST)
ODD_NAME: Final = "Zoë O’Brien-Łukasiewicz 🎉"
CHANGED: Final = {"updated_at": LATER}


def _ordinary(title: str) -> KindCase:
    return KindCase(title, "It is sent.", SENT)


def _twice(what: str) -> KindCase:
    return KindCase(
        "Duplicate", f"The same {what} told again changes nothing.", (End.NOTHING,), "id", again=True
    )


def _failed(what: str) -> KindCase:
    return KindCase(
        f"A {what} that failed",
        "It is not sent, or told as failed.",
        SENT_OR_NOT,
        FAILED,
        put={"status": "failed"},
        check=tells_otherwise,
        not_of_all=True,
    )


def _missing(title: str, about: str, check: Check, *places: str) -> KindCase:
    should = f"A person is asked, or it goes without. No {title.removeprefix('no ')} is made up."
    put = dict.fromkeys(places or (about,))
    return KindCase(f"Missing field: {title}", should, SENT_OR_NOT, about, put=put, check=check)


def _later(title: str, should: str, about: str, **put: Any) -> KindCase:
    return KindCase(title, should, NOT_TWICE, about, put=put, again=True)


_GONE: Final = KindCase(
    "Deleted at the source",
    "What the job is set to do with what is removed.",
    (End.CHANGED, End.NOTHING),
    REMOVED,
    again=True,
    is_gone=True,
)
_UNKNOWN_SKU: Final = KindCase(
    "A SKU that nobody knows over there",
    "A person is asked, or it waits. It is not lost.",
    NOT_LOST,
    "sku",
    is_refused=True,
)
_NO_CURRENCY: Final = KindCase(
    "Money without a currency",
    "A person is asked, or it is sent without one. None is made up.",
    SENT_OR_NOT,
    "currency",
    put={"currency": None},
    check=no_made_up_currency,
)
_STAYS_ONCE: Final = "It is not made again, and nobody is asked."


def _odd_letters(about: str, **put: Any) -> KindCase:
    return KindCase(
        "Odd letters and an emoji", "It is sent, to the letter.", SENT, about, put=put, check=to_the_letter
    )


CUSTOMER: Final = (
    _ordinary("An ordinary customer"),
    _missing("no e-mail address", "email", no_made_up_address, "email", "phone"),
    _twice("customer"),
    _odd_letters("name", name=ODD_NAME, first_name="Zoë 🎉", last_name="O’Brien-Łukasiewicz 🎉"),
    KindCase(
        "An e-mail address with odd letters",
        "It is sent, or a person is asked. It is not lost.",
        NEVER_LOST,
        "email",
        put={"email": "zoë.o'brien+shop@exämple.com"},
    ),
    _GONE,
)
VARIANT: Final = (
    _ordinary("An ordinary article"),
    _missing("no SKU", "sku", no_made_up_sku),
    _missing("no price", "price", no_money_of_nothing),
    _twice("article"),
    _NO_CURRENCY,
    _UNKNOWN_SKU,
    _odd_letters("title", title="Tasse „Zoë“ 🎉"),
    _GONE,
)
STOCK: Final = (
    _ordinary("Stock of an ordinary article"),
    _missing("no SKU", "sku", no_made_up_sku),
    _twice("stock"),
    KindCase(
        "Nothing left",
        "It is written as none, so that nobody sells it.",
        SENT,
        "available",
        put={"on_hand": 0, "allocated": 0, **CHANGED},
        again=True,
        check=says_zero,
    ),
    KindCase(
        "Stock below zero",
        "It is written as none, or a person is asked. Never less than none.",
        (*SENT, End.PERSON, End.HELD),
        "available",
        put={"on_hand": -3, "allocated": 0, **CHANGED},
        again=True,
        check=offers_none_below_zero,
    ),
    _UNKNOWN_SKU,
    _GONE,
)
SHIPMENT: Final = (
    _ordinary("An ordinary parcel"),
    _twice("parcel"),
    KindCase(
        "Partial shipment",
        "It is sent, with what is in the parcel alone.",
        SENT,
        "lines[].quantity",
        put={"items.0.quantity": 1, "items.1": None},
        check=tells_part,
    ),
    KindCase(
        "The order is not there yet",
        "It waits for the order, or is sent without it.",
        (End.HELD, End.AGAIN, *SENT),
        "order_id",
        waits=True,
    ),
    KindCase(
        "Missing field: no tracking number",
        "It is sent without one, or a person is asked.",
        (*NEVER_LOST,),
        "tracking_number",
        put={"tracking_number": None, "tracking_url": None},
    ),
    _later("Delivered", _STAYS_ONCE, "status", status="delivered", delivered_at=LATER, **CHANGED),
    _GONE,
)
EVENT: Final = (
    _ordinary("An ordinary event"),
    _missing("no e-mail address", "email", no_made_up_address, "ship_to.email"),
    _twice("event"),
)
PAYMENT: Final = (
    _ordinary("An ordinary payment"),
    KindCase(
        "Failed payment",
        "It is not sent, or told as failed.",
        SENT_OR_NOT,
        FAILED,
        put={"status": "failed"},
        check=tells_otherwise,
        not_of_all=True,
    ),
    _missing("no amount", "amount", no_money_of_nothing),
    _NO_CURRENCY,
    _twice("payment"),
    _later("Refunded in part", _STAYS_ONCE, "status", refunded_amount=1000),
    _later("Refunded in full", _STAYS_ONCE, "status", refunded_amount=2400),
)
REFUND: Final = (
    _ordinary("A refund in full"),
    KindCase(
        "A refund in part",
        "It is sent with its own amount.",
        SENT,
        "amount",
        put={"amount": 500},
        check=tells_otherwise,
    ),
    _failed("refund"),
    _missing("no amount", "amount", no_money_of_nothing),
    _NO_CURRENCY,
    _twice("refund"),
)
DISPUTE: Final = (
    _ordinary("An ordinary dispute"),
    _missing("no amount", "amount", no_money_of_nothing),
    _NO_CURRENCY,
    _twice("dispute"),
    _later("Won later", _STAYS_ONCE, "status", status="won"),
)
PAYOUT: Final = (
    _ordinary("An ordinary payout"),
    _failed("payout"),
    _missing("no amount", "amount", no_money_of_nothing),
    _NO_CURRENCY,
    _twice("payout"),
)
TICKET: Final = (
    _ordinary("An ordinary ticket"),
    _twice("ticket"),
    _odd_letters("title", subject="Où est ma commande ? 📦"),
    _later("Closed later", _STAYS_ONCE, "status", status="closed", **CHANGED),
    _GONE,
)
CASES: Final[Mapping[str, tuple[KindCase, ...]]] = {
    "customer": CUSTOMER,
    "variant": VARIANT,
    "stock_level": STOCK,
    "shipment": SHIPMENT,
    "event": EVENT,
    "payment": PAYMENT,
    "refund": REFUND,
    "dispute": DISPUTE,
    "payout": PAYOUT,
    "ticket": TICKET,
}
