"""Consents: what people said about being written to, as it was told. Read here, changed nowhere.

People stand here as digests. Whoever has an address and wants its history types it above the list: it is sent in the
form's body and not in the page's address, and it is kept nowhere.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse, reverse_lazy
from django.utils.html import format_html

from integrations.models import ConsentEntry
from integrations.sync import person_consents
from integrations.templatetags.portal import ago
from mappings.search import keyed_hash

from .frame import FactsAdmin, QuickView, display
from .job_columns import rows_url
from .questions import Question, When, WhichSystem

SHORT = 8
LONGEST = 254
ALL = reverse_lazy("admin:integrations_consententry_changelist")
CHANNELS = (("email", "E-mail"), ("sms", "SMS"), ("phone", "Phone"), ("post", "Post"))
COLOURS = {"Given": "success", "Withdrawn": "warning"}


class GivenOrWithdrawn(Question):
    title = "Given or withdrawn?"
    parameter_name = "given"
    answers = (
        ("all", "All", Q()),
        ("yes", "Given", Q(given=True)),
        ("no", "Withdrawn", Q(given=False)),
    )


class WhichChannel(Question):
    title = "Which channel?"
    parameter_name = "channel"
    answers = (("all", "All", Q()), *((value, label, Q(channel=value)) for value, label in CHANNELS))


class WhoTold(WhichSystem):
    title = "Who told us?"

    def condition(self, pk: int) -> Q:
        return Q(told_by_id=pk)


class WhenTold(When):
    title = "When was it told?"


@admin.register(ConsentEntry)
class ConsentEntryAdmin(FactsAdmin):
    list_display = ("who", "channel_label", "what", "said", "told", "place", "recorded", "holds")
    list_display_links = None
    list_filter = (GivenOrWithdrawn, WhichChannel, WhoTold, WhenTold)
    list_select_related = ("told_by",)
    empty_title = "Nobody has said anything yet"
    empty_text = "What a job of customers carries of their consents is kept here, also when it changes."
    ordering = ("-recorded_at", "-id")
    narrowed_by = {"person": "Person"}
    quick_views = (QuickView("All", ""), QuickView("Withdrawn", "given=no"), QuickView("Given", "given=yes"))
    list_before_template = "admin/integrations/consententry/head.html"

    def get_urls(self) -> list[Any]:
        own = path("find/", self.admin_site.admin_view(self.find), name="integrations_consententry_find")
        return [own, *super().get_urls()]

    def find(self, request: HttpRequest) -> HttpResponse:
        """To all that one person said. What was typed comes in the form's body, and only its digest is in the address
        that follows."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        who = request.POST.get("who", "").strip()[:LONGEST]
        if not who:
            return self.done(request, "Type an e-mail address or a phone number.", str(ALL), messages.WARNING)
        digest = keyed_hash("email" if "@" in who else "phone", who)
        if ConsentEntry.objects.filter(person=digest).exists():
            return redirect(rows_url("consententry", person=digest))
        return self.done(request, "Nothing is known of what this person said.", str(ALL), messages.INFO)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response = super().changelist_view(request, extra_context)
        found = getattr(response, "context_data", {}).get("cl")
        if found is not None:
            rows = list(found.result_list)
            holding = person_consents.standing({row.person for row in rows})
            for row in rows:
                said = holding.get((row.person, row.channel))
                row.is_holding = said is not None and (said.at, said.is_no) == (row.at, not row.given)
            found.result_list = rows
        return response

    @display("Person", ordering="person")
    def who(self, row: ConsentEntry) -> str:
        url = rows_url("consententry", person=row.person)
        return format_html('<a href="{}" title="All of this person">Person {}</a>', url, row.person[:SHORT])

    @display("Channel", ordering="channel")
    def channel_label(self, row: ConsentEntry) -> str:
        return dict(CHANNELS).get(row.channel, row.channel)

    @display("What was said", ordering="given", label=COLOURS)
    def what(self, row: ConsentEntry) -> str:
        return "Given" if row.given else "Withdrawn"

    @display("Said", ordering="at")
    def said(self, row: ConsentEntry) -> str:
        return ago(row.at)

    @display("Told by", ordering="told_by__name")
    def told(self, row: ConsentEntry) -> str:
        url = reverse("admin:integrations_connection_change", args=[row.told_by_id])
        return format_html('<a href="{}">{}</a>', url, row.told_by)

    @display("Told", ordering="recorded_at")
    def recorded(self, row: ConsentEntry) -> str:
        return ago(row.recorded_at)

    @display("Holds now")
    def holds(self, row: Any) -> str:
        return "Yes" if row.is_holding else "A later one holds"
