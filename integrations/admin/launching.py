"""What the dialog of a launch says: everything that is missing, and where each is mended."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from integrations.models import Workflow
from integrations.sync import launch

from .frame import DialogForm


def way_to(lacking: launch.Missing) -> str:
    """The page on which it is mended."""
    address = reverse(lacking.page, args=lacking.arguments)
    return f"{address}?{lacking.query}" if lacking.query else address


class LaunchForm(DialogForm):
    """Nothing to fill in."""

    form_before_template = "admin/integrations/workflow/missing.html"

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        key = str(object_id)
        workflow = Workflow.objects.filter(pk=int(key)).first() if key.isdecimal() else None
        lacking = launch.missing(workflow) if workflow is not None else []
        return {"missing": [{"sentence": one.sentence, "href": way_to(one)} for one in lacking]}
