"""Our own books: what was sold, paid, given back, shipped and stocked, in rows that can be counted and summed.

They are filled by ordinary jobs whose destination is a connection of the platform `books`. There are no personal data
in them: a person is the keyed hash of an e-mail address, of an address only its country is kept. Nothing here points
to another row of the books but the lines to their order: what belongs together is found by `order_number`, by
(`source`, `order_external_id`), or by `person`, since a payment may be told before its order, or without one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.db import models

from .connection import Connection

if TYPE_CHECKING:
    # The field is no generic when the program runs.
    Number = models.DecimalField[Decimal | str | None, Decimal | None]


def _money() -> Number:
    """Null where the source tells no amount. The currency stands beside it; amounts are never summed across them."""
    return models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)


def _quantity() -> Number:
    """Null where it is not told. Not always whole: some things are sold by weight or length."""
    return models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)


class Booked(models.Model):
    """One thing as one source tells it. `version` and `read_at` are those of what was told last: nothing older ever
    takes its place. `booked_at` moves with each write, by the database's clock: the books are read by it."""

    # It leads the unique index; one of its own would only cost.
    source = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+", db_index=False)
    external_id = models.CharField(max_length=255)
    version = models.CharField(max_length=200, blank=True)
    read_at = models.DateTimeField()
    booked_at = models.DateTimeField()

    class Meta:
        abstract = True
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="%(class)s_is_there_once"),
        ]
        indexes = [models.Index(fields=["booked_at", "id"], name="%(class)s_in_turn")]

    def __str__(self) -> str:
        return self.external_id


class OfAnOrder(Booked):
    """What belongs to an order, where its source says to which: `order_number` is normalised, `order_external_id` is
    the source's own. The order may come later, from another source, or never."""

    order_number = models.CharField(max_length=120, blank=True)
    order_external_id = models.CharField(max_length=255, blank=True)

    class Meta(Booked.Meta):
        abstract = True
        indexes = [
            *Booked.Meta.indexes,
            models.Index(fields=["order_number"], name="%(class)s_number"),
        ]


class BookedOrder(Booked):
    """`number` is normalised. `is_renewal` is null where the source does not tell a subscription's first order from
    those that follow."""

    number = models.CharField(max_length=120, blank=True)
    placed_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    subtotal = _money()
    tax = _money()
    shipping_total = _money()
    discount_total = _money()
    total = _money()
    status = models.CharField(max_length=30, blank=True)
    payment_status = models.CharField(max_length=30, blank=True)
    fulfillment_status = models.CharField(max_length=30, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    is_renewal = models.BooleanField(null=True, blank=True)
    person = models.CharField(max_length=32, blank=True)
    country = models.CharField(max_length=2, blank=True)

    class Meta(Booked.Meta):
        indexes = [
            *Booked.Meta.indexes,
            models.Index(fields=["number"], name="%(class)s_number"),
            models.Index(fields=["placed_at"], name="%(class)s_placed"),
            models.Index(fields=["person", "placed_at"], name="%(class)s_person"),
        ]

    def __str__(self) -> str:
        return f"Order #{self.number or self.external_id}"


class BookedLine(models.Model):
    """Replaced as a whole, together with its order."""

    order = models.ForeignKey(BookedOrder, on_delete=models.CASCADE, related_name="lines", db_index=False)
    position = models.PositiveIntegerField()
    external_id = models.CharField(max_length=255, blank=True)
    sku = models.CharField(max_length=120, blank=True)
    title = models.CharField(max_length=300, blank=True)
    ordered = _quantity()
    cancelled = _quantity()
    shipped = _quantity()
    refunded = _quantity()
    unit_price = _money()
    total = _money()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "position"], name="%(class)s_is_there_once"),
        ]
        indexes = [models.Index(fields=["sku"], name="%(class)s_sku")]

    def __str__(self) -> str:
        return f"{self.ordered} × {self.sku or self.title}"


class BookedPayment(OfAnOrder):
    """`fee` is what the provider keeps of the amount, `payout` its id of the payout that brings the rest."""

    amount = _money()
    currency = models.CharField(max_length=3, blank=True)
    status = models.CharField(max_length=30, blank=True)
    provider = models.CharField(max_length=60, blank=True)
    reference = models.CharField(max_length=255, blank=True)
    fee = _money()
    net = _money()
    payout = models.CharField(max_length=255, blank=True)
    person = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta(OfAnOrder.Meta):
        indexes = [
            *OfAnOrder.Meta.indexes,
            models.Index(fields=["created_at"], name="%(class)s_created"),
            models.Index(fields=["person"], name="%(class)s_person"),
            models.Index(fields=["reference"], name="%(class)s_reference"),
            models.Index(fields=["payout"], name="%(class)s_payout"),
            models.Index(
                fields=["order_external_id"],
                condition=~models.Q(order_external_id=""),
                name="%(class)s_order_id",
            ),
        ]


class BookedRefund(OfAnOrder):
    payment_external_id = models.CharField(max_length=255, blank=True)
    amount = _money()
    currency = models.CharField(max_length=3, blank=True)
    status = models.CharField(max_length=30, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta(OfAnOrder.Meta):
        indexes = [
            *OfAnOrder.Meta.indexes,
            models.Index(fields=["created_at"], name="%(class)s_created"),
            models.Index(fields=["payment_external_id"], name="%(class)s_payment"),
        ]


class BookedDispute(OfAnOrder):
    """A payment that the customer's bank asks back; an answer is due by `due_by`."""

    payment_external_id = models.CharField(max_length=255, blank=True)
    amount = _money()
    currency = models.CharField(max_length=3, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=30, blank=True)
    due_by = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta(OfAnOrder.Meta):
        indexes = [
            *OfAnOrder.Meta.indexes,
            models.Index(fields=["created_at"], name="%(class)s_created"),
            models.Index(fields=["payment_external_id"], name="%(class)s_payment"),
        ]


class BookedPayout(Booked):
    """`amount` is what arrives at the bank, `fee` was kept from it."""

    amount = _money()
    currency = models.CharField(max_length=3, blank=True)
    fee = _money()
    status = models.CharField(max_length=30, blank=True)
    arrives_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta(Booked.Meta):
        indexes = [
            *Booked.Meta.indexes,
            models.Index(fields=["arrives_at"], name="%(class)s_arrives"),
        ]


class BookedPayoutPart(models.Model):
    """An entry of a payout, where its provider tells them: `of` is the provider's id of the payment, refund or
    dispute, `net` what it adds. Replaced as a whole, together with its payout."""

    payout = models.ForeignKey(BookedPayout, on_delete=models.CASCADE, related_name="parts", db_index=False)
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, blank=True)
    of = models.CharField(max_length=255, blank=True)
    amount = _money()
    fee = _money()
    net = _money()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payout", "position"], name="%(class)s_is_there_once"),
        ]
        indexes = [models.Index(fields=["of"], name="%(class)s_of")]

    def __str__(self) -> str:
        return f"{self.net} of {self.of or self.kind}"


class BookedShipment(OfAnOrder):
    number = models.CharField(max_length=120, blank=True)
    carrier = models.CharField(max_length=60, blank=True)
    tracking_number = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=30, blank=True)
    shipped_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta(OfAnOrder.Meta):
        indexes = [
            *OfAnOrder.Meta.indexes,
            models.Index(fields=["shipped_at"], name="%(class)s_shipped"),
            models.Index(fields=["tracking_number"], name="%(class)s_tracking"),
        ]


class BookedStock(Booked):
    sku = models.CharField(max_length=120, blank=True)
    location = models.CharField(max_length=120, blank=True)
    on_hand = _quantity()
    allocated = _quantity()
    available = _quantity()
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta(Booked.Meta):
        verbose_name_plural = "booked stock"
        indexes = [
            *Booked.Meta.indexes,
            models.Index(fields=["sku", "location"], name="%(class)s_sku"),
        ]

    def __str__(self) -> str:
        return f"Stock of {self.sku or self.external_id}"


class BookedCustomer(Booked):
    """`phone` is a keyed hash, as `person` is."""

    person = models.CharField(max_length=32, blank=True)
    phone = models.CharField(max_length=32, blank=True)
    country = models.CharField(max_length=2, blank=True)
    accepts_marketing = models.BooleanField(null=True, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta(Booked.Meta):
        indexes = [
            *Booked.Meta.indexes,
            models.Index(fields=["person"], name="%(class)s_person"),
            models.Index(fields=["phone"], name="%(class)s_phone"),
            models.Index(fields=["created_at"], name="%(class)s_created"),
        ]


class BookedTicket(Booked):
    number = models.CharField(max_length=120, blank=True)
    order_number = models.CharField(max_length=120, blank=True)
    person = models.CharField(max_length=32, blank=True)
    status = models.CharField(max_length=30, blank=True)
    created_at = models.DateTimeField(null=True, blank=True)
    updated_at = models.DateTimeField(null=True, blank=True)

    class Meta(Booked.Meta):
        indexes = [
            *Booked.Meta.indexes,
            models.Index(fields=["order_number"], name="%(class)s_number"),
            models.Index(fields=["person"], name="%(class)s_person"),
            models.Index(fields=["created_at"], name="%(class)s_created"),
        ]


class BookedRemoval(models.Model):
    """What was taken out of the books because its source does not have it any more: who reads the books is told, and
    a write that is older than the removal does not bring it back."""

    source = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_index=False)
    resource = models.CharField(max_length=20)
    external_id = models.CharField(max_length=255)
    version = models.CharField(max_length=200, blank=True)
    read_at = models.DateTimeField()
    booked_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "resource", "external_id"], name="%(class)s_is_there_once"
            ),
        ]
        indexes = [models.Index(fields=["resource", "booked_at", "id"], name="%(class)s_in_turn")]

    def __str__(self) -> str:
        return f"{self.resource} {self.external_id}"
