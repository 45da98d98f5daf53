"""Whether a payout is the sum of its entries, and whether each of these is a payment, refund, dispute or fee that the
books know. Pure: facts in, findings out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from .facts import NONE, PartFact, PaymentFact, PayoutFact
from .findings import Finding, Kind

# So many entries are named in a sentence; the payout's own page has them all.
NAMED = 3
FEE = "fee"


@dataclass
class Odd:
    """Entries with something wrong about them: how many, what they add to the payout, the first in words."""

    count: int = 0
    net: Decimal = NONE
    told: list[str] = field(default_factory=list)

    def add(self, part: PartFact, text: str) -> None:
        self.count += 1
        self.net += part.net
        if len(self.told) < NAMED:
            self.told.append(text)

    @property
    def spoken(self) -> str:
        more = self.count - len(self.told)
        return ", ".join(self.told) + (f" and {more} more" if more else "")


@dataclass
class Tally:
    """What the entries of one payout come to. They are added as they are read: a payout may have very many."""

    count: int = 0
    net: Decimal = NONE
    unknown: Odd = field(default_factory=Odd)
    differing: Odd = field(default_factory=Odd)

    def add(self, parts: Iterable[PartFact]) -> None:
        for part in parts:
            self.count += 1
            self.net += part.net
            if is_unknown(part):
                self.unknown.add(part, f"{part.of or part.kind or 'one without a name'} ({part.net})")
            elif text := difference(part):
                self.differing.add(part, text)


def is_unknown(part: PartFact) -> bool:
    """What the provider kept for itself needs no row in the books."""
    return part.booked is None and part.kind != FEE


def difference(part: PartFact) -> str:
    """What the entry and the books say differently, "" where they agree or cannot be compared: an entry is in the
    payout's currency, which need not be the payment's."""
    booked = part.booked
    if booked is None or booked.currency != part.currency:
        return ""
    if part.amount is not None and abs(part.amount) != abs(booked.amount):
        return f"{part.of} is {abs(part.amount)} in the payout and {abs(booked.amount)} in the books"
    if part.fee is not None and booked.fee is not None and abs(part.fee) != abs(booked.fee):
        return f"the fee of {part.of} is {abs(part.fee)} in the payout and {abs(booked.fee)} in the books"
    return ""


def of_payout(payout: PayoutFact, entries: Tally, *, is_covered: bool) -> list[Finding]:
    """`is_covered`: the provider's payments were booked when it was made; only then does a missing one say anything."""
    if payout.status in ("failed", "cancelled") or not entries.count:
        return []
    found = []
    fee = abs(payout.fee or NONE)
    if payout.amount not in (entries.net, entries.net - fee):
        found.append(_not_the_sum(payout, entries.net, f"entries ({entries.count})"))
    if is_covered and entries.unknown.count:
        sentence = (
            f"The payout of {payout.amount} {payout.currency} has entries ({entries.unknown.count}) that the books do "
            f"not explain: {entries.unknown.spoken}. Run the provider's jobs for payments, refunds and disputes; look "
            "up at the provider what is listed after that, and set it aside if it is right."
        )
        found.append(_of(payout, Kind.PAYOUT_ENTRY_UNKNOWN, sentence, entries.unknown.net))
    if entries.differing.count:
        sentence = (
            f"The payout of {payout.amount} {payout.currency} and the books do not agree: {entries.differing.spoken}. "
            "Open them at the provider; run its job for payments if the books are old, else ask the provider."
        )
        found.append(_of(payout, Kind.PAYOUT_ENTRY_DIFFERS, sentence, entries.differing.net))
    return found


def of_untold(payout: PayoutFact, payments: Iterable[PaymentFact]) -> list[Finding]:
    """Of one whose entries are not told, and which payments name, only this is known: it cannot be more than these."""
    if payout.status in ("failed", "cancelled"):
        return []
    nets = [_net(payment) for payment in payments]
    known = sum(nets, NONE)
    if not nets or payout.amount <= known:
        return []
    return [_not_the_sum(payout, known, f"payments ({len(nets)})")]


def _not_the_sum(payout: PayoutFact, known: Decimal, many: str) -> Finding:
    sentence = (
        f"The payout of {payout.amount} {payout.currency} does not add up: its {many} come to {known}. Open it at the "
        f"provider and look for the {abs(known - payout.amount)} that are not explained."
    )
    return _of(payout, Kind.PAYOUT_DIFFERS, sentence, payout.amount, known)


def _of(
    payout: PayoutFact, kind: Kind, sentence: str, amount: Decimal, expected: Decimal | None = None
) -> Finding:
    return Finding(
        kind,
        "payout",
        payout.id,
        sentence,
        payout.created_at,
        payout.source,
        amount=amount,
        expected=expected,
        currency=payout.currency,
    )


def _net(payment: PaymentFact) -> Decimal:
    return payment.net if payment.net is not None else payment.amount - abs(payment.fee or NONE)
