"""Conflicts: fields in which a system holds something else than their owner, and whose value is to count."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from integrations.models import Conflict, ConflictState, Outcome, Side
from integrations.sync import both_sides, conflicts
from integrations.sync.both_sides import Now
from integrations.templatetags.portal import ago
from mappings.labels import label

from .bulk import bulk_action
from .connection_form import as_json
from .frame import Crumb, DialogForm, FactsAdmin, QuickView, action, display
from .questions import Question, WhichSystem

STATE_COLOURS = {"Open": "danger", "Being settled": "info", "Settled": "success"}
HIDDEN = "••••••"
SHOWN = 200
MOVES = 10


class StillOpen(Question):
    title = "Still open?"
    parameter_name = "open"
    answers = (
        ("open", "Open", Q(settled_at__isnull=True)),
        ("settled", "Settled", Q(settled_at__isnull=False)),
        ("all", "All", Q()),
    )


class WhoDecides(Question):
    title = "Who decides?"
    parameter_name = "rule"
    answers = (
        ("all", "All", Q()),
        ("person", "A person", Q(rule="ask") | ~Q(reason="")),
        ("owner", "The owner's value counts", Q(rule="owner")),
        ("newest", "The newest value counts", Q(rule="newest")),
    )


class WhichOwner(WhichSystem):
    title = "Whose field?"
    parameter_name = "owner"

    def condition(self, pk: int) -> Q:
        return Q(owner_id=pk)


class WhichOther(WhichSystem):
    title = "Which system differs?"

    def condition(self, pk: int) -> Q:
        return Q(other_id=pk)


@admin.register(Conflict)
class ConflictAdmin(FactsAdmin):
    list_display = ("what", "state_label", "owner", "other", "decides", "found")
    list_filter = (StillOpen, WhoDecides, WhichOwner, WhichOther)
    search_fields = ("subject", "field")
    ordering = ("-found_at", "-id")
    empty_title = "No conflicts"
    empty_text = "Every field that has an owner holds its owner's value, as far as it was read."
    narrowed_by = {"field": "Field", "kind": "Kind", "thing": "Record", "found_by": "Found by"}
    change_form_template = "admin/integrations/conflict/page.html"
    quick_views = (
        QuickView("Open", ""),
        QuickView("For a person", "rule=person"),
        QuickView("Settled", "open=settled"),
    )
    actions = ("keep_many", "take_many")
    actions_detail = ("keep_owner", "take_other")

    def has_settle_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.settle_conflict")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Conflict]:
        rows: QuerySet[Conflict] = super().get_queryset(request)
        return rows.select_related("owner", "other", "settled_by").defer(
            "other_value", "owner__secrets", "other__secrets"
        )

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """The page has its own buttons, which name both systems."""
        return []

    # --- the list ---------------------------------------------------------------------------------------------

    @display("What differs")
    def what(self, row: Conflict) -> str:
        return format_html('<span class="portal-sentence">{}</span>', sentence(row))

    @display("State", ordering="state", label=STATE_COLOURS)
    def state_label(self, row: Conflict) -> str:
        return row.get_state_display()

    @display("Who decides", ordering="rule")
    def decides(self, row: Conflict) -> str:
        return "A person" if row.reason else row.get_rule_display()

    @display("Found", ordering="found_at")
    def found(self, row: Conflict) -> str:
        return ago(row.found_at)

    # --- the page ---------------------------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row: Conflict = self.object_for(request, object_id, "view")
        may_settle = self.has_settle_permission(request, row)
        shown = {
            "conflict": row,
            "sentence": sentence(row),
            "state_colour": STATE_COLOURS[row.get_state_display()],
            "may_settle": may_settle and row.state == ConflictState.OPEN,
            "sides": _sides(row, may_settle),
            "moves": _moves(row),
            "keep_url": reverse("admin:integrations_conflict_keep_owner", args=[row.pk]),
            "take_url": reverse("admin:integrations_conflict_take_other", args=[row.pk]),
        }
        return self.page(
            request, self.change_form_template, sentence(row), original=Crumb(row, row.subject), **shown
        )

    @action(
        "Keep the owner's value",
        icon="check",
        permissions=["settle"],
        title="Keep the owner's value",
        text="The owner's value is fetched and written to the other system again, by the job between them.",
        button="Keep it",
    )
    def keep_owner(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        return self._settle(request, object_id, Side.OWNER)

    @action(
        "Take the other system's value",
        icon="swap_horiz",
        permissions=["settle"],
        title="Take the other system's value",
        text="This once, the other system's value is fetched and written to the owner, by the job between them.",
        button="Take it",
    )
    def take_other(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        return self._settle(request, object_id, Side.OTHER)

    def _settle(self, request: HttpRequest, object_id: str, side: Side) -> HttpResponse:
        row = self.object_for(request, object_id, "settle")
        back = reverse("admin:integrations_conflict_change", args=[row.pk])
        reason = conflicts.settle(row, side, self.person(request))
        if reason:
            return self.done(request, reason, back, messages.ERROR)
        self.log_change(request, row, f"Decided: {side.label}.")
        whose = (row.owner if side == Side.OWNER else row.other).name
        return self.done(request, f"What {whose} says is on its way.", back)

    @bulk_action(
        "Keep the owner's value",
        permission="settle",
        text="Each owner's value is written to the other system again.",
        button="Keep the owners' values",
    )
    def keep_many(self, request: HttpRequest, queryset: QuerySet[Conflict], form: Any) -> str:
        return self._settle_many(request, queryset, Side.OWNER)

    @bulk_action(
        "Take the other system's value",
        permission="settle",
        text="This once, the owner takes what the other system says.",
        button="Take the other systems' values",
    )
    def take_many(self, request: HttpRequest, queryset: QuerySet[Conflict], form: Any) -> str:
        return self._settle_many(request, queryset, Side.OTHER)

    def _settle_many(self, request: HttpRequest, queryset: QuerySet[Conflict], side: Side) -> str:
        begun, left, why = 0, 0, ""
        for row in queryset.filter(state=ConflictState.OPEN).iterator(200):
            reason = conflicts.settle(row, side, self.person(request))
            if reason:
                left, why = left + 1, reason
            else:
                begun += 1
                self.log_change(request, row, f"Decided: {side.label}.")
        told = f"{begun} are on their way."
        return f"{told} {left} could not be settled: {why}" if left else told


def sentence(row: Conflict) -> str:
    field = label(row.field)
    what = f"{field.what} of {field.of}" if field.of else field.what
    return (
        f"{row.subject or 'A record'}: the {what} in {row.other.name} is not what {row.owner.name} gave it."
    )


def _sides(row: Conflict, may_see: bool) -> list[dict[str, Any]]:
    """Personal data: asked for, and shown, only to whoever may settle."""
    owner = both_sides.owner_now(row) if may_see and row.is_open else Now()
    other = both_sides.other_now(row) if may_see and row.is_open else Now()
    when_found: Any = row.other_value
    return [
        {
            "system": row.owner,
            "role": "owns this field",
            "value": _shown(owner.value, may_see) if owner.is_told or not may_see else "",
            "sentence": owner.sentence,
            "since": row.owner_since,
        },
        {
            "system": row.other,
            "role": "holds something else",
            "value": _shown(other.value if other.is_told else when_found, may_see),
            "sentence": other.sentence,
            "since": row.other_since,
        },
    ]


def _moves(row: Conflict) -> list[Outcome]:
    """What came from either system and went to either, the newest first: who changed it, and when."""
    systems = (row.owner_id, row.other_id)
    found = (
        Outcome.objects.filter(delivery__thing_id=row.thing_id, job__kind=row.kind)
        .filter(Q(job__source_id__in=systems) | Q(job__destination_id__in=systems))
        .select_related("job__source", "job__destination")
        .defer("job__source__secrets", "job__destination__secrets")
    )
    return list(found.order_by("-recorded_at", "-pk")[:MOVES])


def _shown(value: Any, may_see: bool) -> str:
    if not may_see:
        return HIDDEN
    if value is None or value == "":
        return "(empty)"
    text = value if isinstance(value, str) else as_json(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
