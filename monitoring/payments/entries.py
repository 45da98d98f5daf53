"""The entries of payouts beside what the books know of them, some hundred at a time: a payout may have very many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Q

from integrations.models import (
    BookedDispute,
    BookedPayment,
    BookedPayout,
    BookedPayoutPart,
    BookedRefund,
)
from monitoring.models import MismatchKind, PaymentMismatch

from .books import money, optional
from .facts import BookedFact, PartFact
from .payouts import Tally, difference, is_unknown

AT_ONCE = 500
TOLD = ("payout_id", "kind", "of", "amount", "fee", "net")
ABOUT_ENTRIES = (MismatchKind.PAYOUT_ENTRY_UNKNOWN.value, MismatchKind.PAYOUT_ENTRY_DIFFERS.value)


def tally_of(payout: BookedPayout) -> Tally:
    tally = Tally()
    rows = payout.parts.order_by("position").values(*TOLD)
    for group in _in_groups(rows.iterator(chunk_size=AT_ONCE)):
        tally.add(_facts(payout, group))
    return tally


def payouts_to_judge(changed: Mapping[type[Any], set[int]]) -> set[int]:
    """Payouts about whose entries something else is to be said now that these rows of the books changed.

    Only those: to look at a whole payout for each of its payments would cost the square of their number.
    """
    found: set[int] = set()
    for model, ids in changed.items():
        names: dict[int, set[str]] = defaultdict(set)
        for row in model.objects.filter(pk__in=ids):
            names[row.source_id] |= {
                name for name in (row.external_id, getattr(row, "reference", "")) if name
            }
        for source, keys in names.items():
            found |= _touched(source, keys)
    return found


def is_covered(payout: BookedPayout) -> bool:
    """Whether payments of its provider are booked from before it was made."""
    before = BookedPayment.objects.filter(source_id=payout.source_id, created_at__lte=payout.created_at)
    return payout.created_at is not None and before.exists()


def _touched(source: int, keys: set[str]) -> set[int]:
    rows = BookedPayoutPart.objects.filter(of__in=keys, payout__source=source)
    of_payout: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows.values(*TOLD):
        of_payout[row["payout_id"]].append(row)
    listed = PaymentMismatch.objects.filter(
        what="payout", about__in=of_payout, kind__in=ABOUT_ENTRIES, settled_at__isnull=True
    )
    found = set(listed.values_list("about", flat=True))
    for payout in BookedPayout.objects.filter(pk__in=set(of_payout) - found):
        if any(is_unknown(part) or difference(part) for part in _facts(payout, of_payout[payout.pk])):
            found.add(payout.pk)
    return found


def _in_groups(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    group: list[dict[str, Any]] = []
    for row in rows:
        group.append(row)
        if len(group) == AT_ONCE:
            yield group
            group = []
    if group:
        yield group


def _facts(payout: BookedPayout, rows: Sequence[dict[str, Any]]) -> list[PartFact]:
    known = _known(payout.source_id, {(row["kind"], row["of"]) for row in rows if row["of"]})
    return [
        PartFact(
            net=money(row["net"], payout.currency),
            kind=row["kind"],
            of=row["of"],
            amount=optional(row["amount"], payout.currency),
            fee=optional(row["fee"], payout.currency),
            currency=payout.currency,
            booked=known.get((row["kind"], row["of"])),
        )
        for row in rows
    ]


def _known(source: int, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], BookedFact]:
    names: dict[str, set[str]] = defaultdict(set)
    for kind, of in wanted:
        names[kind].add(of)
    found = _payments_called(source, names["payment"]) if names["payment"] else {}
    for kind, model in (("refund", BookedRefund), ("dispute", BookedDispute)):
        if names[kind]:
            asked = model._default_manager.filter(external_id__in=names[kind], source=source)
            rows = asked.filter(amount__isnull=False).values_list("external_id", "amount", "currency")
            found |= {(kind, key): BookedFact(money(amount, unit), unit) for key, amount, unit in rows}
    return found


def _payments_called(source: int, names: set[str]) -> dict[tuple[str, str], BookedFact]:
    """One that is called so comes before one that only refers to it."""
    found: dict[tuple[str, str], BookedFact] = {}
    called = Q(external_id__in=names) | Q(reference__in=names)
    rows = list(BookedPayment.objects.filter(called, source=source, amount__isnull=False))
    for row in sorted(rows, key=lambda row: row.external_id in names):
        fact = BookedFact(money(row.amount, row.currency), row.currency, optional(row.fee, row.currency))
        found["payment", row.reference] = found["payment", row.external_id] = fact
    return found
