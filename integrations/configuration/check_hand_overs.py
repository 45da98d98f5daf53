"""Jobs that hand records over to others: each must be able to take them, and none may come back."""

from __future__ import annotations

from collections.abc import Iterator

from .plain import Found, Plain, State
from .problems import Place

SAME = ("kind", "source", "source_resource", "counts_units_in_flight")


def check(after: State, wanted: State) -> Found:
    """Told at whichever of the two jobs is wanted: the one that hands over first."""
    jobs = after["jobs"]
    for key, job in jobs.items():
        for place, to in _hands_over(job):
            if key in wanted["jobs"]:
                at: Place = ("jobs", key, "fallbacks", place, "to")
            elif to in wanted["jobs"]:
                at = ("jobs", to, "takes_handed_over")
            else:
                continue
            for reason in _reasons(key, job, to, jobs):
                yield at, reason
    for key in wanted["jobs"]:
        if jobs[key].get("takes_handed_over"):
            yield from _reads_nothing(("jobs", key), jobs[key])


def _hands_over(job: Plain) -> Iterator[tuple[int, str]]:
    for place, row in enumerate(job.get("fallbacks") or []):
        if isinstance(row, dict) and row.get("then") == "hand_over" and row.get("to"):
            yield place, str(row["to"])


def _reasons(key: str, job: Plain, to: str, jobs: dict[str, Plain]) -> Iterator[str]:
    other = jobs.get(to)
    if other is None:
        yield f"There is no job '{to}'. Make it first, with “Takes only what is handed over” switched on."
        return
    if key == to:
        yield "A job cannot hand over to itself."
        return
    if not other.get("takes_handed_over"):
        yield f"'{to}' reads its source by itself, so each record would be made twice. Switch on its takes_handed_over."
    for name in SAME:
        if (job.get(name) or "") != (other.get(name) or ""):
            yield f"'{to}' has another {name.replace('_', ' ')} than '{key}'. Make them the same."
    if job.get("destination") == other.get("destination"):
        yield f"'{to}' leads to the same system. Choose a job that leads to another one."
    way = _way_back(to, key, jobs)
    if way:
        yield f"Records would go in a circle: {' → '.join([key, *way])}. Take one of these fallbacks out."


def _way_back(start: str, goal: str, jobs: dict[str, Plain]) -> list[str]:
    ways = [[start]]
    seen = {start}
    while ways:
        way = ways.pop(0)
        for _, to in _hands_over(jobs.get(way[-1], {})):
            if to == goal:
                return [*way, goal]
            if to not in seen:
                seen.add(to)
                ways.append([*way, to])
    return []


def _reads_nothing(place: Place, job: Plain) -> Found:
    about = "It takes only what other jobs hand over"
    if job.get("every_seconds", 300):
        yield (*place, "every_seconds"), f"{about}, and reads nothing by itself. Set 0."
    if job.get("accepts_pushes"):
        yield (*place, "accepts_pushes"), f"{about}: let partners push into the job that hands over."
    if job.get("filter"):
        yield (*place, "filter"), f"{about}, and all of it. Leave the filter empty."
    if job.get("rollout_percent", 100) < 100:
        yield (*place, "rollout_percent"), f"{about}, and all of it. Set 100."
