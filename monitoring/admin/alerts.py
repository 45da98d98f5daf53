"""Alerts: who is told (channels), what of (rules), and what has fired (events)."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe

from integrations.admin import widgets
from integrations.admin.frame import DialogForm, FactsAdmin, PortalAdmin, QuickView, action, display
from integrations.admin.questions import Question
from integrations.templatetags.portal import ago
from monitoring.alerts import soundness, telling
from monitoring.models import AlertChannel, AlertEvent, AlertKind, AlertRule, MessageState

MESSAGE_WORDS = {
    MessageState.DUE: "to be sent",
    MessageState.SENDING: "being sent",
    MessageState.SENT: "told",
    MessageState.FAILED: "could not be told",
    MessageState.UNKNOWN: "may have been told",
}


class ChannelForm(forms.ModelForm):  # type: ignore[type-arg]  # the class is no generic when the program runs
    """What is secret is written and never shown again; left empty, it stays as it is."""

    new_address = forms.CharField(
        required=False,
        label="Address",
        widget=widgets.secret(),
        help_text="Webhook and Slack: where the message is sent to. Left empty, it stays as it is.",
    )
    new_signing_secret = forms.CharField(
        required=False,
        label="Signing secret",
        widget=widgets.secret(),
        help_text="Webhook: whsec_ and 24 to 64 random bytes in base64. Left empty, it stays as it is.",
    )

    rules = forms.ModelMultipleChoiceField(
        AlertRule.objects.all(),
        required=False,
        label="Is told of",
        widget=widgets.boxes("Is told of"),
        help_text="The rules that tell this channel. In a new one, those that tell nobody yet are chosen.",
    )

    class Meta:
        model = AlertChannel
        fields = ("name", "key", "kind", "recipients", "quiet_from", "quiet_until", "enabled")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance.pk:
            self.initial["rules"] = list(self.instance.rules.all())
        else:
            self.initial.setdefault("rules", list(AlertRule.objects.filter(channels=None)))

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        recipients = [line.strip() for line in told.get("recipients", "").splitlines() if line.strip()]
        # What is stored was checked as it was entered.
        secrets = {
            name: str(told.get(f"new_{name}") or getattr(self.instance, name) or "").strip()
            for name in ("address", "signing_secret")
        }
        for field, sentence in soundness.of_channel(str(told.get("kind", "")), recipients, **secrets):
            self.add_error(f"new_{field}" if field in secrets else field, sentence)
        if not {"quiet_from", "quiet_until"} & set(self.errors):
            for field, sentence in soundness.of_quiet_hours(told.get("quiet_from"), told.get("quiet_until")):
                self.add_error(field, sentence)
        return told

    def save(self, commit: bool = True) -> Any:
        for name in ("address", "signing_secret"):
            if entered := self.cleaned_data.get(f"new_{name}"):
                setattr(self.instance, name, entered.strip())
        return super().save(commit)

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]  # Django's own word for it, which its stubs leave out
        self.instance.rules.set(self.cleaned_data["rules"])


@admin.register(AlertChannel)
class AlertChannelAdmin(PortalAdmin):
    form = ChannelForm
    list_display = ("name", "kind", "enabled", "rule_count")
    fields = (
        ("name", "key"),
        "kind",
        "recipients",
        "new_address",
        "new_signing_secret",
        "rules",
        ("quiet_from", "quiet_until"),
        "enabled",
    )
    written_with_form = ("address", "signing_secret")
    # Asked only where the chosen kind has it.
    conditional_fields: ClassVar[dict[str, str]] = {
        "recipients": "kind == 'email'",
        "new_address": "kind != 'email'",
        "new_signing_secret": "kind == 'webhook'",
    }
    search_fields = ("name",)
    empty_title = "Nobody is told yet"
    empty_text = "A channel is where an alert goes: e-mail, Slack, or a signed webhook."
    actions_detail = ("send_test",)

    def has_test_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("monitoring.test_alertchannel")

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlertChannel]:
        rows: QuerySet[AlertChannel] = super().get_queryset(request)
        return rows.annotate(number_of_rules=Count("rules"))

    @display("Rules", ordering="number_of_rules")
    def rule_count(self, row: Any) -> int:
        return int(row.number_of_rules)

    @action(
        "Send a test",
        icon="send",
        permissions=["test"],
        title="Send a test alert",
        text="A message is sent through this channel now, as it is saved.",
        button="Send it",
    )
    def send_test(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        channel = self.object_for(request, object_id, "test")
        back = reverse("admin:monitoring_alertchannel_change", args=[channel.pk])
        try:
            telling.tell(channel, telling.test_message(timezone.now(), self.person(request).get_username()))
        except telling.NotSent as reason:
            return self.done(request, f"It was not sent. {reason}", back, messages.ERROR)
        return self.done(request, "The test was sent. See whether it has arrived.", back)


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]  # the class is no generic when the program runs
    class Meta:
        model = AlertRule
        fields = (
            "name",
            "key",
            "kind",
            "workflow",
            "job",
            "threshold",
            "window_minutes",
            "cool_down_minutes",
            "tells_recovery",
            "is_urgent",
            "channels",
            "enabled",
        )
        labels = {
            "threshold": "Limit",
            "window_minutes": "Looks back (minutes)",
            "cool_down_minutes": "Silent after an alert (minutes)",
            "tells_recovery": "Say when it is over",
            "is_urgent": "Urgent",
        }
        help_texts = {
            "cool_down_minutes": "When the same comes back within this time, nobody is told again.",
            "tells_recovery": "The same people are told once more when all is well again.",
        }

    def clean(self) -> dict[str, Any]:
        told: dict[str, Any] = super().clean() or self.cleaned_data
        lacks = soundness.of_rule(
            str(told.get("kind", "")),
            told.get("threshold"),
            has_workflow=bool(told.get("workflow")),
            has_job=bool(told.get("job")),
        )
        for field, sentence in lacks:
            if field not in self.errors:
                self.add_error(field, sentence)
        return told


@admin.register(AlertRule)
class AlertRuleAdmin(PortalAdmin):
    form = RuleForm
    list_display = ("name", "kind", "watches", "channel_names", "enabled", "state_label")
    search_fields = ("name",)
    empty_title = "No alerts yet"
    empty_text = "A rule says what is not all right, and who is told. A workflow needs one before its launch."
    fieldsets = (
        ("What is watched", {"fields": (("name", "key"), ("workflow", "job"))}),
        ("When somebody is told", {"fields": ("kind", ("threshold", "window_minutes"))}),
        (
            "Who is told",
            {"fields": ("channels", "cool_down_minutes", "tells_recovery", "is_urgent", "enabled")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlertRule]:
        rows: QuerySet[AlertRule] = super().get_queryset(request)
        is_open = Count("events", filter=Q(events__recovered_at__isnull=True))
        return (
            rows.select_related("workflow", "job").prefetch_related("channels").annotate(open_events=is_open)
        )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """From a launch: a rule that suits most."""
        usual = {"kind": AlertKind.FAILURES, "threshold": 0, "window_minutes": 60}
        return {**usual, **super().get_changeform_initial_data(request)}

    @display("Watches")
    def watches(self, row: AlertRule) -> str:
        return str(row.workflow or row.job or "everything")

    @display("Tells")
    def channel_names(self, row: AlertRule) -> str:
        return ", ".join(channel.name for channel in row.channels.all()) or "nobody"

    @display("State", label={"Firing": "danger", "Quiet": "success"})
    def state_label(self, row: Any) -> str:
        return "Firing" if row.open_events else "Quiet"


class DoesItFire(Question):
    title = "Is it still firing?"
    parameter_name = "open"
    answers = (
        ("all", "All", Q()),
        ("open", "Firing now", Q(recovered_at__isnull=True)),
        ("over", "Over", Q(recovered_at__isnull=False)),
    )


@admin.register(AlertEvent)
class AlertEventAdmin(FactsAdmin):
    row_names = ("alert", "alerts")
    list_display = ("what", "rule", "fired", "over", "told")
    list_display_links = None
    list_filter = (DoesItFire,)
    list_select_related = ("rule",)
    ordering = ("-fired_at", "-id")
    empty_title = "Nothing has fired"
    empty_text = "When a rule finds that something is not all right, it stands here, with who was told."
    quick_views = (
        QuickView("All", ""),
        QuickView("Firing now", "open=open"),
        QuickView("Over", "open=over"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[AlertEvent]:
        rows: QuerySet[AlertEvent] = super().get_queryset(request)
        return rows.prefetch_related("messages__channel")

    def change_view(
        self, request: HttpRequest, object_id: str, *args: object, **options: object
    ) -> HttpResponse:
        """An event's page is the list of the rows behind it."""
        event = self.object_for(request, object_id, "view")
        return HttpResponse(
            status=302, headers={"Location": event.rows or reverse("admin:monitoring_alertevent_changelist")}
        )

    @display("What happened")
    def what(self, row: AlertEvent) -> str:
        return format_html('<a class="portal-sentence" href="{}">{}</a>', row.rows or "#", row.sentence)

    @display("Fired", ordering="fired_at")
    def fired(self, row: AlertEvent) -> str:
        return ago(row.fired_at)

    @display("Over", ordering="recovered_at")
    def over(self, row: AlertEvent) -> str:
        return ago(row.recovered_at) if row.recovered_at else "not yet"

    @display("Who was told")
    def told(self, row: AlertEvent) -> str:
        lines = (
            (
                message.channel,
                "recovery " if message.is_recovery else "",
                MESSAGE_WORDS[MessageState(message.state)],
                f". {message.sentence}" if message.sentence else "",
            )
            for message in row.messages.all()
        )
        return format_html_join(mark_safe("<br>"), "{}: {}{}{}", lines) or "nobody"
