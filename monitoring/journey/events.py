"""What happened to the Things of a journey, from the facts that motion keeps: bounded, and by indexes alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import time_format

from integrations.admin.conflicts import sentence
from integrations.admin.mapping_versions import used_by
from integrations.models import (
    Conflict,
    Delivery,
    Door,
    ErrorRecord,
    ExternalId,
    InboundEvent,
    Intent,
    IntentState,
    LastKnown,
    Outcome,
    State,
)
from integrations.sync import put_off
from integrations.templatetags.portal import duration, money
from mappings.labels import label
from mappings.sentences import within

May = Callable[[str], bool]
# What one webhook told stands once, although several jobs took it in.
SAME: Final = timedelta(seconds=30)
MOST_OTHERS: Final = 100
# More tries than these are a long story, told shortly.
LONG: Final = 40
# States in which nothing came of a look: many in a row are one line.
QUIET: Final = (State.UNCHANGED, State.SUPERSEDED)
TONES: Final = {
    State.DELIVERED: "good",
    State.FAILED: "bad",
    State.RETRYING: "warn",
    State.WAITING: "warn",
    State.HELD: "warn",
}
SENTENCES: Final = {
    State.UNCHANGED: "Nothing new for {to}",
    State.SUPERSEDED: "Left to a newer version on its way to {to}",
    State.FILTERED: "Left out of {to} by a rule",
    State.IGNORED: "Not brought to {to}: a person decided so",
    State.HANDED_OVER: "Not brought to {to}: handed over to another job",
    State.SKIPPED: "Skipped for {to} by a fallback of the job",
    State.RETRYING: "{to} did not take it yet: it is tried again",
    State.WAITING: "It waits before it may go to {to}",
    State.HELD: "Held back from {to}",
    State.FAILED: "It could not be brought to {to}: a person is needed",
    State.QUEUED: "It waits its turn to go to {to}",
}
OPERATIONS: Final = {
    "create": "{to} took it as new",
    "upsert": "{to} took it",
    "update": "{to} took the change",
    "cancel": "Cancelled in {to}",
    "delete": "Deleted in {to}",
    "fulfil": "Marked as shipped in {to}",
    "fulfill": "Marked as shipped in {to}",
    "ship": "Marked as shipped in {to}",
    "refund": "Refunded in {to}",
}
DOORS: Final = {
    Door.PULL: "Read from {source}",
    Door.WEBHOOK: "{source} told of it by webhook",
    Door.PARTNER: "Sent by a partner, for {source}",
    Door.RECOUNT: "Stock of {source} counted anew",
    Door.AGAIN: "Read again from {source}: a person asked for it",
    Door.HANDED: "Handed over by another job, from {source}",
    Door.CONSENT: "A consent was told by {source}",
}


@dataclass(frozen=True)
class Link:
    text: str
    href: str


@dataclass
class Event:
    """One line of the time line. `fold`: lines that follow one another with the same one are told as one."""

    at: datetime
    system: str
    sentence: str
    tone: str = ""
    thing: int = 0
    details: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    # What this line is about, where that is not the Thing itself but news of it.
    subject: str = ""
    fold: str = ""
    by_webhook: bool = False
    times: int = 1
    since: datetime | None = None


def outcomes_of(deliveries: dict[int, Delivery], most: int) -> list[Outcome]:
    """The newest: their ids first, which an index has together, then these rows alone."""
    ids = Outcome.objects.filter(delivery__in=deliveries).order_by("-id").values_list("id", flat=True)
    rows = Outcome.objects.filter(pk__in=list(ids[: most + 1])).select_related("run")
    return list(rows.order_by("-recorded_at", "-id"))


def of_outcomes(
    outcomes: Sequence[Outcome],
    deliveries: dict[int, Delivery],
    errors: Iterable[ErrorRecord],
    intents: Sequence[Intent],
    may: May,
) -> Iterator[Event]:
    """When it came in, and what came of it, each once: what an error tells as well is left to the error. Of what goes
    on for long, as stock does, the first is told with the second."""
    came_in: set[tuple[int, int, datetime]] = set()
    told = [(row.delivery_id, at) for row in errors for at in (row.first_seen_at, row.last_seen_at)]
    is_long = len(outcomes) > LONG
    writes = _by_end(intents)
    for row in outcomes:
        delivery = deliveries[row.delivery_id]
        seen = _seen(row, delivery)
        if not _is_told_by_an_error(row, told):
            event = _outcome(row, delivery, _sent_at(row, writes), may)
            if is_long and seen is not None:
                event.details.insert(0, seen.sentence)
            yield event
        if seen is not None and not is_long:
            sight = (delivery.job.source_id, delivery.thing_id, seen.at)
            if sight not in came_in:
                came_in.add(sight)
                yield seen


def _is_told_by_an_error(row: Outcome, told: Sequence[tuple[int | None, datetime]]) -> bool:
    if row.state != State.FAILED:
        return False
    return any(pk == row.delivery_id and abs(at - row.recorded_at) <= SAME for pk, at in told)


def _outcome(row: Outcome, delivery: Delivery, sent: datetime | None, may: May) -> Event:
    job, to = delivery.job, within(delivery.job.destination.name)
    state = State(row.state)
    if state == State.DELIVERED:
        known = OPERATIONS.get(row.operation)
        said = known or (
            f"{{to}} took it: {row.operation.replace('_', ' ')}" if row.operation else "{to} took it"
        )
    else:
        said = SENTENCES[state]
    details = []
    if row.amount is not None and state not in QUIET:
        details.append(money(row.amount, row.currency))
    if (
        state == State.DELIVERED
        and row.accepted_at
        and row.received_at
        and row.accepted_at >= row.received_at
    ):
        took = (row.accepted_at - row.received_at).total_seconds()
        details.append(f"{duration(took)} after it came in")
    if sent is not None:
        details.append(f"sent at {time_format(timezone.localtime(sent), 'H:i:s')}{_answered(row, sent)}")
    if row.note:
        details.insert(0, row.note)
    if row.attempt > 1:
        details.append(f"try {row.attempt}")
    if row.request_id:
        details.append(f"{job.destination.name} calls the request {row.request_id}")
    links = mapping_links(row.mapping_version, delivery, may)
    if may("integrations.view_outcome"):
        address = reverse("admin:integrations_delivery_change", args=[delivery.pk])
        links.append(Link(f"Job “{job.name}”", address))
    quiet = f"{delivery.pk} {state}" if state in (*QUIET, State.RETRYING) else ""
    return Event(
        row.accepted_at or row.recorded_at,
        job.destination.name,
        _opened(said.format(to=to)),
        TONES.get(state, ""),
        delivery.thing_id,
        details,
        links,
        delivery.subject if job.kind == "event" else "",
        quiet,
    )


def _answered(row: Outcome, sent: datetime) -> str:
    return f", answered after {duration((row.accepted_at - sent).total_seconds())}" if row.accepted_at else ""


def _seen(row: Outcome, delivery: Delivery) -> Event | None:
    """None where it brought nothing, or was there already."""
    if row.received_at is None or row.state in QUIET or row.run.door == Door.RETRY:
        return None
    source = delivery.job.source.name
    details = []
    if row.occurred_at is not None and row.occurred_at <= row.received_at:
        waited = (row.received_at - row.occurred_at).total_seconds()
        details.append(f"{duration(waited)} after it happened there")
    door = Door(row.run.door)
    came = DOORS.get(door, "Came in from {source}").format(source=within(source))
    return Event(
        row.received_at,
        source,
        _opened(came),
        "",
        delivery.thing_id,
        details,
        by_webhook=door == Door.WEBHOOK,
    )


def _opened(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def mapping_links(version: str, delivery: Delivery, may: May) -> list[Link]:
    if not may("mappings.view_mapping"):
        return []
    return [Link(f"{one.name}, version {one.number}", one.url) for one in used_by(delivery.job, version)]


def of_pending(deliveries: Iterable[Delivery], told: set[int]) -> Iterator[Event]:
    """What came in and of which nothing has come yet."""
    for row in deliveries:
        if row.pk not in told:
            yield Event(
                row.accepted_at,
                row.job.source.name,
                f"Came in from {within(row.job.source.name)}",
                "",
                row.thing_id,
            )


def intents_of(deliveries: dict[int, Delivery], most: int) -> list[Intent]:
    """The newest writes: what is on its way, and what left as long as that is kept."""
    ids = Intent.objects.filter(delivery__in=deliveries).order_by("-id").values_list("id", flat=True)[:most]
    return list(Intent.objects.filter(pk__in=list(ids)).defer("call").order_by("-id"))


def of_intents(intents: Iterable[Intent], deliveries: dict[int, Delivery]) -> Iterator[Event]:
    """Of those that are not settled: the others are told with what came of them."""
    for row in intents:
        if row.settled_at is not None:
            continue
        to = deliveries[row.delivery_id].job.destination.name
        if row.state == IntentState.IN_DOUBT:
            said = f"Sent to {within(to)}; no answer came, it may have arrived"
            yield Event(row.created_at, to, said, "bad", row.thing_id)
        else:
            yield Event(row.created_at, to, f"On its way to {within(to)}", "", row.thing_id)


def _by_end(intents: Iterable[Intent]) -> dict[tuple[int, int], list[Intent]]:
    """By delivery and by when they were settled, in steps of SAME."""
    found: dict[tuple[int, int], list[Intent]] = {}
    for row in intents:
        if row.settled_at is not None:
            found.setdefault((row.delivery_id, _step(row.settled_at)), []).append(row)
    return found


def _step(moment: datetime) -> int:
    return int(moment.timestamp() // SAME.total_seconds())


def _sent_at(row: Outcome, writes: dict[tuple[int, int], list[Intent]]) -> datetime | None:
    """When the write left of which this came: both are kept in one transaction."""
    step, answered = _step(row.recorded_at), row.accepted_at or row.recorded_at
    near = [one for at in (step, step - 1, step + 1) for one in writes.get((row.delivery_id, at), ())]
    return max((one.created_at for one in near if one.created_at <= answered), default=None)


def errors_of(deliveries: dict[int, Delivery]) -> list[ErrorRecord]:
    rows = ErrorRecord.objects.filter(delivery__in=deliveries).defer("evidence", "payload").order_by("-id")
    return list(rows.prefetch_related("judgements__by")[:MOST_OTHERS])


def of_errors(errors: Iterable[ErrorRecord], deliveries: dict[int, Delivery], may: May) -> Iterator[Event]:
    for row in errors:
        delivery = deliveries[row.delivery_id or 0]
        to, thing = delivery.job.destination.name, delivery.thing_id
        links = []
        if may("integrations.view_errorrecord"):
            address = reverse("admin:integrations_errorrecord_change", args=[row.pk])
            links = [Link("Request and answer, masked", address)]
        mapped = mapping_links(row.mapping_version, delivery, may)
        yield Event(row.first_seen_at, to, row.sentence, "bad", thing, [], [*links, *mapped])
        for judgement in row.judgements.all():
            by = judgement.by.get_username() if judgement.by else "Crossdock"
            told = f"{judgement.get_decision_display()}, by {by}"
            if row.put_off_since is not None and row.is_open and judgement.at >= row.put_off_since:
                told = f"{told}. {put_off.words(row)}"
            yield Event(judgement.at, "", told, "", thing, [], links)
        if row.settled_at is not None:
            how = row.get_settled_how_display()
            yield Event(row.settled_at, to, f"The error is over: {how.lower()}", "", thing, [], links)


def of_webhooks(ids: Iterable[ExternalId], may: May) -> Iterator[Event]:
    """As they arrived. What else has this id in that system is told apart by its resource, where that is told."""
    places = {(row.connection_id, row.external_id): row for row in ids}
    if not places or not may("integrations.view_inboundevent"):
        return
    rows = (
        InboundEvent.objects.filter(
            external_id__in={external_id for _, external_id in places},
            connection__in={connection for connection, _ in places},
        )
        .exclude(external_id="")
        .defer("body", "headers")
        .order_by("-id")
    )
    for row in rows[:MOST_OTHERS]:
        known = places.get((row.connection_id, row.external_id))
        if known is None or (row.resource and row.resource != known.resource):
            continue
        address = reverse("admin:integrations_inboundevent_change", args=[row.pk])
        yield Event(
            row.received_at,
            known.connection.name,
            f"Webhook from {within(known.connection.name)}: {row.topic or 'event'}",
            "bad" if row.state == "failed" else "",
            known.thing_id,
            [row.sentence] if row.sentence else [],
            [Link("The webhook as it arrived", address)],
        )


def conflicts_of(things: Iterable[int]) -> list[Conflict]:
    rows = Conflict.objects.filter(thing__in=list(things)).select_related("owner", "other", "settled_by")
    hidden = ("other_value", "owner__secrets", "other__secrets")
    return list(rows.defer(*hidden).order_by("-id")[:MOST_OTHERS])


def of_conflicts(conflicts: Iterable[Conflict]) -> Iterator[Event]:
    for row in conflicts:
        links = [Link("Both sides", reverse("admin:integrations_conflict_change", args=[row.pk]))]
        yield Event(row.found_at, row.other.name, sentence(row), "warn", row.thing_id, [], links)
        if row.settled_at is not None:
            by = [f"by {row.settled_by.get_username()}"] if row.settled_by else []
            how = row.get_settled_how_display()
            yield Event(
                row.settled_at, row.other.name, f"{how}: {label(row.field).what}", "", row.thing_id, by, links
            )


def of_changes(things: Iterable[int]) -> Iterator[Event]:
    """Which fields changed, where that is followed: never what they say."""
    rows = LastKnown.objects.filter(thing__in=list(things)).select_related("connection")
    for row in rows.defer("connection__secrets")[:MOST_OTHERS]:
        fields: dict[str, list[str]] = {}
        for path, (_, since) in row.digests.items():
            if since:
                fields.setdefault(since, []).append(label(path).what)
        for since, names in fields.items():
            said = ", ".join(dict.fromkeys(names))
            yield Event(
                datetime.fromisoformat(since),
                row.connection.name,
                f"Last changed in {within(row.connection.name)}: {said}",
                "",
                row.thing_id,
            )
