"""What was changed in a row, when and by whom: from its kept versions, and from what was done in the admin."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import unified_diff
from itertools import pairwise
from typing import Any

import yaml
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

SHOWN = 100
SHOWN_LINES = 40
LONGEST_LINE = 200
KINDS = {"+": "Made", "~": "Changed", "-": "Deleted"}


@dataclass(frozen=True)
class Change:
    field: str
    before: str
    after: str
    # Of a structure: the lines that went and came.
    lines: str = ""


@dataclass(frozen=True)
class Version:
    at: datetime
    by: str
    kind: str
    changes: list[Change]


def page_of(row: Any) -> dict[str, Any]:
    """Context of the page. Secrets are not in it: versions are kept without them."""
    kept = list(
        row.history.select_related("history_user").order_by("-history_date", "-history_id")[: SHOWN + 1]
    )
    versions = [version_of(newer, older) for newer, older in pairwise([*kept, None])]
    return {"versions": [found for found in versions if found.changes or found.kind != "Changed"][:SHOWN]}


def deeds_of(row: Model) -> Any:
    """What people did to it on its pages, the newest first."""
    kind = ContentType.objects.get_for_model(row)
    rows = LogEntry.objects.filter(content_type=kind, object_id=str(row.pk)).select_related("user")
    return rows.order_by("-action_time")[:SHOWN]


def version_of(newer: Any, older: Any) -> Version:
    """What the newer of two kept versions changed; without an older one only that it was made."""
    changes = list(_changes(newer, older)) if older is not None and newer.history_type == "~" else []
    by = str(newer.history_user or "a configuration file, or Crossdock itself")
    return Version(newer.history_date, by, KINDS.get(newer.history_type, newer.history_type), changes)


def _changes(newer: Any, older: Any) -> Iterator[Change]:
    for field in newer.tracked_fields:
        before, after = (getattr(version, field.attname) for version in (older, newer))
        if before == after or getattr(field, "auto_now", False):
            continue
        label = str(field.verbose_name)
        label = label[:1].upper() + label[1:]
        if isinstance(before, dict | list) or isinstance(after, dict | list):
            yield Change(label, "", "", _lines(before, after))
        else:
            yield Change(label, _said(older, field), _said(newer, field))


def _said(version: Any, field: Any) -> str:
    """As a person would say it: the name of a choice, or of the row that is meant."""
    if field.is_relation:
        value = getattr(version, field.attname)
        found = field.related_model.objects.filter(pk=value).first() if value else None
        return str(found or value or "–")
    if field.choices:
        return str(getattr(version, f"get_{field.name}_display")())
    value = getattr(version, field.attname)
    return "–" if value in (None, "") else str(value)


def _lines(before: Any, after: Any) -> str:
    old, new = (
        yaml.safe_dump(value, sort_keys=True, allow_unicode=True).splitlines() for value in (before, after)
    )
    diff = list(unified_diff(old, new, n=0, lineterm=""))[2:]  # after the two lines that name the files
    changed = [f"{line[0]} {line[1:]}"[:LONGEST_LINE] for line in diff if line[0] in "+-"]
    more = len(changed) - SHOWN_LINES
    return "\n".join(changed[:SHOWN_LINES] + ([f"… and {more} more lines"] if more > 0 else []))
