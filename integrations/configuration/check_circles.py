"""Jobs of one kind that lead back to where they began: what all of them carry would go round for ever.

Two jobs that keep two systems equal are no circle: each knows the echo of what it wrote itself. Nor are jobs of which
each carries only fields that its own source owns: then no field is carried all the way round.
"""

from __future__ import annotations

from collections import defaultdict

from mappings.owners import ALL

from .check_jobs import REQUIRED
from .check_owners import is_whole, owners_of, touched_jobs, written_by
from .check_writers import listed
from .plain import Found, Plain, State

# A resource of a system.
End = tuple[str, str]
Leads = dict[End, list[tuple[str, End]]]


def circles(after: State, wanted: State) -> Found:
    """Refused, with the jobs and the fields named."""
    for key in sorted(wanted["jobs"]):
        job = after["jobs"][key]
        if all(job.get(name) for name in REQUIRED) and _start(job) == _end(job):
            yield (
                ("jobs", key, "destination"),
                "The job would write into what it reads. Give another destination.",
            )
    ways = _Ways(after)
    for key, job in sorted(touched_jobs(after, wanted)):
        found = ways.round_about(key, job) if _start(job) != _end(job) else None
        if found is not None:
            circle, fields = found
            what = f"A change of {listed(fields)}" if fields else "A change"
            reason = (
                f"These jobs run in a circle: {' → '.join(circle)}. {what} would go round for ever. Give each field "
                "that all of them carry one owner, or take one of them out."
            )
            yield ("jobs", key), reason


class _Ways:
    """The jobs as ways between ends, by kind and by field that they write."""

    def __init__(self, after: State) -> None:
        self._written: dict[str, set[str]] = {}
        self._leads: dict[tuple[str, str], Leads] = defaultdict(lambda: defaultdict(list))
        for key, job in after["jobs"].items():
            if is_whole(job, after):
                # Without any owner a record itself would go round, whatever is known of its fields.
                whole = set() if owners_of(str(job.get("kind", "")), after) else {ALL}
                self._written[key] = written_by(job, after) | whole
                for field in self._written[key]:
                    self._leads[job.get("kind", ""), field][_start(job)].append((key, _end(job)))

    def round_about(self, key: str, job: Plain) -> tuple[list[str], set[str]] | None:
        """The jobs of a circle through this one, itself first, and the fields that all of them write."""
        for field in sorted(self._written.get(key, ())):
            way = _way(self._leads[job.get("kind", ""), field], _end(job), _start(job))
            if way is not None:
                circle = [key, *way]
                return circle, set.intersection(*(self._written[name] for name in circle)) - {ALL}
        return None


def _start(job: Plain) -> End:
    return (job["source"], job["source_resource"])


def _end(job: Plain) -> End:
    return (job["destination"], job["destination_resource"])


def _way(leads: Leads, start: End, goal: End) -> list[str] | None:
    """The keys of the jobs that lead from start to goal by way of another end, the fewest that do."""
    seen = {start}
    ways: list[tuple[End, list[str]]] = [(start, [])]
    while ways:
        here, way = ways.pop(0)
        if here == goal:
            return way
        for key, there in leads.get(here, []):
            if there not in seen and (here, there) != (start, goal):
                seen.add(there)
                ways.append((there, [*way, key]))
    return None
