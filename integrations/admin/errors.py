"""Errors: understood in the list, settled with one click."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from integrations.exceptions import Failure
from integrations.models import Decision, ErrorRecord, Judgement
from integrations.sync import retry
from integrations.templatetags.portal import ago, money

from .connection_form import as_json
from .error_filters import InDoubt, SeenWhen, StillOpen, StuckMoney, WhoHasIt, WhoseFault
from .error_forms import (
    ArrivedForm,
    AssignForm,
    AssignManyForm,
    CommentForm,
    IgnoreForm,
    IgnoreManyForm,
    PayloadForm,
)
from .error_page import is_in_doubt, may_be_edited, page_of
from .frame import Crumb, DialogForm, FactsAdmin, QuickView, action, bulk_action, display
from .job_columns import KIND_COLOURS
from .questions import WhichJob, WhichSystem

IN_DOUBT_ACTIONS = ("confirm_arrived", "send_again")
PLAIN_ACTIONS = ("retry_now",)


@admin.register(ErrorRecord)
class ErrorRecordAdmin(FactsAdmin):
    list_display = ("what_happened", "kind_label", "job", "value", "last_seen", "tries", "who_has_it")
    list_filter = (StillOpen, WhoseFault, WhichJob, InDoubt, WhoHasIt, StuckMoney, WhichSystem, SeenWhen)
    search_fields = ("subject", "sentence")
    search_help_text = "Order number or words of the sentence"
    ordering = ("-last_seen_at", "-id")
    narrowed_by = {"run": "Run", "fingerprint": "Cause", "delivery": "Record", "code": "Code"}
    change_form_template = "admin/integrations/errorrecord/page.html"
    actions = ("retry_many", "ignore_many", "assign_many")
    actions_detail = (
        "retry_now",
        "confirm_arrived",
        "send_again",
        {"title": "More", "items": ["ignore", "assign", "comment"]},
    )
    quick_views = (
        QuickView("Open", ""),
        QuickView("In doubt", "doubt=yes"),
        QuickView("Mine", "assigned=me"),
        QuickView("Nobody's", "assigned=nobody"),
        QuickView("Settled", "open=settled"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ErrorRecord]:
        rows: QuerySet[ErrorRecord] = super().get_queryset(request)
        newest = Judgement.objects.filter(error=OuterRef("pk"), decision=Decision.ASSIGN).order_by("-id")
        return (
            rows.select_related("job", "connection")
            .defer("evidence", "payload")
            .annotate(assigned_to=Subquery(newest.values("assignee__username")[:1]))
        )

    # --- the list ---------------------------------------------------------------------------------------------

    @display("What happened", ordering="sentence")
    def what_happened(self, row: ErrorRecord) -> str:
        return format_html('<span class="portal-sentence">{}</span>', row.sentence)

    @display("Whose fault", ordering="kind", label=KIND_COLOURS)
    def kind_label(self, row: ErrorRecord) -> str:
        return row.get_kind_display()

    @display("Value", ordering="amount")
    def value(self, row: ErrorRecord) -> str:
        worth = money(row.amount, row.currency) if row.amount is not None else "–"
        return format_html('<span class="portal-amount">{}</span>', worth)

    @display("Last seen", ordering="last_seen_at")
    def last_seen(self, row: ErrorRecord) -> str:
        return ago(row.last_seen_at)

    @display("Tries", ordering="attempts")
    def tries(self, row: ErrorRecord) -> int:
        return row.attempts

    @display("Who has it", ordering="assigned_to")
    def who_has_it(self, row: Any) -> str:
        return row.assigned_to or "–"

    # --- the page ---------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        edit = path(
            "<path:object_id>/edit/",
            self.admin_site.admin_view(self.edit_view),
            name="integrations_errorrecord_edit",
        )
        return [edit, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        error = self._error(request, object_id, "view")
        shown = page_of(error, self.has_retry_permission(request, error))
        shown["original"] = Crumb(error, error.subject or "Error")
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **shown})

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> Any:
        """Only what makes sense for this error: a doubt is settled by a person, never by a plain retry."""
        offered = super().get_actions_detail(request, object_id)
        error = self.get_object(request, str(object_id))
        if error is None or not error.is_open:
            return [entry for entry in offered if entry.path == "comment"]
        hidden = PLAIN_ACTIONS if is_in_doubt(error) else IN_DOUBT_ACTIONS
        return [entry for entry in offered if entry.path not in hidden]

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Edit the source's record and send it as written. Changes something only on POST."""
        error = self._error(request, object_id, "retry")
        url = reverse("admin:integrations_errorrecord_change", args=[error.pk])
        if not may_be_edited(error):
            return self.done(
                request, "This error cannot be retried with an edited record.", url, messages.ERROR
            )
        form = PayloadForm(request.POST or None, initial={"payload": as_json(error.payload)})
        if form.is_valid():
            try:
                retry.retry_with_payload(error, form.cleaned_data["payload"], self.person(request))
            except Failure as failure:
                form.add_error("payload", failure.sentence)
            else:
                return self.done(request, "The edited record is on its way.", url)
        return self.page(
            request,
            "admin/integrations/errorrecord/edit.html",
            "Edit the record and retry",
            error=error,
            form=form,
            back=url,
            original=Crumb(error, error.subject or "Error"),
        )

    def _error(self, request: HttpRequest, object_id: str, permission: str) -> ErrorRecord:
        found: ErrorRecord = self.object_for(request, object_id, permission)
        return (
            ErrorRecord.objects.select_related(
                "job", "connection", "delivery", "run", "intent", "job__read_mapping"
            )
            .select_related("job__write_mapping")
            .get(pk=found.pk)
        )

    # --- one error --------------------------------------------------------------------------------------------

    def has_retry_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.retry_errorrecord")

    @action(
        "Retry",
        icon="refresh",
        permissions=["retry"],
        title="Retry this record",
        text="It is sent again with the present mapping. If it fails again, it comes back here.",
        button="Retry",
    )
    def retry_now(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        error = self._error(request, object_id, "retry")
        queued = (
            0
            if is_in_doubt(error)
            else retry.retry(ErrorRecord.objects.filter(pk=error.pk), self.person(request))
        )
        if not queued:
            return self._back(
                request, error, "This error cannot be retried: it is settled, or in doubt.", messages.ERROR
            )
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
        error = self._error(request, object_id, "retry")
        if not (error.is_open and is_in_doubt(error)):
            return self._back(request, error, "This error is not in doubt any more.", messages.ERROR)
        retry.confirm_arrived(error, form.cleaned_data["external_id"].strip(), self.person(request))
        return self._back(request, error, "Settled: it had arrived.")

    @action(
        "Send it again",
        icon="send",
        permissions=["retry"],
        title="Send it again",
        text="You looked, and it is not there. If it is there after all, the other system will have it twice.",
        button="Send it again",
    )
    def send_again(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        error = self._error(request, object_id, "retry")
        if not (error.is_open and is_in_doubt(error)):
            return self._back(request, error, "This error is not in doubt any more.", messages.ERROR)
        retry.send_again(error, self.person(request))
        return self._back(request, error, "It is being sent again.")

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
        error = self._error(request, object_id, "retry")
        ignored = retry.ignore(
            ErrorRecord.objects.filter(pk=error.pk), form.cleaned_data["reason"], self.person(request)
        )
        if not ignored:
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
        error = self._error(request, object_id, "retry")
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
        error = self._error(request, object_id, "retry")
        retry.comment(error, form.cleaned_data["text"], self.person(request))
        return self._back(request, error, "Your comment is kept.")

    def _back(
        self, request: HttpRequest, error: ErrorRecord, sentence: str, level: int = messages.SUCCESS
    ) -> HttpResponse:
        return self.done(
            request, sentence, reverse("admin:integrations_errorrecord_change", args=[error.pk]), level
        )

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
        left = f" {chosen - queued} were left as they are: settled, or in doubt." if queued < chosen else ""
        return f"{queued} of {chosen} are on their way again.{left}"

    @bulk_action(
        "Ignore",
        permission="retry",
        text="The records stay as they are in the destination. Newer versions are delivered as usual.",
        button="Ignore them",
        form=IgnoreManyForm,
    )
    def ignore_many(self, request: HttpRequest, rows: QuerySet[ErrorRecord], form: forms.Form) -> str:
        return f"{retry.ignore(_plain(rows), form.cleaned_data['reason'], self.person(request))} errors are ignored."

    @bulk_action(
        "Assign",
        permission="retry",
        text="So that everybody sees who looks after them.",
        button="Assign them",
        form=AssignManyForm,
    )
    def assign_many(self, request: HttpRequest, rows: QuerySet[ErrorRecord], form: forms.Form) -> str:
        assignee = form.cleaned_data["assignee"]
        return f"{assignee} has {retry.assign(_plain(rows), assignee, self.person(request))} errors now."


def _plain(rows: QuerySet[ErrorRecord]) -> QuerySet[ErrorRecord]:
    """The same rows without the list's columns and order, for the engine to work on."""
    return ErrorRecord.objects.filter(pk__in=rows.order_by().values("pk"))
