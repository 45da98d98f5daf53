"""What a job leaves out because another system owns it."""

from __future__ import annotations

import re

from integrations.models import Connection, SyncJob
from mappings.labels import label
from mappings.translate import Problem

from .rules import JobRules

_PLACE_IN_LIST = re.compile(r"\.\d+(?=\.|$)")


def owned_elsewhere(job: SyncJob, rules: JobRules, problem: Problem, subject: str, *, is_made: bool) -> str:
    """Why the body has not what the destination demands: its owner, in a sentence. "" where nobody owns it. `is_made`:
    it is a new record there, which others may be let fill."""
    owner = rules.left_out.owner_of(_PLACE_IN_LIST.sub("[]", problem.source))
    if not owner:
        return ""
    field = label(problem.field)
    what = f"the {field.what} of {field.of}" if field.of else f"the {field.what}"
    let = "let others fill this field in a new record, or" if is_made else "or"
    if owner == job.destination.key:
        return (
            f"{subject}: {job.destination.name} requires {what} and owns it itself, so that {job.name} does not write "
            f"it. Enter the record there, {let} change the owner of this field."
        )
    name = Connection.objects.filter(key=owner).values_list("name", flat=True).first() or owner
    return (
        f"{subject}: {job.destination.name} requires {what}, which {name} owns, so that {job.name} does not write it. "
        f"Have a job from {name} make the record there first, {let} change the owner of this field."
    )
