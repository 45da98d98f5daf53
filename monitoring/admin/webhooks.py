"""The ledger of webhooks: what should have come, what came, what was never told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import F, Q
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html

from integrations.admin.frame import FactsAdmin, QuickView, display
from integrations.admin.job_columns import counted, rows_url
from integrations.admin.questions import Question
from integrations.templatetags.portal import ago
from monitoring.models import MissedWebhook, WebhookHour
from monitoring.webhooks_of_late import of_late


class WasAllTold(Question):
    title = "Was all told?"
    parameter_name = "told"
    answers = (
        ("all", "All", Q()),
        ("missed", "Something was missed", Q(missed__gt=0)),
        ("open", "Something is open", Q(open__gt=0)),
    )


@admin.register(WebhookHour)
class WebhookHourAdmin(FactsAdmin):
    row_names = ("hour", "hours")
    list_display = (
        "in_hour",
        "system",
        "resource",
        "should_have_come",
        "came_number",
        "missed_number",
        "delivered",
        "still_open",
    )
    list_display_links = None
    list_filter = (WasAllTold,)
    list_select_related = ("connection",)
    ordering = ("-hour", "connection", "resource")
    empty_title = "Nothing to compare yet"
    empty_text = (
        "Order webhooks at a connection. What comes is compared each hour with what is found by reading."
    )
    narrowed_by = {"connection": "System"}
    list_before_template = "admin/monitoring/webhookhour/head.html"
    quick_views = (QuickView("All", ""), QuickView("Missed", "told=missed"), QuickView("Open", "told=open"))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(request, {"webhook_lines": of_late(), **(extra_context or {})})

    @display("Hour", ordering="hour")
    def in_hour(self, row: WebhookHour) -> str:
        return date_format(timezone.localtime(row.hour), "j M Y, H:i")

    @display("System", ordering="connection__name")
    def system(self, row: WebhookHour) -> str:
        url = reverse("admin:integrations_connection_change", args=[row.connection_id])
        return format_html('<a href="{}">{}</a>', url, row.connection)

    @display("Should have come", ordering=F("came") + F("missed"))
    def should_have_come(self, row: WebhookHour) -> int:
        return row.came + row.missed

    @display("Came", ordering="came")
    def came_number(self, row: WebhookHour) -> str:
        return counted(
            row.came,
            rows_url(
                "inboundevent",
                connection=row.connection_id,
                resource=row.resource,
                **_of_hour(row, "received_at"),
            ),
        )

    @display("Missed", ordering="missed")
    def missed_number(self, row: WebhookHour) -> str:
        url = reverse("admin:monitoring_missedwebhook_changelist")
        query = "&".join(f"{name}={value}" for name, value in _of_hour(row, "changed_at").items())
        return counted(row.missed, f"{url}?connection={row.connection_id}&resource={row.resource}&{query}")

    @display("Open", ordering="open")
    def still_open(self, row: WebhookHour) -> int:
        return row.open


def _of_hour(row: WebhookHour, moment: str) -> dict[str, str]:
    ends = row.hour + timedelta(hours=1)
    return {
        f"{moment}__gte": row.hour.strftime("%Y-%m-%dT%H:%M:%SZ"),
        f"{moment}__lt": ends.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


@admin.register(MissedWebhook)
class MissedWebhookAdmin(FactsAdmin):
    list_display = ("record", "system", "resource", "changed", "found")
    list_display_links = None
    list_select_related = ("connection", "delivery")
    ordering = ("-changed_at",)
    empty_title = "No webhook was missed"
    empty_text = "A change that a read finds, and that no webhook told, stands here."
    narrowed_by = {
        "connection": "System",
        "resource": "Resource",
        "changed_at__gte": "Since",
        "changed_at__lt": "Before",
    }

    def change_view(
        self, request: HttpRequest, object_id: str, *args: object, **options: object
    ) -> HttpResponse:
        """It has no page of its own: it is a part of its record's story."""
        missed = self.object_for(request, object_id, "view")
        return HttpResponse(
            status=302,
            headers={"Location": reverse("admin:integrations_delivery_change", args=[missed.delivery_id])},
        )

    @display("Record", ordering="delivery__subject")
    def record(self, row: MissedWebhook) -> str:
        url = reverse("admin:integrations_delivery_change", args=[row.delivery_id])
        return format_html('<a href="{}">{}</a>', url, row.delivery)

    @display("System", ordering="connection__name")
    def system(self, row: MissedWebhook) -> str:
        return str(row.connection)

    @display("Changed", ordering="changed_at")
    def changed(self, row: MissedWebhook) -> str:
        return ago(row.changed_at)

    @display("Found by reading", ordering="found_at")
    def found(self, row: MissedWebhook) -> str:
        return ago(row.found_at)
