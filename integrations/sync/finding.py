"""Finds a Thing by what a person calls it: an order's number, an e-mail, a SKU, or an id of any system.

Everything is exact and goes by an index, however many Things there are. What is searched for is kept nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db.models import Q

from integrations.models import ExternalId, SearchKey, SyncJob
from mappings.search import LINE_SKU, keyed_hashes

# Of what may stand in an address, and so in logs.
IN_ADDRESSES: Final = ("order_number", "sku", LINE_SKU, "tracking_number", "id")
# Only of what is sent in a form's body.
IN_BODIES: Final = (*IN_ADDRESSES, "email", "phone")
MOST_FOUND: Final = 500
FEWEST_DIGITS: Final = 7


def things_called(term: str, kinds: Sequence[str]) -> set[int]:
    """By an id of any system, or by what `kinds` name: `IN_ADDRESSES` or `IN_BODIES`. The newest of each name."""
    asked = [kind for kind in kinds if kind != "phone" or _may_be_a_phone(term)]
    names = [(kind, digest) for kind in asked for digest in keyed_hashes(kind, term)]
    return _known_as(term).union(*(_named(kind, digest) for kind, digest in names))


def _named(kind: str, digest: str) -> list[int]:
    """One name at a time: the index has its Things in order, so that of a million with one SKU few are read."""
    keys = SearchKey.objects.filter(kind=kind, digest=digest).order_by("-thing_id")
    return list(keys.values_list("thing_id", flat=True)[:MOST_FOUND])


def _known_as(external_id: str) -> set[int]:
    """In each place that a job reads or writes: the unique index begins with the place."""
    jobs = SyncJob.objects.values_list(
        "source_id", "source_resource", "destination_id", "destination_resource"
    )
    known_as = Q(pk__in=[])
    for connection_id, resource in sorted({place for row in jobs for place in (row[:2], row[2:])}):
        known_as |= Q(connection_id=connection_id, resource=resource, external_id=external_id)
    return set(ExternalId.objects.filter(known_as).values_list("thing_id", flat=True))


def _may_be_a_phone(term: str) -> bool:
    """A phone is compared by its digits: those of a SKU would be taken for one, and those of a word are none."""
    digits = sum(sign.isdecimal() for sign in term)
    return digits >= FEWEST_DIGITS and not any(sign.isalpha() for sign in term)
