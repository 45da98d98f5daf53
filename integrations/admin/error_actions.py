"""What a person can decide about one error, or about many."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from integrations.exceptions import Failure
from integrations.models import Effect, ErrorRecord, Wanted
from integrations.sync import own_cases, put_off, receipts, retry

from . import halts
from .bulk import bulk_action
from .error_forms import (
    ArrivedForm,
    AssignForm,
    AssignManyForm,
    CommentForm,
    IgnoreForm,
    IgnoreManyForm,
    PutOffFields,
    PutOffForm,
)
from .error_page import is_in_doubt, may_be_edited, may_be_read_back
from .frame import DialogForm, FactsAdmin, action
from .halts import standing
from .payload_page import edit_payload
from .suite_cases import MakeCaseForm

IN_DOUBT_ACTIONS = ("confirm_arrived", "send_again")
PLAIN_ACTIONS = ("retry_now",)


class ErrorActions(FactsAdmin):
    actions = ("retry_many", "put_off_many", "ignore_many", "assign_many")
    actions_detail = (
        "retry_now",
        "confirm_arrived",
        "send_again",
        "read_back",
        "take_up",
        {"title": "More", "items": ["put_off", "ignore", "assign", "comment", "make_case"]},
    )

    def has_retry_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.retry_errorrecord")

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what makes sense for this error: a doubt is settled by a person, never by a plain retry."""
        offered = super().get_actions_detail(request, object_id)
        error = self.get_object(request, str(object_id))
        if error is not None and own_cases.why_none(error):
            offered = [entry for entry in offered if entry.path != "make_case"]
        if error is None or not error.is_open:
            left = ("comment", "read_back") if error is not None and may_be_read_back(error) else ("comment",)
            return [entry for entry in offered if entry.path in (*left, "make_case")]
        of_time = "put_off" if error.is_put_off else "take_up"
        hidden = (*(PLAIN_ACTIONS if is_in_doubt(error) else IN_DOUBT_ACTIONS), "read_back", of_time)
        return [entry for entry in offered if entry.path not in hidden]

    # --- one error --------------------------------------------------------------------------------------------

    @action(
        "Retry",
        icon="refresh",
        permissions=["retry"],
        title="Retry this record",
        text="It is sent again with the present mapping. If it fails again, it comes back here.",
        button="Retry",
    )
    def retry_now(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        error = self.error(request, object_id, "retry")
        rows = ErrorRecord.objects.filter(pk=error.pk)
        if is_in_doubt(error) or not retry.retry(rows, self.person(request)):
            if error.is_open and error.delivery is not None and error.delivery.state in retry.UNDER_WAY:
                if stands := standing(error.job):
                    told = format_html("It is queued already. {}: it goes when the job is resumed.", stands)
                    return self._back(request, error, told, messages.WARNING)
                return self._back(
                    request, error, "It is on its way already. Wait for how that ends.", messages.INFO
                )
            sentence = "This error cannot be retried: it is settled, or in doubt."
            return self._back(request, error, sentence, messages.ERROR)
        if error.delivery_id is None:
            return self._back(request, error, f"{error.subject or 'The job'} goes on.")
        if stands := standing(error.job):
            told = format_html("The record is queued. {}: it goes when the job is resumed.", stands)
            return self._back(request, error, told, messages.WARNING)
        return self._back(request, error, "The record is on its way again.")

    @action(
        "It had arrived",
        icon="check_circle",
        permissions=["retry"],
        title="It had arrived",
        text="You looked, and it is there. Crossdock remembers the id and sends nothing.",
        button="It had arrived",
        form=ArrivedForm,
    )
    def confirm_arrived(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        error = self.error(request, object_id, "retry")
        external_id = form.cleaned_data["external_id"].strip()
        return self._decide(
            request,
            error,
            lambda by: retry.confirm_arrived(error, external_id, by),
            "Settled: it had arrived.",
        )

    @action(
        "Send it again",
        icon="send",
        permissions=["retry"],
        title="Send it again",
        text="You looked, and it is not there. If it is there after all, the other system will have it twice.",
        button="Send it again",
    )
    def send_again(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        error = self.error(request, object_id, "retry")
        return self._decide(request, error, lambda by: retry.send_again(error, by), "It is being sent again.")

    @action(
        "Read it back",
        icon="fact_check",
        permissions=["retry"],
        title="Read this record back",
        text="The other system is asked what it has of it now. Nothing is changed there.",
        button="Read it back",
    )
    def read_back(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        error = self.error(request, object_id, "retry")
        receipt = receipts.make(error.pk) if may_be_read_back(error) else None
        if receipt is None:
            return self._back(request, error, "Nothing of it was delivered yet.", messages.ERROR)
        level = messages.SUCCESS if receipt.effect in (Effect.ONCE, Effect.THERE) else messages.WARNING
        return self._back(request, error, receipt.sentence, level)

    @action(
        "Ignore until…",
        icon="snooze",
        permissions=["retry"],
        title="Ignore this error for now",
        text="It stays open, and nothing is sent. It leaves the list and the front page until then.",
        button="Ignore for now",
        form=PutOffForm,
    )
    def put_off(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        error = self.error(request, object_id, "retry")
        asked = form.cleaned_data

        def decide(by: User) -> None:
            rows = ErrorRecord.objects.filter(pk=error.pk)
            if not put_off.put_off(rows, asked["until"], asked["up_to"], asked["reason"], by):
                raise retry.NotPossible("This error is settled already.")

        return self._decide(request, error, decide, "Ignored for now. It comes back by itself.")

    @action(
        "Take it up again",
        icon="alarm_off",
        permissions=["retry"],
        title="Take this error up again",
        text="It stands in the list again, for somebody to look after.",
        button="Take it up",
    )
    def take_up(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        error = self.error(request, object_id, "retry")
        if not put_off.take_up(ErrorRecord.objects.filter(pk=error.pk), self.person(request)):
            return self._back(request, error, "It was taken up already.", messages.INFO)
        return self._back(request, error, "It stands in the list again.")

    @action(
        "Ignore",
        icon="visibility_off",
        permissions=["retry"],
        title="Ignore this error",
        text="The record stays as it is in the destination. A newer version of it is delivered as usual.",
        button="Ignore",
        form=IgnoreForm,
    )
    def ignore(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        error = self.error(request, object_id, "retry")
        rows = ErrorRecord.objects.filter(pk=error.pk)
        if not retry.ignore(rows, form.cleaned_data["reason"], self.person(request)):
            return self._back(request, error, "This error is settled already.", messages.ERROR)
        return self._back(request, error, "Ignored. The reason is kept below.")

    @action(
        "Assign",
        icon="person_add",
        permissions=["retry"],
        title="Assign this error",
        text="So that everybody sees who looks after it.",
        button="Assign",
        form=AssignForm,
    )
    def assign(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        error = self.error(request, object_id, "retry")
        assignee = form.cleaned_data["assignee"]
        retry.assign(ErrorRecord.objects.filter(pk=error.pk), assignee, self.person(request))
        return self._back(request, error, f"{assignee} has it now.")

    @action(
        "Comment",
        icon="comment",
        permissions=["retry"],
        title="Comment",
        text="For whoever looks at this error next.",
        button="Keep it",
        form=CommentForm,
    )
    def comment(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        error = self.error(request, object_id, "retry")
        text = form.cleaned_data["text"]
        return self._decide(
            request, error, lambda by: retry.comment(error, text, by), "Your comment is kept."
        )

    def has_make_case_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.add_suitecase")

    @action(
        "Make it a case of the sandbox suite",
        icon="checklist",
        permissions=["make_case"],
        title="Make it a case of the sandbox suite",
        text="Every suite of the jobs that read this tries it from now on. A copy of the record is kept encrypted, "
        "with harmless values in place of a person's. What the real system alone refuses is not seen by the suite.",
        button="Make the case",
        form=MakeCaseForm,
    )
    def make_case(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        error = self.error(request, object_id, "make_case")
        told = form.cleaned_data
        try:
            case = own_cases.make_case(error, told["title"], Wanted(told["wanted"]), self.person(request))
        except own_cases.NoCase as why:
            return self._back(request, error, str(why), messages.ERROR)
        except Failure as failure:
            return self._back(request, error, f"No case was made. {failure.sentence}", messages.ERROR)
        url = reverse("admin:integrations_suitecase_change", args=[case.pk])
        return self.done(request, f"“{case.title}” is a case from now on. Run the suite at its job.", url)

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Edit the source's record and send it as written."""
        error = self.error(request, object_id, "retry")
        if not may_be_edited(error):
            is_nameless = error.is_open and retry.is_nameless(error)
            sentence = (
                retry.NAMELESS if is_nameless else "This error cannot be retried with an edited record."
            )
            if request.method == "POST" and not error.is_open:
                sentence = "It was settled meanwhile: this edit was not taken."
            return self._back(request, error, sentence, messages.ERROR)
        return edit_payload(self, request, error)

    def error(self, request: HttpRequest, object_id: str, permission: str) -> ErrorRecord:
        """The row with all that belongs to it, if this user may do this to it."""
        found: ErrorRecord = self.object_for(request, object_id, permission)
        belongings = ("connection", "delivery", "run", "intent", "job__read_mapping", "job__write_mapping")
        return ErrorRecord.objects.select_related(*belongings).get(pk=found.pk)

    def _decide(
        self, request: HttpRequest, error: ErrorRecord, decision: Callable[[User], None], sentence: str
    ) -> HttpResponse:
        """Does what the person decided, and says why where it does not fit the error (any more)."""
        try:
            decision(self.person(request))
        except retry.NotPossible as reason:
            return self._back(request, error, str(reason), messages.ERROR)
        return self._back(request, error, sentence)

    def _back(
        self, request: HttpRequest, error: ErrorRecord, sentence: str, level: int = messages.SUCCESS
    ) -> HttpResponse:
        return self.done(request, sentence, change_url(error), level)

    # --- many errors ------------------------------------------------------------------------------------------

    @bulk_action(
        "Retry",
        permission="retry",
        text="They are sent again with the present mappings. Those in doubt are left out: a person must look.",
        button="Retry them",
    )
    def retry_many(self, request: HttpRequest, rows: QuerySet[ErrorRecord], form: forms.Form) -> str:
        chosen = rows.count()
        queued = retry.retry(_plain(rows), self.person(request))
        rest = chosen - queued
        left = "was left as it is" if rest == 1 else "were left as they are"
        told = f" {rest:,} {left}: settled, or in doubt." if rest > 0 else ""
        way = "is on its way again" if queued == 1 else "are on their way again"
        return halts.queued(f"{queued:,} of {chosen:,} {way}.{told}", _plain(rows))

    @bulk_action(
        "Ignore until…",
        permission="retry",
        text="They stay open, and nothing is sent. They leave the list and the front page until then.",
        button="Ignore them for now",
        form=PutOffFields,
    )
    def put_off_many(self, request: HttpRequest, rows: QuerySet[ErrorRecord], form: forms.Form) -> str:
        asked = form.cleaned_data
        by = self.person(request)
        number = put_off.put_off(_plain(rows), asked["until"], asked["up_to"], asked["reason"], by)
        back = "It comes back by itself." if number == 1 else "They come back by themselves."
        return f"{_errors(number)} ignored for now. {back}"

    @bulk_action(
        "Ignore",
        permission="retry",
        text="The records stay as they are in the destination. Newer versions are delivered as usual.",
        button="Ignore them",
        form=IgnoreManyForm,
    )
    def ignore_many(self, request: HttpRequest, rows: QuerySet[ErrorRecord], form: forms.Form) -> str:
        ignored = retry.ignore(_plain(rows), form.cleaned_data["reason"], self.person(request))
        return f"{_errors(ignored)} ignored."

    @bulk_action(
        "Assign",
        permission="retry",
        text="So that everybody sees who looks after them.",
        button="Assign them",
        form=AssignManyForm,
    )
    def assign_many(self, request: HttpRequest, rows: QuerySet[ErrorRecord], form: forms.Form) -> str:
        assignee = form.cleaned_data["assignee"]
        number = retry.assign(_plain(rows), assignee, self.person(request))
        return f"{assignee} has {number:,} {'error' if number == 1 else 'errors'} now."


def change_url(error: ErrorRecord) -> str:
    return reverse("admin:integrations_errorrecord_change", args=[error.pk])


def _errors(number: int) -> str:
    return "1 error is" if number == 1 else f"{number:,} errors are"


def _plain(rows: QuerySet[ErrorRecord]) -> QuerySet[ErrorRecord]:
    """The same rows without the list's columns and order, for the engine to work on."""
    return ErrorRecord.objects.filter(pk__in=rows.order_by().values("pk"))
