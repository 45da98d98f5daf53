"""Matches the payments around some rows of the books, and brings what does not match up to date. Running it twice
changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q

from integrations.models import (
    BookedDispute,
    BookedOrder,
    BookedPayment,
    BookedPayout,
    BookedRefund,
    BookedShipment,
)
from monitoring.models import CoveredShop, FeeRate, PaymentMatch

from . import around, books, entries, store
from .accounts import Account, of_account
from .fees import Rate
from .findings import Finding, of_dispute, of_payment
from .match import How, Verdict, match
from .payouts import of_payout, of_untold


@dataclass
class Changed:
    """Primary keys of rows of the books that changed."""

    orders: set[int] = field(default_factory=set)
    payments: set[int] = field(default_factory=set)
    refunds: set[int] = field(default_factory=set)
    disputes: set[int] = field(default_factory=set)
    payouts: set[int] = field(default_factory=set)


def settle(changed: Changed, now: datetime, *, write: bool = True) -> int:
    """How many matches and mismatches were not as they were kept; they are, afterwards (unless `write` is false)."""
    told_by_shops = around.shops()
    orders = list(BookedOrder.objects.filter(pk__in=changed.orders))
    wanted = changed.payments | around.payments_around(orders) | _payments_of(changed)
    payments = _payments(wanted, told_by_shops)
    payments |= _payments(around.rivals_of(list(payments.values())) - set(payments), told_by_shops)
    different, touched = _match(payments, now, write)
    order_ids = touched | changed.orders | _orders_of_refunds(changed, told_by_shops)
    findings, scope = _judge(payments, order_ids, changed)
    return different + store.keep_mismatches(findings, scope, now, write=write)


def _payments(ids: Iterable[int], told_by_shops: set[int]) -> dict[int, BookedPayment]:
    rows = BookedPayment.objects.filter(pk__in=set(ids), amount__isnull=False).exclude(currency="")
    return {row.pk: row for row in rows if row.source_id not in told_by_shops}


def _payments_of(changed: Changed) -> set[int]:
    """Those that changed refunds, disputes and payouts name."""
    found: set[int] = set()
    for model, ids in ((BookedRefund, changed.refunds), (BookedDispute, changed.disputes)):
        named: dict[int, set[str]] = defaultdict(set)
        rows = model.objects.filter(pk__in=ids).exclude(payment_external_id="")
        for source, payment in rows.values_list("source_id", "payment_external_id"):
            named[source].add(payment)
        for source, keys in named.items():
            of = BookedPayment.objects.filter(_called(keys), source_id=source)
            found.update(of.values_list("pk", flat=True))
    return found


def _called(keys: Iterable[str]) -> Q:
    """A provider may call a payment by its id, or by that of the intent that led to it."""
    wanted = set(keys)
    return Q(external_id__in=wanted) | Q(reference__in=wanted)


def _orders_of_refunds(changed: Changed, told_by_shops: set[int]) -> set[int]:
    rows = BookedRefund.objects.filter(pk__in=changed.refunds, source__in=told_by_shops)
    named = set(rows.values_list("source_id", "order_external_id"))
    found = BookedOrder.objects.filter(
        source__in=told_by_shops, external_id__in={name for _, name in named if name}
    )
    return {
        pk
        for pk, source, name in found.values_list("pk", "source_id", "external_id")
        if (source, name) in named
    }


# Matching.


def _match(payments: dict[int, BookedPayment], now: datetime, write: bool) -> tuple[int, set[int]]:
    """(how many matches were not as kept, the orders whose payments may have changed)."""
    kept = {row.payment_id: row for row in PaymentMatch.objects.filter(payment__in=payments)}
    facts = [
        books.payment_fact(row) for pk, row in payments.items() if pk not in kept or not kept[pk].is_decided
    ]
    orders = around.orders_around(facts)
    taken = PaymentMatch.objects.filter(order__in=orders).filter(
        Q(is_decided=True) | Q(how=How.REFERENCE.value)
    )
    sure = taken.exclude(payment__in=[fact.id for fact in facts]).exclude(
        payment__status__in=("failed", "voided")
    )
    verdicts = match(
        facts,
        [books.order_fact(row) for row in orders.values()],
        taken=sure.values_list("order_id", flat=True),
    )
    touched = {row.order_id for row in kept.values() if row.order_id is not None}
    touched |= {verdict.order for verdict in verdicts if verdict.order is not None}
    touched |= {one.order for verdict in verdicts for one in verdict.candidates}
    touched |= {store.candidate(entry).order for row in kept.values() for entry in row.candidates}
    different = store.keep_matches(verdicts, {fact.id: fact for fact in facts}, kept, now, write=write)
    if write:
        store.cover_shops(verdicts, orders, payments)
    return different, touched


# Judging.


def _judge(
    payments: dict[int, BookedPayment], order_ids: set[int], changed: Changed
) -> tuple[list[Finding], set[tuple[str, int]]]:
    """The findings, and the rows of the books about which they are all that is to be said."""
    accounts, of_payments = _accounts(order_ids)
    scope: set[tuple[str, int]] = {("order", pk) for pk in order_ids}
    found: list[Finding] = []
    for account in accounts.values():
        found += of_account(account)
        scope |= {("refund", refund.id) for refund in (*account.refunds, *account.shop_refunds)}
    matches = {row.payment_id: row for row in PaymentMatch.objects.filter(payment__in=payments)}
    rates = _rates({row.source_id for row in payments.values()})
    for pk, row in payments.items():
        scope.add(("payment", pk))
        if pk in matches:
            known = rates.get((row.source_id, row.currency), [])
            found += of_payment(books.payment_fact(row), _verdict_of(matches[pk]), known)
    scope |= {("refund", pk) for pk in changed.refunds}
    found += _disputes(changed, of_payments, scope)
    found += _payouts(changed, payments, scope)
    return found, scope


def _verdict_of(row: PaymentMatch) -> Verdict:
    return Verdict(
        row.payment_id,
        How(row.how),
        row.order_id,
        row.confidence,
        tuple(row.reasons),
        tuple(store.candidate(entry) for entry in row.candidates),
    )


def _accounts(order_ids: set[int]) -> tuple[dict[int, Account], dict[int, int]]:
    """Accounts of these orders by id, and which order a payment has."""
    rows = list(BookedOrder.objects.filter(pk__in=order_ids))
    shipped = set(
        BookedShipment.objects.filter(order_number__in={row.number for row in rows if row.number})
        .exclude(status="cancelled")
        .values_list("order_number", flat=True)
    )
    covered = dict(CoveredShop.objects.values_list("source_id", "since"))
    accounts = {
        row.pk: Account(
            books.order_fact(row, shipped),
            is_covered=_is_covered(row, covered.get(row.source_id)),
        )
        for row in rows
        if row.total is not None and row.currency
    }
    of_payment: dict[int, int] = {}
    for matched in (
        PaymentMatch.objects.filter(order__in=accounts).select_related("payment").order_by("payment_id")
    ):
        assert matched.order_id is not None
        of_payment[matched.payment_id] = matched.order_id
        accounts[matched.order_id].payments.append(books.payment_fact(matched.payment))
    for pk in _candidates(rows):
        if pk in accounts:
            accounts[pk].may_be_paid = True
    _add_refunds(accounts)
    return accounts, of_payment


def _candidates(rows: Sequence[BookedOrder]) -> set[int]:
    """Which of these a payment is waiting for a person to choose from."""
    waiting = PaymentMatch.objects.filter(payment__in=around.payments_around(rows), how=How.AMBIGUOUS.value)
    return {store.candidate(entry).order for row in waiting for entry in row.candidates}


def _is_covered(row: BookedOrder, since: datetime | None) -> bool:
    return since is not None and row.placed_at is not None and row.placed_at >= since


def _add_refunds(accounts: dict[int, Account]) -> None:
    of_payment: dict[tuple[int, str], int] = {}
    for pk, account in accounts.items():
        for payment in account.payments:
            of_payment[payment.source, payment.external_id] = pk
    references = BookedPayment.objects.filter(
        pk__in=[payment.id for account in accounts.values() for payment in account.payments]
    ).exclude(reference="")
    for source, external_id, reference in references.values_list("source_id", "external_id", "reference"):
        of_payment.setdefault((source, reference), of_payment[source, external_id])
    named = {name for _, name in of_payment}
    there = BookedRefund.objects.filter(payment_external_id__in=named, amount__isnull=False)
    for row in there.order_by("pk"):
        found = of_payment.get((row.source_id, row.payment_external_id))
        if found is not None:
            accounts[found].refunds.append(books.refund_fact(row))
    by_shop = {(account.order.source, account.order.external_id): pk for pk, account in accounts.items()}
    numbers = {account.order.number for account in accounts.values() if account.order.number}
    shops = {source for source, _ in by_shop}
    here = BookedRefund.objects.filter(order_number__in=numbers, source__in=shops, amount__isnull=False)
    for row in here.order_by("pk"):
        found = by_shop.get((row.source_id, row.order_external_id))
        if found is not None:
            accounts[found].shop_refunds.append(books.refund_fact(row))


def _rates(sources: set[int]) -> dict[tuple[int, str], list[Rate]]:
    """Where rates were entered, they alone count."""
    entered: dict[tuple[int, str], list[Rate]] = defaultdict(list)
    learned: dict[tuple[int, str], list[Rate]] = defaultdict(list)
    for row in FeeRate.objects.filter(connection__in=sources):
        of = learned if row.is_learned else entered
        of[row.connection_id, row.currency].append(Rate(row.percent, row.fixed, row.tolerance))
    return {**learned, **entered}


def _disputes(changed: Changed, of_payments: dict[int, int], scope: set[tuple[str, int]]) -> list[Finding]:
    found = []
    for row in BookedDispute.objects.filter(pk__in=changed.disputes, amount__isnull=False):
        scope.add(("dispute", row.pk))
        paid = BookedPayment.objects.filter(
            _called([row.payment_external_id]), source_id=row.source_id
        ).first()
        order = None
        if paid is not None:
            order = of_payments.get(paid.pk) or store.order_of(paid.pk)
        found += of_dispute(books.dispute_fact(row), paid.pk if paid else None, order)
    return found


def _payouts(
    changed: Changed, payments: dict[int, BookedPayment], scope: set[tuple[str, int]]
) -> list[Finding]:
    """Those that changed; those whose entries these payments, refunds and disputes are, where it says something new of
    them; and those whose entries are not told, and which one of these payments names."""
    of_entries = {
        BookedPayment: set(payments),
        BookedRefund: changed.refunds,
        BookedDispute: changed.disputes,
    }
    asked = Q(pk__in=changed.payouts | entries.payouts_to_judge(of_entries))
    for source, payout in {(row.source_id, row.payout) for row in payments.values() if row.payout}:
        asked |= Q(source=source, external_id=payout, parts__isnull=True)
    found: list[Finding] = []
    for row in BookedPayout.objects.filter(asked, amount__isnull=False).distinct():
        scope.add(("payout", row.pk))
        tally, fact = entries.tally_of(row), books.payout_fact(row)
        if tally.count:
            is_covered = bool(tally.unknown.count) and entries.is_covered(row)
            found += of_payout(fact, tally, is_covered=is_covered)
        else:
            theirs = BookedPayment.objects.filter(payout=row.external_id, source_id=row.source_id)
            known = theirs.filter(amount__isnull=False).iterator(chunk_size=entries.AT_ONCE)
            found += of_untold(fact, map(books.payment_fact, known))
    return found
