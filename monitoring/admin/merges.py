"""Merge proposals: contacts that may be one person, for a person to decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from integrations.admin.frame import DialogForm, FactsAdmin, QuickView, action, display
from integrations.admin.questions import Question, WhichSystem
from integrations.admin.record_pages import page_in
from integrations.templatetags.portal import ago
from monitoring import merges
from monitoring.both_contacts import Both, fetch_both
from monitoring.models import MergeProposal, Proposed, Reason

COLOURS = {
    Proposed.OPEN.label: "info",
    Proposed.ACCEPTED.label: "success",
    Proposed.REJECTED.label: "warning",
    Proposed.GONE.label: "default",
    Proposed.UNDONE.label: "warning",
}
LIKELY, UNLIKELY = 90, 60


class Decided(Question):
    title = "Decided?"
    parameter_name = "state"
    answers = (
        *((value, label, Q(state=value)) for value, label in Proposed.choices),
        ("all", "All", Q()),
    )


class Why(Question):
    title = "Why alike?"
    parameter_name = "reason"
    answers = (("all", "All", Q()), *((value, label, Q(reason=value)) for value, label in Reason.choices))


class KeepForm(DialogForm):
    kept = forms.ChoiceField(label="Which one is written from now on?", choices=(), widget=forms.RadioSelect)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        row = MergeProposal.objects.filter(pk=self.object_id or 0).first()
        if row is not None:
            self.fields["kept"].choices = [  # type: ignore[attr-defined]  # of a ChoiceField
                (row.first_id, f"{row.first_id}, the older one"),
                (row.second_id, row.second_id),
            ]
            self.fields["kept"].initial = row.first_id


@admin.register(MergeProposal)
class MergeProposalAdmin(FactsAdmin):
    list_display = ("what", "system", "why", "certainty", "state_label", "found", "decided")
    list_display_links = ("what",)
    list_filter = (Decided, Why, WhichSystem)
    list_select_related = ("connection", "decided_by")
    empty_title = "Nobody seems to be there twice"
    empty_text = (
        "Contacts of one system with the same e-mail address or phone are proposed here. They are found in the \
books: have a job carry a system's customers there."
    )
    ordering = ("-confidence", "id")
    change_form_template = "admin/monitoring/mergeproposal/page.html"
    quick_views = (
        QuickView("To be decided", ""),
        QuickView("One person", f"state={Proposed.ACCEPTED}"),
        QuickView("Two people", f"state={Proposed.REJECTED}"),
        QuickView("Undone", f"state={Proposed.UNDONE}"),
    )
    actions_detail = ("one_person", "two_people", "undo")

    def has_decide_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("monitoring.decide_mergeproposal")

    def get_queryset(self, request: HttpRequest) -> QuerySet[MergeProposal]:
        rows: QuerySet[MergeProposal] = super().get_queryset(request)
        return rows.defer("connection__secrets")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        row = self.get_object(request, str(object_id))
        if row is None or row.state == Proposed.REJECTED:
            return []
        shown = ("undo",) if row.state == Proposed.ACCEPTED else ("one_person", "two_people")
        every = super().get_actions_detail(request, object_id)
        return [one for one in every if one.action_name.endswith(shown)]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What the two are called is fetched when it is asked for, and only for who may decide."""
        row = self.object_for(request, object_id, "view")
        may_see = self.has_decide_permission(request)
        both = fetch_both(row) if may_see and "both" in request.GET else Both()
        pages = [
            (name, page_in(row.connection, row.resource, name)) for name in (row.first_id, row.second_id)
        ]
        more = {"proposal": row, "both": both, "may_see": may_see, "pages": pages}
        more |= {"state_colour": COLOURS[row.get_state_display()], "title": str(row)}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})

    @action(
        "They are one person",
        icon="merge",
        permissions=["decide"],
        title="They are one person",
        text="From now on Crossdock writes the contact that you choose, and leaves the other one alone. Nothing is \
changed in the other system: merge the two there, with its own “Merge”.",
        button="One person",
        form=KeepForm,
    )
    def one_person(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        row = self.object_for(request, object_id, "decide")
        kept = form.cleaned_data["kept"]
        if not merges.accept(row, kept, self.person(request)):
            return self._back(request, row, "This was decided already.", messages.ERROR)
        self.log_change(request, row, f"One person; {kept} is written.")
        name = row.connection.name
        return self._back(request, row, f"{kept} is written from now on. Merge the two in {name} as well.")

    @action(
        "They are two people",
        icon="group",
        permissions=["decide"],
        title="They are two people",
        text="They stay two, and are not proposed again.",
        button="Two people",
    )
    def two_people(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        row = self.object_for(request, object_id, "decide")
        if not merges.reject(row, self.person(request)):
            return self._back(request, row, "This was decided already.", messages.ERROR)
        self.log_change(request, row, "Two people.")
        return self._back(request, row, "They stay two, and are not proposed again.")

    @action(
        "Undo: they are not one person",
        icon="undo",
        permissions=["decide"],
        title="Undo this decision",
        text="From now on Crossdock writes each of the two from its own records again. What it wrote into the other \
system stays there, and if the two were merged there, they stay merged: that can only be corrected there.",
        button="Undo it",
    )
    def undo(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        row = self.object_for(request, object_id, "decide")
        undone = merges.undo(row, self.person(request))
        if undone.problem:
            return self._back(request, row, undone.problem, messages.ERROR)
        self.log_change(request, row, f"Undone. Written to {row.kept_id} meanwhile: {undone.written}.")
        return self._back(request, row, _what_stays(row, undone.written))

    def _back(
        self, request: HttpRequest, row: MergeProposal, sentence: str, level: int = messages.SUCCESS
    ) -> HttpResponse:
        return self.done(
            request, sentence, reverse("admin:monitoring_mergeproposal_change", args=[row.pk]), level
        )

    @display("Contacts")
    def what(self, row: MergeProposal) -> str:
        return format_html("{}<br>{}", row.first_id, row.second_id)

    @display("System", ordering="connection__name")
    def system(self, row: MergeProposal) -> str:
        url = reverse("admin:integrations_connection_change", args=[row.connection_id])
        return format_html('<a href="{}">{}</a>', url, row.connection)

    @display("Why alike", ordering="reason")
    def why(self, row: MergeProposal) -> str:
        return row.get_reason_display()

    @display("Confidence", ordering="confidence")
    def certainty(self, row: MergeProposal) -> str:
        return f"{row.confidence} %"

    @display("Decided", ordering="state", label=COLOURS)
    def state_label(self, row: MergeProposal) -> str:
        return row.get_state_display()

    @display("Found", ordering="found_at")
    def found(self, row: MergeProposal) -> str:
        return ago(row.found_at)

    @display("By", ordering="decided_at")
    def decided(self, row: MergeProposal) -> str:
        if row.decided_at is None:
            return "–"
        return format_html("{}<br>{}", row.decided_by or "somebody", ago(row.decided_at))


def _what_stays(row: MergeProposal, written: int) -> str:
    """What nobody takes back in the other system, and what to do about it."""
    name = row.connection.name
    if not written:
        return f"It is undone. Nothing was written to {row.kept_id} for the other one meanwhile."
    times = "1 write" if written == 1 else f"{written} writes"
    return (
        f"It is undone here. {times} for the other one went to {name} since the decision. What was written there "
        f"stays: look at {row.kept_id} in {name}."
    )
