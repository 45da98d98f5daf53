"""The bundles as they are stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Q

from integrations.models import BundlePart
from mappings.bundles import Parts, expanded


def parts_about(skus: Iterable[str]) -> Parts:
    """The bundles among these SKUs, those that need one of them, and whatever hangs together with these: expanded.

    One query where none of them has to do with a bundle.
    """
    found: dict[str, dict[str, int]] = {}
    asked = seen = set(skus)
    while asked:
        near = Q(sku__in=asked) | Q(bundle__sku__in=asked)
        names = set(BundlePart.objects.filter(near).order_by().values_list("bundle__sku", flat=True))
        names -= found.keys()
        if not names:
            break
        found |= bills_of(Q(bundle__sku__in=names))
        about = names | {part for name in names for part in found[name]}
        asked, seen = about - seen, seen | about
    return expanded(found)


def bills_of(which: Q) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(dict)
    rows = BundlePart.objects.filter(which).values_list("bundle__sku", "sku", "quantity")
    for bundle, part, quantity in rows:
        found[bundle][part] = quantity
    return dict(found)
