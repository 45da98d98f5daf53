"""What a person decides about money: which order a payment has, and what is set aside. Kept with who and why."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import QuerySet

from integrations.models import BookedOrder
from integrations.sync import shared_clock
from monitoring.models import HowMatched, MatchDecision, PaymentMatch, PaymentMismatch

from .settle import Changed, settle

Verb = MatchDecision.Verb
SURE = Decimal("1.00")
UNDONE = "A person took its order away: {}"
CHOSEN = "A person chose the order: {}"
CONFIRMED = "A person confirmed it: {}"


def confirm(match: PaymentMatch, reason: str, person: User | None) -> bool:
    """Keeps the order that it has, for good. False where it has none."""
    if match.order_id is None:
        return False
    _decide(match, Verb.CONFIRM, match.order_id, CONFIRMED.format(reason), reason, person)
    return True


def choose(match: PaymentMatch, order: BookedOrder, reason: str, person: User | None) -> None:
    _decide(match, Verb.CHOOSE, order.pk, CHOSEN.format(reason), reason, person)


def undo(match: PaymentMatch, reason: str, person: User | None) -> bool:
    """Takes its order away; it has none until a person chooses one, or releases it."""
    if match.order_id is None:
        return False
    _decide(match, Verb.UNDO, None, UNDONE.format(reason), reason, person)
    return True


def release(match: PaymentMatch, reason: str, person: User | None) -> bool:
    """Crossdock matches it by itself again. False where no person had decided."""
    with transaction.atomic():
        freed = PaymentMatch.objects.filter(pk=match.pk, is_decided=True).update(
            is_decided=False, changed_at=shared_clock.now()
        )
        if freed:
            _keep(match, Verb.RELEASE, None, reason, person)
    if freed:
        _settle(match, {match.order_id})
    return bool(freed)


def _decide(
    match: PaymentMatch, verb: Verb, order: int | None, told: str, reason: str, person: User | None
) -> None:
    values = {
        "order_id": order,
        "how": HowMatched.PERSON,
        "confidence": SURE,
        "reasons": [told],
        "candidates": [],
        "is_decided": True,
        "changed_at": shared_clock.now(),
    }
    with transaction.atomic():
        PaymentMatch.objects.filter(pk=match.pk).update(**values)
        _keep(match, verb, order, reason, person)
    _settle(match, {match.order_id, order} | {int(entry[0]) for entry in match.candidates})


def _keep(match: PaymentMatch, verb: Verb, order: int | None, reason: str, person: User | None) -> None:
    MatchDecision.objects.create(
        match=match, verb=verb, order_id=order, reason=reason, person=person, made_at=shared_clock.now()
    )


def _settle(match: PaymentMatch, orders: set[int | None]) -> None:
    """At once, so that the lists agree with what the person sees next."""
    known = {pk for pk in orders if pk is not None}
    settle(Changed(orders=known, payments={match.payment_id}), shared_clock.now())


def set_aside(rows: QuerySet[PaymentMismatch], reason: str, person: User | None) -> int:
    """They are not listed any more until they are gone and come back."""
    return rows.filter(settled_at__isnull=True, set_aside_at__isnull=True).update(
        set_aside_at=shared_clock.now(), set_aside_by=person, set_aside_reason=reason
    )


def take_up(rows: QuerySet[PaymentMismatch]) -> int:
    """They are listed again. Who had set them aside, and why, stays."""
    return rows.filter(set_aside_at__isnull=False).update(set_aside_at=None)
