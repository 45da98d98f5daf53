"""Which payment belongs to which order, and what does not match. Filled by the clock from the books."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q

from integrations.models import BookedOrder, BookedPayment, Connection
from monitoring.payments.findings import Kind
from monitoring.payments.match import How


class HowMatched(models.TextChoices):
    REFERENCE = How.REFERENCE.value, "It names its order"
    LIKENESS = How.LIKENESS.value, "By amount, time and customer"
    AMBIGUOUS = How.AMBIGUOUS.value, "Several orders fit"
    NONE = How.NONE.value, "No order fits"
    PERSON = How.PERSON.value, "Decided by a person"


class MismatchKind(models.TextChoices):
    PAID_WITHOUT_ORDER = Kind.PAID_WITHOUT_ORDER.value, "Paid without an order"
    CHOOSE_ORDER = Kind.CHOOSE_ORDER.value, "Several orders fit"
    SHIPPED_UNPAID = Kind.SHIPPED_UNPAID.value, "Shipped and not paid"
    ORDER_WITHOUT_PAYMENT = Kind.ORDER_WITHOUT_PAYMENT.value, "Paid by the shop's word alone"
    PAYMENT_FAILED = Kind.PAYMENT_FAILED.value, "Open order, failed payment"
    CANCELLED_STILL_PAID = Kind.CANCELLED_STILL_PAID.value, "Cancelled and not refunded"
    AMOUNT_DIFFERS = Kind.AMOUNT_DIFFERS.value, "Amount differs"
    CURRENCY_DIFFERS = Kind.CURRENCY_DIFFERS.value, "Currency differs"
    REFUND_ONLY_IN_SHOP = Kind.REFUND_ONLY_IN_SHOP.value, "Refund in the shop alone"
    REFUND_ONLY_AT_PROVIDER = Kind.REFUND_ONLY_AT_PROVIDER.value, "Refund at the provider alone"
    FEE_UNEXPLAINED = Kind.FEE_UNEXPLAINED.value, "Fee not explained"
    DISPUTE_OPEN = Kind.DISPUTE_OPEN.value, "Dispute to answer"
    PAYOUT_DIFFERS = Kind.PAYOUT_DIFFERS.value, "Payout does not add up"
    PAYOUT_ENTRY_UNKNOWN = Kind.PAYOUT_ENTRY_UNKNOWN.value, "Payout entry not explained"
    PAYOUT_ENTRY_DIFFERS = Kind.PAYOUT_ENTRY_DIFFERS.value, "Payout entry differs"


class PaymentMatch(models.Model):
    """The order of one payment. What a person decided is never overridden: every automatic write asks for
    `is_decided` to be false.

    `candidates` are [order id, confidence, reasons], the likeliest first. `named_number`, `named_end` and `named_id`
    are what the payment says of its order, and `likeness` its currency and amount where it says nothing: by these a
    later order finds it.
    """

    payment = models.OneToOneField(BookedPayment, on_delete=models.CASCADE, related_name="match")
    order = models.ForeignKey(
        BookedOrder, null=True, blank=True, on_delete=models.SET_NULL, related_name="matches"
    )
    how = models.CharField(max_length=10, choices=HowMatched.choices)
    confidence = models.DecimalField(max_digits=3, decimal_places=2)
    reasons = models.JSONField(default=list)
    candidates = models.JSONField(default=list, blank=True)
    is_decided = models.BooleanField(default=False)
    named_number = models.CharField(max_length=120, blank=True)
    named_end = models.CharField(max_length=120, blank=True)
    named_id = models.CharField(max_length=255, blank=True)
    likeness = models.CharField(max_length=40, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "payment matches"
        ordering = ["-id"]
        permissions = [("decide_paymentmatch", "Can choose, confirm and undo the order of a payment")]
        indexes = [
            models.Index(fields=["how", "-id"], name="matches_by_how"),
            models.Index(fields=["named_number"], condition=~Q(named_number=""), name="matches_by_number"),
            models.Index(fields=["named_end"], condition=~Q(named_end=""), name="matches_by_end"),
            models.Index(fields=["named_id"], condition=~Q(named_id=""), name="matches_by_named_id"),
            models.Index(fields=["likeness"], condition=~Q(likeness=""), name="matches_by_likeness"),
        ]

    def __str__(self) -> str:
        return f"Payment {self.payment}"


class MatchDecision(models.Model):
    """What a person decided about a payment's order; append-only. `order` is None where it was undone."""

    class Verb(models.TextChoices):
        CONFIRM = "confirm", "Confirmed"
        CHOOSE = "choose", "Chose the order"
        UNDO = "undo", "Undone"
        RELEASE = "release", "Left to Crossdock again"

    match = models.ForeignKey(PaymentMatch, on_delete=models.CASCADE, related_name="decisions")
    verb = models.CharField(max_length=10, choices=Verb.choices)
    order = models.ForeignKey(BookedOrder, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=500)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.get_verb_display()}: {self.reason}"


class PaymentMismatch(models.Model):
    """Something about money that does not match. `what` and `about` name the row of the books that it is about;
    there is one row for each kind and thing, which is settled when it is gone and opened again when it comes back.

    `since` is when it arose: what is younger than the time of grace may be on its way and is not listed.
    """

    kind = models.CharField(max_length=30, choices=MismatchKind.choices)
    what = models.CharField(max_length=10)
    about = models.BigIntegerField()
    sentence = models.CharField(max_length=600)
    source = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="payment_mismatches", verbose_name="provider"
    )
    order = models.ForeignKey(
        BookedOrder, null=True, blank=True, on_delete=models.CASCADE, related_name="payment_mismatches"
    )
    payment = models.ForeignKey(
        BookedPayment, null=True, blank=True, on_delete=models.CASCADE, related_name="mismatches"
    )
    amount = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    expected = models.DecimalField(max_digits=20, decimal_places=4, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    since = models.DateTimeField()
    due_by = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    set_aside_at = models.DateTimeField(null=True, blank=True)
    set_aside_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    set_aside_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-since", "-id"]
        verbose_name = "mismatch"
        verbose_name_plural = "mismatches"
        permissions = [("settle_paymentmismatch", "Can set a mismatch aside, and take it up again")]
        constraints = [
            models.UniqueConstraint(fields=["kind", "what", "about"], name="one_mismatch_of_a_kind")
        ]
        indexes = [
            models.Index(
                fields=["-since"],
                condition=Q(settled_at__isnull=True, set_aside_at__isnull=True),
                name="open_mismatches",
            ),
            models.Index(fields=["what", "about"], name="mismatches_of_a_row"),
        ]

    def __str__(self) -> str:
        return self.sentence[:120]


class FeeRate(models.Model):
    """What a provider keeps: `percent` of the amount and `fixed` of each payment. A learned one is replaced by what is
    learned next; where a person entered rates of a currency, they alone count."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="fee_rates")
    currency = models.CharField(max_length=3)
    percent = models.DecimalField(
        max_digits=7, decimal_places=3, validators=[MaxValueValidator(100)], help_text="Of the amount: 1.5"
    )
    fixed = models.DecimalField(
        max_digits=12, decimal_places=4, default=0, help_text="Of each payment, in the same currency: 0.25"
    )
    tolerance = models.DecimalField(
        max_digits=12,
        decimal_places=4,
        default="0.02",
        help_text="How far a fee may be off, for its rounding.",
    )
    is_learned = models.BooleanField(default=False, editable=False)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["connection", "currency", "percent"]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "currency"],
                condition=Q(is_learned=True),
                name="one_learned_rate_per_currency",
            )
        ]

    def __str__(self) -> str:
        return f"{self.percent.normalize():f} % and {self.fixed.normalize():f} {self.currency}"


class CoveredShop(models.Model):
    """Since when a provider that is read takes a shop's payments: only of orders from then on a missing payment says
    anything."""

    source = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.source} since {self.since:%Y-%m-%d}"


class PaymentCheck(models.Model):
    """How far the books are matched, and how: one row. The recount of a night says how many rows it found different
    from what had been kept; that should be none."""

    grace_minutes = models.PositiveIntegerField(
        default=60,
        help_text="What is younger than this may be on its way, and is not listed. Minutes.",
    )
    read_until = models.DateTimeField(null=True, blank=True, editable=False)
    recounted_at = models.DateTimeField(null=True, blank=True, editable=False)
    recount_found = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = "payment check"

    def __str__(self) -> str:
        return "Grace period"
