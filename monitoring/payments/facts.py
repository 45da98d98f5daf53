"""What matching knows of orders and money: plain values, taken from the books. Nothing personal is among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

NONE = Decimal(0)
# A payment that came in.
RECEIVED = ("paid", "partially_refunded", "refunded")


@dataclass(frozen=True)
class OrderFact:
    """`person` is a keyed hash of the normalised e-mail, "" where none is known."""

    id: int
    source: int
    external_id: str
    number: str
    currency: str
    total: Decimal
    placed_at: datetime | None
    person: str = ""
    status: str = "open"
    payment_status: str = ""
    is_shipped: bool = False

    @property
    def is_cancelled(self) -> bool:
        return self.status == "cancelled"


@dataclass(frozen=True)
class PaymentFact:
    id: int
    source: int
    external_id: str
    currency: str
    amount: Decimal
    status: str
    created_at: datetime | None
    order_external_id: str = ""
    order_number: str = ""
    person: str = ""
    fee: Decimal | None = None
    net: Decimal | None = None
    payout: str = ""

    @property
    def is_received(self) -> bool:
        return self.status in RECEIVED

    @property
    def is_meant(self) -> bool:
        """Whether it pays for something, now or soon."""
        return self.status not in ("failed", "voided")

    @property
    def names_an_order(self) -> bool:
        return bool(self.order_number or self.order_external_id)


@dataclass(frozen=True)
class RefundFact:
    """`payment` is the provider's id of the payment, "" where the shop tells of the refund."""

    id: int
    source: int
    external_id: str
    currency: str
    amount: Decimal
    created_at: datetime | None
    status: str = ""
    payment: str = ""

    @property
    def counts(self) -> bool:
        return self.status != "failed"


@dataclass(frozen=True)
class DisputeFact:
    id: int
    source: int
    external_id: str
    currency: str
    amount: Decimal
    status: str
    created_at: datetime | None
    due_by: datetime | None = None
    payment: str = ""


@dataclass(frozen=True)
class PayoutFact:
    id: int
    source: int
    external_id: str
    currency: str
    amount: Decimal
    status: str
    created_at: datetime | None
    fee: Decimal | None = None


@dataclass(frozen=True)
class BookedFact:
    """What the books have under the id that an entry of a payout names."""

    amount: Decimal
    currency: str
    fee: Decimal | None = None


@dataclass(frozen=True)
class PartFact:
    """One entry of a payout. `net` is what it adds to it (a refund less than nothing), `of` the payment's, refund's or
    dispute's id at the provider. `amount` and `fee` are the entry's own; `currency` is the payout's."""

    net: Decimal
    kind: str = ""
    of: str = ""
    amount: Decimal | None = None
    fee: Decimal | None = None
    currency: str = ""
    booked: BookedFact | None = None


def distance(one: datetime | None, other: datetime | None) -> timedelta | None:
    """How far two moments lie apart; None where one of them is not known."""
    return abs(one - other) if one is not None and other is not None else None
