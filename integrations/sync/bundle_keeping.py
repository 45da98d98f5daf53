"""The one way in for bundles: screens, files, and connectors that read them from a platform."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import Q

from integrations.models import Bundle, BundlePart, Connection, SyncJob
from mappings.bundles import Bills, expanded

from .bundles import bills_of
from .stock_names import KIND
from .stock_recount import recount


def check(wanted: Mapping[str, Mapping[str, int]]) -> None:
    """Whether these bundles, together with those that stand, can be counted. Raises CircularBundle."""
    expanded({**bills_of(Q()), **wanted})


def keep(wanted: Bills, names: Mapping[str, str] | None = None) -> None:
    """Writes these bundles down, each as a whole, and has all counted anew whose stock they change.

    A screen and a connector that reads bundles from a platform come in here. Raises CircularBundle, and nothing is
    changed.
    """
    check(wanted)
    with transaction.atomic():
        write(wanted, names or {})


def write(wanted: Bills, names: Mapping[str, str]) -> None:
    """As `keep`, for who has checked them already. Call it inside a transaction."""
    concerned = set(wanted) | _parts(bills_of(Q(bundle__sku__in=wanted))) | _parts(wanted)
    for sku in sorted(wanted):
        row, _ = Bundle.objects.get_or_create(sku=sku)
        row.name = names.get(sku, row.name)
        row.save()
        row.parts.all().delete()
        BundlePart.objects.bulk_create(
            [BundlePart(bundle=row, sku=part, quantity=number) for part, number in wanted[sku].items()]
        )
    count_anew(concerned)


def remove(skus: Iterable[str]) -> None:
    """These are no bundles any more. What a channel offers of them is none, unless the owner tells rows of them."""
    wanted = sorted(skus)
    with transaction.atomic():
        concerned = set(wanted) | _parts(bills_of(Q(bundle__sku__in=wanted)))
        Bundle.objects.filter(sku__in=wanted).delete()
        count_anew(concerned)


def _parts(bills: Bills) -> set[str]:
    return {part for parts in bills.values() for part in parts}


def count_anew(skus: Iterable[str]) -> None:
    """For every system that tells stock: a bundle is counted otherwise than before. Call it in the transaction."""
    wanted = sorted(set(skus))
    owners = SyncJob.objects.filter(kind=KIND).order_by().values("source")
    for owner in Connection.objects.filter(pk__in=owners).order_by("pk"):
        recount(owner, wanted)
