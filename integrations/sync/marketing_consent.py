"""Lets to a mailing tool only what is about people who are known to want mails. Unknown is no.

What people said, by its own time, counts first (see `person_consents`); then the newest word in the books, of customers
that were told before; then what the record says of its own customer. Only keyed hashes are compared.
"""

from __future__ import annotations

from collections.abc import Sequence

from integrations.models import BookedCustomer, State, SyncJob
from mappings.records import Customer, Record, told
from mappings.search import keyed_hash

from . import person_consents, shared_clock
from .case import Case, Ending

# A first order and its customer are often told in the same minute, by two jobs: so long it waits for the other.
PATIENCE, LOOK_EVERY = 900.0, 30.0
REFUSED = "This person does not want mails."
UNKNOWN = "Nobody has told that this person wants mails."
NOBODY = "It tells no e-mail address, so nobody can say whether this person wants mails."


def withhold(job: SyncJob, cases: Sequence[Case]) -> None:
    """Ends those of these cases that may not leave; one that was delivered before is no exception."""
    if not job.needs_consent:
        return
    people = {case.place: _person(case.record) for case in cases if case.record is not None}
    known = {person for person in people.values() if person}
    wants = _wants_by_the_books(known) | _wants_by_their_word(known)
    for case in cases:
        if case.place not in people:
            continue
        person = people[case.place]
        own = _own_word(case.record)
        answer = wants.get(person, own) if person else own
        if answer is not True:
            case.ending = _ending(case, person, answer)


def _ending(case: Case, person: str, answer: bool | None) -> Ending:
    if answer is False:
        return Ending(State.FILTERED, REFUSED)
    if not person:
        return Ending(State.FILTERED, NOBODY)
    now = shared_clock.seconds()
    if now - case.parcel.received_at < PATIENCE:
        return Ending(
            State.WAITING, "Waits to hear whether this person wants mails.", not_before=now + LOOK_EVERY
        )
    return Ending(State.FILTERED, UNKNOWN)


def _person(record: Record | None) -> str:
    customer = told(getattr(record, "customer", None))
    email = told(getattr(record, "email", None)) or told(getattr(customer, "email", None))
    return keyed_hash("email", email) if email else ""


def _own_word(record: Record | None) -> bool | None:
    customer = record if isinstance(record, Customer) else told(getattr(record, "customer", None))
    return told(customer.accepts_marketing) if isinstance(customer, Customer) else None


def _wants_by_their_word(people: set[str]) -> dict[str, bool]:
    held = person_consents.standing(people)
    return {
        person: not said.is_no for (person, channel), said in held.items() if channel == person_consents.EMAIL
    }


def _wants_by_the_books(people: set[str]) -> dict[str, bool]:
    """person → the newest word of any system."""
    rows = BookedCustomer.objects.filter(person__in=people, accepts_marketing__isnull=False)
    newest = rows.order_by("booked_at", "pk").values_list("person", "accepts_marketing")
    return {person: bool(wants) for person, wants in newest}
