"""Whether a job can work: its systems have what it reads and writes, and its mappings fit."""

from __future__ import annotations

from collections.abc import Iterator

from integrations.connectors.base import Abilities
from integrations.exceptions import NotConfigured
from integrations.models import Environment, JobState, SyncJob
from integrations.sync import stock_settings
from mappings.expressions import ExpressionError, compile_expression
from mappings.pick_up import PickUpError, check_place, pick_up

from .check_connections import Connectors
from .plain import Found, Plain, State
from .problems import Place

REQUIRED = (
    "source",
    "source_resource",
    "destination",
    "destination_resource",
    "read_mapping",
    "write_mapping",
)
SECTION_OF = {
    "workflow": "workflows",
    "source": "connections",
    "destination": "connections",
    "read_mapping": "mappings",
    "write_mapping": "mappings",
}


def names_of_drafts(before: dict[str, Plain], wanted: dict[str, Plain]) -> Found:
    """New jobs by the name of one that a person has begun and not launched: it would be overwritten unseen."""
    new = [key for key in wanted if key not in before]
    for key in SyncJob.objects.filter(key__in=new, state=JobState.DRAFT).values_list("key", flat=True):
        yield (
            ("jobs", key),
            "There is a draft of this short name in the admin. Launch it or throw it away there, or use another name.",
        )


def twins(before: dict[str, Plain], wanted: dict[str, Plain]) -> Iterator[str]:
    """New jobs between the very ends of one that is there: most often a job whose key was changed in the file."""
    for key, job in wanted.items():
        if key in before:
            continue
        for other, present in before.items():
            if other not in wanted and all(job.get(name) == present[name] for name in REQUIRED[:4]):
                yield (
                    f"Note: jobs.{key} carries what jobs.{other} carries already, and that one goes on. If {key} is "
                    f"its new key: a key stays for good, since what was delivered is kept under it."
                )


def held_for_launch(before: State, wanted: State) -> Iterator[str]:
    """Jobs that wait, from this file on, for the launch of their workflow, since they touch production."""
    launched = set(SyncJob.objects.filter(launched_at__isnull=False).values_list("key", flat=True))
    after = {
        section: {
            key: {**before[section].get(key, {}), **wanted[section].get(key, {})}
            for key in (*before[section], *wanted[section])
        }
        for section in ("connections", "jobs")
    }
    for key, job in after["jobs"].items():
        if key not in launched and _waits(key, after) and not _waits(key, before):
            yield (
                f"Note: jobs.{key} waits until workflows.{job['workflow']} is launched: until then it runs between "
                f"sandbox systems only. `manage.py workflow launch {job['workflow']}` says what is missing."
            )


def _waits(job: str, state: State) -> bool:
    told = state["jobs"].get(job, {})
    ends = [state["connections"].get(str(told.get(name)), {}) for name in ("source", "destination")]
    return bool(told.get("workflow")) and any(
        end.get("environment") == Environment.PRODUCTION for end in ends
    )


def counted_anew(before: dict[str, Plain], wanted: dict[str, Plain]) -> Iterator[str]:
    """Channels of which the file changes what is kept back, or from where they sell."""
    for key, job in wanted.items():
        present = before.get(key)
        is_other = present is not None and any(
            name in job and job[name] != present[name] for name in stock_settings.SETTINGS
        )
        if is_other and job.get("kind", present["kind"] if present else "") == "stock_level":
            yield f"jobs.{key}: {stock_settings.SENTENCE}"


def stock_of_two_owners(before: dict[str, Plain], wanted: dict[str, Plain]) -> Iterator[str]:
    """Jobs that tell one channel its stock from different systems: the one that wrote last would be right."""
    after = {**before, **{key: {**before.get(key, {}), **told} for key, told in wanted.items()}}
    for key in wanted:
        for other, job in after.items():
            if (
                other != key
                and _tells_the_same_stock(after[key], job)
                and (other not in wanted or key < other)
            ):
                yield (
                    f"Note: jobs.{key} and jobs.{other} both write stock into {job['destination']}, from two owners. "
                    f"Of a SKU that both tell, the channel shows whichever wrote last. Leave one, or give each its own "
                    f"SKUs with a filter."
                )


def _tells_the_same_stock(one: Plain, other: Plain) -> bool:
    if not all(job.get("kind") == "stock_level" and all(map(job.get, REQUIRED[:4])) for job in (one, other)):
        return False
    same_end = all(one[name] == other[name] for name in REQUIRED[2:4])
    return same_end and one["source"] != other["source"]


def check_job(place: Place, job: Plain, after: State, connectors: Connectors) -> Found:
    yield from _resources(place, job, connectors)
    yield from _filter(place, job)
    yield from _promise(place, job)
    yield from _mappings(place, job, after)


def _filter(place: Place, job: Plain) -> Found:
    if job.get("filter"):
        try:
            compile_expression(job["filter"])
        except ExpressionError as exc:
            yield (*place, "filter"), str(exc)


def _promise(place: Place, job: Plain) -> Found:
    """What only orders have: an address to check, and an hour to be promised."""
    of_orders = job.get("kind", "order") == "order"
    if job.get("checks_address") and not of_orders:
        yield (
            (*place, "checks_address"),
            f"Only orders have an address, and this job carries a {job['kind']}.",
        )
    if job.get("waits_for_payment") and not of_orders:
        yield (
            (*place, "waits_for_payment"),
            f"Only orders are waited for until they are paid, and this job carries a {job['kind']}.",
        )
    if job.get("pick_up_hours") and not of_orders:
        yield (*place, "pick_up_hours"), f"Only orders are promised, and this job carries a {job['kind']}."
    try:
        hours, zone, holidays = (job.get(f"pick_up_{name}") or "" for name in ("hours", "zone", "holidays"))
        check_place(zone, holidays)
        pick_up(hours, zone, holidays)
    except PickUpError as exc:
        yield (*place, f"pick_up_{exc.field}"), str(exc)


def _resources(place: Place, job: Plain, connectors: Connectors) -> Found:
    source = _resources_of(connectors, job["source"])
    if source is not None:
        yield from _is_read(place, job, source)
    destination = _resources_of(connectors, job["destination"])
    if destination is not None:
        yield from _is_written(place, job, destination)


def _resources_of(connectors: Connectors, connection: str) -> dict[str, Abilities] | None:
    """None where the connection cannot be built: that is told at the connection itself, where it belongs."""
    try:
        return connectors.of(connection).resources()
    except NotConfigured:
        return None


def _is_read(place: Place, job: Plain, resources: dict[str, Abilities]) -> Found:
    read = resources.get(job["source_resource"])
    if read is None:
        yield (*place, "source_resource"), _no_such(job["source"], job["source_resource"], resources)
    elif not read.reads and job.get("every_seconds", 300):
        reason = f"'{job['source']}' cannot list {job['source_resource']}. Set this to 0, for webhooks and pushes only."
        yield (*place, "every_seconds"), reason


def _is_written(place: Place, job: Plain, resources: dict[str, Abilities]) -> Found:
    write = resources.get(job["destination_resource"])
    where = (*place, "destination_resource")
    if write is None:
        yield where, _no_such(job["destination"], job["destination_resource"], resources)
    elif not (write.creates or write.updates or write.upserts or write.actions):
        yield where, f"'{job['destination']}' cannot write {job['destination_resource']}."


def _no_such(connection: str, resource: str, resources: object) -> str:
    known = ", ".join(sorted(resources)) if isinstance(resources, dict) and resources else "none at all"
    return f"'{connection}' has no resource '{resource}'. It has: {known}."


def _mappings(place: Place, job: Plain, after: State) -> Found:
    for name, direction in (("read_mapping", "read"), ("write_mapping", "write")):
        mapping = after["mappings"][job[name]]
        if mapping.get("direction", direction) != direction:
            yield (*place, name), f"'{job[name]}' {mapping['direction']}s. Give a mapping that {direction}s."
        kind = job.get("kind")
        if kind and mapping.get("kind", kind) != kind:
            yield (*place, name), f"'{job[name]}' maps a {mapping['kind']}, and this job carries a {kind}."
