"""The way from a case that goes wrong to the rule or the setting that is to be changed."""

from __future__ import annotations

import re
from collections.abc import Mapping as MappingType
from dataclasses import asdict, dataclass
from typing import Any, Final

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse

from integrations.models import SyncJob
from integrations.sync.mend import FALLBACKS, READ, Mend
from mappings.models import Mapping

from .job_fields import is_shown

ANCHORS: Final = {FALLBACKS: "fallbacks"}


@dataclass(frozen=True)
class WayToMend:
    """`href` is "" for a person who may not see that page."""

    do: str
    where: str
    href: str


def way_to_mend(
    job: SyncJob, mend: Mend | MappingType[str, Any] | None, user: User | AnonymousUser
) -> WayToMend | None:
    if mend is None:
        return None
    told = asdict(mend) if isinstance(mend, Mend) else mend
    side, field = str(told["side"]), str(told["field"])
    if side:
        return _to_rule(job, str(told["do"]), side, field, user)
    url = reverse("admin:integrations_syncjob_change", args=[job.pk])
    anchor = ANCHORS.get(field) or (f"id_{field}" if is_shown(job, field) else "")
    href = f"{url}#{anchor}" if anchor else url
    return WayToMend(str(told["do"]), job.name, href if user.has_perm("integrations.view_syncjob") else "")


def _to_rule(job: SyncJob, do: str, side: str, field: str, user: User | AnonymousUser) -> WayToMend:
    """To its line in the studio; what no rule fills leads to all of them."""
    mapping = job.read_mapping if side == READ else job.write_mapping
    href = rule_url(mapping, field) if user.has_perm("mappings.view_mapping") else ""
    return WayToMend(do, mapping.name, href)


def rule_url(mapping: Mapping, field: str) -> str:
    """Of the line in the studio that fills the field; of all of them where none does."""
    url = reverse("admin:mappings_mapping_change", args=[mapping.pk])
    targets = list(mapping.rules.values_list("target", flat=True))
    # One line of a list is filled by the rule for all of them.
    target = re.sub(r"\[\d+\]", "[]", field)
    return f"{url}#rules-{targets.index(target)}-rule" if target in targets else f"{url}#studio-rules"
