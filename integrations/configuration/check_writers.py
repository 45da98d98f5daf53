"""A field that two jobs write over one another, because nobody owns it: refused, unless it is said why it is meant."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from .check_owners import is_whole, touched_jobs, written_by
from .plain import Found, Plain, State
from .problems import Place

# Things that several systems describe; of the other kinds each system has its own.
SHARED = ("customer", "variant")
# Where each source has rows, or files, of its own.
_APART = ("books", "files")
SHOWN = 5


@dataclass(frozen=True)
class Doubled:
    """`fields` are written by both jobs, and nobody owns them. `how` completes “They …”."""

    jobs: tuple[str, str]
    kind: str
    how: str
    fields: tuple[str, ...]

    def sentence(self, job: str) -> str:
        one, other = self.jobs if job == self.jobs[0] else self.jobs[::-1]
        return (
            f"jobs.{one} and jobs.{other} {self.how} and both write {listed(self.fields)}: whichever wrote last would "
            "be right."
        )


def listed(fields: Collection[str]) -> str:
    named = sorted(fields)
    more = len(named) - SHOWN
    return ", ".join(named[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def refused(before: State, after: State, wanted: State) -> Found:
    """A job that is made or changed gets owners for such fields, or says why both are meant. A change of owners or of a
    mapping does so for what it newly leaves to two."""
    for doubled, told in _not_meant(before, after, wanted):
        if told:
            yield ("jobs", told, "shares_fields"), _with_remedy(doubled, told, after)
        elif fresh := _fresh(doubled, before):
            yield _place(fresh, after, wanted), _with_remedy(fresh, fresh.jobs[0], after)


def left_as_they_are(before: State, after: State, wanted: State) -> Iterator[str]:
    """Such jobs that were there already, and that this leaves as they are: they are told of."""
    for doubled, told in _not_meant(before, after, wanted):
        if not told and not _fresh(doubled, before):
            yield f"Note: {_with_remedy(doubled, doubled.jobs[0], after)}"


def _not_meant(before: State, after: State, wanted: State) -> Iterator[tuple[Doubled, str]]:
    """With the job that is made or changed and makes it so, "" where there is none."""
    changed = [key for key, told in wanted["jobs"].items() if _is_changed(before["jobs"].get(key), told)]
    touched = {key for key, _ in touched_jobs(after, wanted)}
    for doubled in all_doubled(after, touched):
        if not _is_meant(doubled, before, after):
            yield doubled, next((key for key in reversed(changed) if key in doubled.jobs), "")


def _is_changed(present: Plain | None, told: Plain) -> bool:
    return present is None or any(present.get(name) != value for name, value in told.items())


def _fresh(doubled: Doubled, before: State) -> Doubled | None:
    """With the fields that were not written by both before; None where all of them were."""
    there = next((one for one in all_doubled(before, doubled.jobs) if one.jobs == doubled.jobs), None)
    fields = set(doubled.fields) - set(there.fields if there is not None else ())
    return replace(doubled, fields=tuple(sorted(fields))) if fields else None


def _with_remedy(doubled: Doubled, job: str, after: State) -> str:
    source = after["jobs"][job]["source"]
    return (
        f"{doubled.sentence(job)} Give each field an owner, for example owners: {{{doubled.kind}: "
        f"{{{doubled.fields[0]}: {source}}}}}, or say at the job's shares_fields why both are meant."
    )


def _place(doubled: Doubled, after: State, wanted: State) -> Place:
    if doubled.kind in wanted["owners"]:
        return ("owners", doubled.kind)
    mappings = [after["jobs"][key]["write_mapping"] for key in doubled.jobs]
    changed = next((key for key in mappings if key in wanted["mappings"]), None)
    return ("mappings", changed) if changed else ("jobs", doubled.jobs[0], "shares_fields")


def _is_meant(doubled: Doubled, before: State, after: State) -> bool:
    """A new job says it itself: what another one says was said of others."""
    new = [key for key in doubled.jobs if key not in before["jobs"]]
    return any(after["jobs"][key].get("shares_fields") for key in new or doubled.jobs)


def all_doubled(state: State, touched: Collection[str] | None = None) -> Iterator[Doubled]:
    """Each pair once, in the order of their keys."""
    jobs = {key: job for key, job in state["jobs"].items() if is_whole(job, state)}
    written: dict[str, set[str]] = {}
    keys = sorted(jobs)
    for place, one in enumerate(keys):
        for other in keys[place + 1 :]:
            if touched is not None and one not in touched and other not in touched:
                continue
            how = _how_they_meet(jobs[one], jobs[other], state)
            if not how:
                continue
            for key in (one, other):
                if key not in written:
                    written[key] = written_by(jobs[key], state)
            fields = written[one] & written[other]
            if fields:
                yield Doubled((one, other), str(jobs[one].get("kind")), how, tuple(sorted(fields)))


def _how_they_meet(one: Plain, other: Plain, state: State) -> str:
    if one.get("kind") != other.get("kind"):
        return ""
    if (one["source"], one["destination"]) == (other["destination"], other["source"]):
        return "go both ways"
    same_end = all(one[name] == other[name] for name in ("destination", "destination_resource"))
    is_apart = state["connections"].get(one["destination"], {}).get("platform") in _APART
    if same_end and one["source"] != other["source"] and one["kind"] in SHARED and not is_apart:
        return f"write into '{one['destination']}' from two systems"
    return ""
