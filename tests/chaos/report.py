"""What came of a run, or of several: in figures, for a person and for a machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from .ambush import POINTS
from .comparing import Difference
from .killer import DATABASE, POINT, Blow, Struck
from .world import KINDS

HOWS = ("lost", "doubled", "older over newer", "access", "state")


@dataclass
class Report:
    database: str
    seed: int
    struck: list[Struck]
    missed: list[Blow]
    handed_over: int
    did: Mapping[str, int]
    decisions: Mapping[str, int]
    consents: Mapping[str, int]
    differences: list[Difference]
    seconds_of_blows: float
    seconds: float

    @property
    def kills(self) -> list[Struck]:
        return [struck for struck in self.struck if struck.blow.kills]

    def plain(self) -> dict[str, Any]:
        return {
            "database": self.database,
            "seed": self.seed,
            **figures([self]),
            "seconds": round(self.seconds, 1),
            "all_differences": [str(difference) for difference in self.differences],
            "struck": [asdict(struck) for struck in self.struck],
        }


def figures(reports: Sequence[Report]) -> dict[str, Any]:
    kills = [struck for report in reports for struck in report.kills]
    others = [struck for report in reports for struck in report.struck if not struck.blow.kills]
    at_points = Counter(struck.blow.where for struck in kills if struck.blow.what == POINT)
    return {
        "kills": len(kills),
        "kills_by_point": {point: at_points[point] for point in POINTS},
        "kills_by_process": _sorted(struck.who for struck in kills),
        "kills_by_database": dict(_each((report.database, len(report.kills)) for report in reports)),
        "database_restarts": sum(struck.blow.what == DATABASE for struck in kills),
        "kills_by_destination": {kind: sum(kind in struck.jobs for struck in kills) for kind in KINDS},
        "kills_at_points_by_destination": {
            kind: sum(kind in struck.jobs and struck.blow.what == POINT for struck in kills) for kind in KINDS
        },
        "beside_kills": _sorted(struck.blow.what for struck in others),
        "leases_handed_over_from_stopped_workers": sum(report.handed_over for report in reports),
        "blows_that_found_nobody": sum(len(report.missed) for report in reports),
        "customers": dict(_each(item for report in reports for item in report.did.items())),
        "operator": dict(_each(item for report in reports for item in report.decisions.items())),
        "access_by_consent": dict(_each(item for report in reports for item in report.consents.items())),
        "differences": {
            how: sum(d.how == how for report in reports for d in report.differences) for how in HOWS
        },
        "seconds": round(sum(report.seconds for report in reports), 1),
    }


def printed(found: Mapping[str, Any]) -> str:
    lines = []
    for name, value in found.items():
        words = name.replace("_", " ")
        if isinstance(value, Mapping):
            told = ", ".join(f"{key}: {number}" for key, number in value.items())
            lines.append(f"{words:>42}  {told}")
        else:
            lines.append(f"{words:>42}  {value}")
    return "\n".join(lines)


def _sorted(words: Iterable[str]) -> dict[str, int]:
    return dict(Counter(words).most_common())


def _each(items: Iterable[tuple[str, int]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for name, number in items:
        total[name] += number
    return total
