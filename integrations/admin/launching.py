"""What the dialog of a launch says: everything that is missing, and where each is mended."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse

from integrations.models import Workflow
from integrations.sync import launch

from . import widgets
from .frame import DialogForm


def way_to(lacking: launch.Missing, user: Any) -> str:
    """The page on which it is mended; "" where this person may not open it."""
    model, _, verb = lacking.page.removeprefix("admin:").rpartition("_")
    if lacking.page == launch.RUN_SUITE:
        return _to_page(lacking) if user.has_perm("integrations.run_syncjob") else ""
    needed = {"add": "add", "change": "view", "changelist": "view"}.get(verb)
    app, _, name = model.partition("_")
    if needed is not None and not user.has_perm(f"{app}.{needed}_{name}"):
        return ""
    return _to_page(lacking)


def _to_page(lacking: launch.Missing) -> str:
    address = reverse(lacking.page, args=lacking.arguments)
    return f"{address}?{lacking.query}" if lacking.query else address


class LaunchForm(DialogForm):
    """A reason, where one may stand for what is missing; else nothing to fill in."""

    reason = forms.CharField(
        label="Or launch it all the same. Why?",
        max_length=launch.LONGEST_REASON,
        required=False,
        help_text="It is kept, and stands in the workflow's document.",
        widget=widgets.text(),
    )
    form_before_template = "admin/integrations/workflow/missing.html"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        lacking = _lacking(getattr(self, "object_id", None))
        if not lacking or not all(one.yields for one in lacking):
            del self.fields["reason"]

    def get_before_template_context(
        self, request: HttpRequest, object_id: int | str | None = None
    ) -> dict[str, Any]:
        lacking = _lacking(object_id)
        return {"missing": [{"sentence": one.sentence, "href": way_to(one, request.user)} for one in lacking]}


def _lacking(object_id: int | str | None) -> list[launch.Missing]:
    key = str(object_id)
    workflow = Workflow.objects.filter(pk=int(key)).first() if key.isdecimal() else None
    return launch.missing(workflow) if workflow is not None else []
