"""What a person can do about one Incident, or about many: each deed reaches all of its open errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from integrations.admin import halts
from integrations.admin.bulk import bulk_action
from integrations.admin.error_forms import (
    AssignForm,
    AssignManyForm,
    CommentForm,
    IgnoreForm,
    IgnoreManyForm,
    PutOffForm,
)
from integrations.admin.frame import DialogForm, FactsAdmin, action
from integrations.models import ErrorRecord
from integrations.sync import retry
from monitoring.incidents import decisions
from monitoring.models import Incident

OF_OPEN = ("retry_all", "retry_one", "ignore", "put_off", "assign")
RETRIED = (
    "They are sent again with the present mappings. Those in doubt are left out: a person must look at each."
)


class PutOffIncidentForm(PutOffForm):
    def open_of_cause(self) -> int:
        incident = Incident.objects.filter(pk=self.object_id or 0).first()
        return decisions.open_errors(incident).count() if incident is not None else 0


class IncidentActions(FactsAdmin):
    actions = ("retry_many", "ignore_many", "assign_many")
    actions_detail = (
        "retry_all",
        "retry_one",
        "take_up",
        {"title": "More", "items": ["put_off", "ignore", "assign", "comment"]},
    )

    def has_retry_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.retry_errorrecord")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what makes sense for this incident as it stands."""
        offered = super().get_actions_detail(request, object_id)
        incident = self.get_object(request, str(object_id))
        if incident is None or not incident.is_open:
            return [entry for entry in offered if entry.path == "comment"]
        hidden = "put_off" if decisions.ignored_until(incident) else "take_up"
        return [entry for entry in offered if entry.path != hidden]

    @action(
        "Retry all",
        icon="refresh",
        permissions=["retry"],
        title="Retry all of its records",
        text=RETRIED,
        button="Retry all",
    )
    def retry_all(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        incident = self.object_for(request, object_id, "retry")
        queued = decisions.retry_all(incident, self.person(request))
        if not queued:
            sentence = "Nothing was sent: its records are on their way already, settled, or in doubt."
            return self._back(request, incident, sentence, messages.INFO)
        return self._back(request, incident, _sent_again(incident, queued))

    @action(
        "Retry one first",
        icon="looks_one",
        permissions=["retry"],
        title="Retry one record first",
        text=f"The most urgent one is sent again: {retry.URGENT_FIRST}. When it has arrived, retry the rest; if it "
        "fails, it comes back here.",
        button="Retry one",
    )
    def retry_one(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        incident = self.object_for(request, object_id, "retry")
        try:
            error = decisions.retry_one(incident, self.person(request))
        except decisions.NotPossible as reason:
            return self._back(request, incident, str(reason), messages.INFO)
        if error is None:
            sentence = "Nothing was sent: its records are on their way already, settled, or in doubt."
            return self._back(request, incident, sentence, messages.INFO)
        rows = ErrorRecord.objects.filter(pk=error.pk)
        told = halts.queued(
            f"{error.subject or 'One record'} is on its way again. Its page shows how it ends.", rows
        )
        return self.done(request, told, reverse("admin:integrations_errorrecord_change", args=[error.pk]))

    @action(
        "Ignore until…",
        icon="snooze",
        permissions=["retry"],
        title="Ignore this incident for now",
        text="Its errors stay open, and nothing is sent. It leaves the list and the front page until then.",
        button="Ignore for now",
        form=PutOffIncidentForm,
    )
    def put_off(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        incident = self.object_for(request, object_id, "retry")
        asked = form.cleaned_data

        def decide(by: User) -> None:
            decisions.put_off(incident, asked["until"], asked["up_to"], asked["reason"], by)

        return self._decide(request, incident, decide, "Ignored for now. It comes back by itself.")

    @action(
        "Take it up again",
        icon="alarm_off",
        permissions=["retry"],
        title="Take this incident up again",
        text="It stands in the list again, for somebody to look after.",
        button="Take it up",
    )
    def take_up(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        incident = self.object_for(request, object_id, "retry")
        if not decisions.take_up(incident, self.person(request)):
            return self._back(request, incident, "It was taken up already.", messages.INFO)
        return self._back(request, incident, "It stands in the list again.")

    @action(
        "Ignore all",
        icon="visibility_off",
        permissions=["retry"],
        title="Ignore all of its records",
        text="They are settled, and stay in the destination as they are. Newer versions of them are delivered as "
        "usual. Those in doubt are left out.",
        button="Ignore all",
        form=IgnoreForm,
    )
    def ignore(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        incident = self.object_for(request, object_id, "retry")
        ignored = decisions.ignore_all(incident, form.cleaned_data["reason"], self.person(request))
        if not ignored:
            sentence = "Nothing was ignored: its records are settled, or in doubt."
            return self._back(request, incident, sentence, messages.INFO)
        return self._back(request, incident, f"{_records(ignored)} ignored. The reason is kept below.")

    @action(
        "Assign",
        icon="person_add",
        permissions=["retry"],
        title="Assign this incident",
        text="So that everybody sees who looks after it.",
        button="Assign",
        form=AssignForm,
    )
    def assign(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        incident = self.object_for(request, object_id, "retry")
        assignee = form.cleaned_data["assignee"]
        decisions.assign(incident, assignee, self.person(request))
        return self._back(request, incident, f"{assignee} has it now.")

    @action(
        "Comment",
        icon="comment",
        permissions=["retry"],
        title="Comment",
        text="For whoever looks at this incident next.",
        button="Keep it",
        form=CommentForm,
    )
    def comment(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        incident = self.object_for(request, object_id, "retry")
        text = form.cleaned_data["text"]
        return self._decide(
            request, incident, lambda by: decisions.comment(incident, text, by), "Your comment is kept."
        )

    def _decide(
        self, request: HttpRequest, incident: Incident, decision: Callable[[User], None], sentence: str
    ) -> HttpResponse:
        try:
            decision(self.person(request))
        except decisions.NotPossible as reason:
            return self._back(request, incident, str(reason), messages.ERROR)
        return self._back(request, incident, sentence)

    def _back(
        self, request: HttpRequest, incident: Incident, sentence: str, level: int = messages.SUCCESS
    ) -> HttpResponse:
        address = reverse("admin:monitoring_incident_change", args=[incident.pk])
        return self.done(request, sentence, address, level)

    # --- many incidents -----------------------------------------------------------------------------------------

    @bulk_action("Retry", permission="retry", text=RETRIED, button="Retry them")
    def retry_many(self, request: HttpRequest, rows: QuerySet[Incident], form: forms.Form) -> str:
        by = self.person(request)
        told = _on_their_way(sum(decisions.retry_all(incident, by) for incident in rows))
        marks = list(rows.values_list("fingerprint", flat=True))
        return halts.queued(told, ErrorRecord.objects.filter(fingerprint__in=marks))

    @bulk_action(
        "Ignore all",
        permission="retry",
        text="All of their records are settled, and stay in the destination as they are. Newer versions are "
        "delivered as usual. Those in doubt are left out.",
        button="Ignore them",
        form=IgnoreManyForm,
    )
    def ignore_many(self, request: HttpRequest, rows: QuerySet[Incident], form: forms.Form) -> str:
        by, reason = self.person(request), form.cleaned_data["reason"]
        return f"{_records(sum(decisions.ignore_all(row, reason, by) for row in rows))} ignored."

    @bulk_action(
        "Assign",
        permission="retry",
        text="So that everybody sees who looks after them.",
        button="Assign them",
        form=AssignManyForm,
    )
    def assign_many(self, request: HttpRequest, rows: QuerySet[Incident], form: forms.Form) -> str:
        by, assignee = self.person(request), form.cleaned_data["assignee"]
        for incident in rows:
            decisions.assign(incident, assignee, by)
        return f"{assignee} has them now."


def _records(number: int) -> str:
    return "1 record is" if number == 1 else f"{number:,} records are"


def _sent_again(incident: Incident, number: int) -> str:
    """What stopped a job is no record's: its job goes on."""
    if ErrorRecord.objects.filter(fingerprint=incident.fingerprint, delivery__isnull=True).exists():
        return "The job goes on." if number == 1 else f"{number:,} jobs go on."
    return halts.queued(_on_their_way(number), decisions.open_errors(incident))


def _on_their_way(number: int) -> str:
    return f"{_records(number)} on {'its' if number == 1 else 'their'} way again."
