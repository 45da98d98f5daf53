"""The workflows on the front page, as they were last measured."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from integrations.models import Workflow

SHOWN = 6


def strip() -> dict[str, Any]:
    """Those that keep least of what they promise first."""
    rows = list(Workflow.objects.select_related("verdict").order_by("-verdict__not_met", "name")[: SHOWN + 1])
    return {"workflows": [_entry(row) for row in rows[:SHOWN]], "more_workflows": len(rows) > SHOWN}


def _entry(row: Workflow) -> dict[str, str]:
    verdict = getattr(row, "verdict", None)
    told = {"name": row.name, "href": reverse("admin:monitoring_workflowresult_change", args=[row.pk])}
    if verdict is None:
        return {**told, "said": "not measured yet", "class": "portal-quiet"}
    tone = "bad" if verdict.not_met else "good" if verdict.met else "quiet"
    return {**told, "said": str(verdict), "class": f"portal-{tone}"}
