"""Which Things belong together: an order with its parcels, payments and refunds; the stock rows of one SKU.

They are joined by what they are called (an order's number, a SKU, a tracking number), by the order's id in its own
source, and by the books. A customer never is a part: two orders of one person are two journeys.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from integrations.models import Delivery, ExternalId, SearchKey, Thing
from mappings.search import OF_ORDER, keyed_hash

from .booked import Booked, booked_of, order_of, things_of

ORDER: Final = "order"
CUSTOMER: Final = "customer"
# What may name its order in the books alone.
PAID: Final = ("payment", "refund", "dispute")
JOINING: Final = ("order_number", "sku", "tracking_number")
# A parcel's label leads to the parcel, which leads to its order.
HOPS: Final = 3
# So that one look costs little, whatever is called alike.
MOST: Final = 60
MOST_LINKS: Final = 20


@dataclass
class Group:
    """`main` is the order where there is one. `namesakes` are other orders with the same number, `people` the
    customers, `theirs` the orders of a customer: these are links, and no parts. `is_cut`: there are more parts."""

    main: Thing
    things: dict[int, Thing]
    external_ids: list[ExternalId]
    booked: Booked = field(default_factory=Booked)
    namesakes: list[Thing] = field(default_factory=list)
    people: list[Thing] = field(default_factory=list)
    theirs: list[Thing] = field(default_factory=list)
    is_cut: bool = False


def group_of(thing: Thing) -> Group:
    """All that belongs to it. The number of queries does not grow with what is found."""
    start = thing if thing.parent_id is None else Thing.objects.get(pk=thing.parent_id)
    found = _closure(start)
    orders = [one for one in found.values() if one.kind == ORDER]
    if not orders and start.kind in PAID:
        orders = _booked_order(start)
    main = start
    if start.kind not in (ORDER, CUSTOMER) and len(orders) == 1:
        # The same page, whichever part of it was asked for.
        main = orders[0]
        found = _closure(main) | found
    namesakes = [one for one in orders if one.pk != main.pk]
    parts = {pk: one for pk, one in found.items() if one.kind != ORDER or pk == main.pk}
    ids = _external_ids(parts)
    if main.kind == ORDER:
        parts |= _by_order_id(main, ids)
    booked = booked_of(ids if main.kind != CUSTOMER else [])
    parts |= _booked_things(booked, parts)
    is_cut = len(parts) > MOST
    kept = {main.pk: main} | dict(list(parts.items())[:MOST])
    people, theirs = _of_one_person(main)
    return Group(main, kept, _external_ids(kept), booked, namesakes, people, theirs, is_cut)


def _closure(start: Thing) -> dict[int, Thing]:
    found = {start.pk: start}
    frontier = {start.pk}
    for _ in range(HOPS):
        named = SearchKey.objects.filter(thing__in=frontier, kind__in=JOINING).values_list("kind", "digest")
        digests = {digest for _, digest in named}
        if not digests:
            break
        alike = (
            SearchKey.objects.filter(digest__in=digests, kind__in=JOINING)
            .exclude(thing__in=found)
            .order_by("thing_id")
        )
        new = Thing.objects.in_bulk(list(alike.values_list("thing_id", flat=True)[: MOST + 1]))
        if not new:
            break
        found |= new
        # Another order with the same number is named, and its own parts are left to it.
        frontier = {pk for pk, one in new.items() if one.kind != ORDER or start.kind != ORDER}
        if len(found) > MOST or not frontier:
            break
    return found


def _external_ids(things: Iterable[int]) -> list[ExternalId]:
    rows = ExternalId.objects.filter(thing__in=list(things)).select_related("connection")
    return list(rows.defer("connection__secrets").order_by("connection__name", "resource", "id")[: MOST * 5])


def _by_order_id(order: Thing, ids: Iterable[ExternalId]) -> dict[int, Thing]:
    """What names its order by the id that its own source gives it. The same id in another system is another order."""
    places = {(row.connection_id, row.external_id) for row in ids if row.thing_id == order.pk}
    digests = {keyed_hash(OF_ORDER, external_id): external_id for _, external_id in places}
    keys = SearchKey.objects.filter(digest__in=digests, kind=OF_ORDER).order_by("thing_id")
    named = dict(keys.values_list("thing_id", "digest")[:MOST])
    if not named:
        return {}
    known = ExternalId.objects.filter(thing__in=named).values_list("thing_id", "connection_id")
    wanted = {pk for pk, connection in known if (connection, digests[named[pk]]) in places}
    return Thing.objects.in_bulk(list(wanted))


def _booked_order(part: Thing) -> list[Thing]:
    """The order of what names none, as the books or a matched payment have it."""
    booked = order_of(_external_ids([part.pk]))
    things = things_of({(booked.source_id, booked.external_id)}) if booked is not None else set()
    return list(Thing.objects.filter(pk__in=things, kind=ORDER)[:2])


def _booked_things(booked: Booked, known: dict[int, Thing]) -> dict[int, Thing]:
    """Payments, refunds and parcels that only the books join to their order."""
    found = things_of({(row.source_id, row.external_id) for row in booked.parts}) - set(known)
    # A payment and an order of one system may have the same id.
    things = Thing.objects.in_bulk(sorted(found)[:MOST])
    return {pk: thing for pk, thing in things.items() if thing.kind not in (ORDER, CUSTOMER)}


def _of_one_person(main: Thing) -> tuple[list[Thing], list[Thing]]:
    """(customers, orders) that have the same e-mail address, the newest first."""
    emails = list(SearchKey.objects.filter(thing=main, kind="email").values_list("digest", flat=True))
    if not emails:
        return [], []
    wanted = ORDER if main.kind == CUSTOMER else CUSTOMER
    keys = SearchKey.objects.filter(digest__in=emails, kind="email", thing__kind=wanted)
    rows = list(keys.exclude(thing=main).order_by("-thing_id").select_related("thing")[:MOST_LINKS])
    things = list({row.thing_id: row.thing for row in rows}.values())
    return ([], things) if wanted == ORDER else (things, [])


def titles_of(things: Iterable[int]) -> dict[int, str]:
    """What a person calls each, as its newest Delivery says it: one that carries it as what it is, if there is any."""
    rows = Delivery.objects.filter(thing__in=list(things)).exclude(subject="").order_by("id")
    told = list(rows.values_list("thing_id", "subject", "job__kind", "thing__kind"))
    told.sort(key=lambda row: row[2] == row[3])
    return {thing: subject for thing, subject, _, _ in told}


def title_of(thing: Thing, titles: dict[int, str]) -> str:
    return titles.get(thing.pk) or f"{thing.kind.replace('_', ' ').capitalize()} {thing.pk}"
