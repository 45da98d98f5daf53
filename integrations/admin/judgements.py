"""What people decided about errors, as a list: the rows behind the human touches of a workflow."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from integrations.models import Judgement
from integrations.sync.measures import TOUCHES
from integrations.templatetags.portal import ago

from .frame import FactsAdmin, display
from .questions import Question


class WhatWasDone(Question):
    title = "What was done?"
    parameter_name = "what"
    answers = (
        ("all", "Anything", Q()),
        ("touch", "A record was touched", TOUCHES),
        ("talk", "Commented or assigned", Q(decision__in=["comment", "assign"])),
    )


@admin.register(Judgement)
class JudgementAdmin(FactsAdmin):
    list_display = ("error_link", "decided", "by", "job", "when")
    list_display_links = None
    list_filter = (WhatWasDone,)
    list_select_related = ("error__job", "by")
    ordering = ("-at", "-id")
    empty_title = "Nobody had to do anything"
    empty_text = "What people decide about an error stands here: retried, edited, ignored, confirmed."
    narrowed_by = {"error__job__workflow": "Workflow", "at__gte": "Since", "at__lt": "Before"}

    def change_view(
        self, request: HttpRequest, object_id: str, *args: object, **options: object
    ) -> HttpResponse:
        """It has no page of its own: it is a line on its error's page."""
        judged = self.object_for(request, object_id, "view")
        url = reverse("admin:integrations_errorrecord_change", args=[judged.error_id])
        return HttpResponse(status=302, headers={"Location": url})

    @display("About")
    def error_link(self, row: Judgement) -> str:
        url = reverse("admin:integrations_errorrecord_change", args=[row.error_id])
        return format_html('<a class="portal-sentence" href="{}">{}</a>', url, row.error.sentence)

    @display("What was done", ordering="decision")
    def decided(self, row: Judgement) -> str:
        return row.get_decision_display()

    @display("Job")
    def job(self, row: Judgement) -> str:
        return str(row.error.job or "–")

    @display("When", ordering="at")
    def when(self, row: Judgement) -> str:
        return ago(row.at)
