"""What a person enters so that money is judged rightly: what providers keep, and how long a thing may be on its way."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from integrations.admin.frame import PortalAdmin, display
from integrations.templatetags.portal import ago, duration, money
from monitoring.models import FeeRate, PaymentCheck


@admin.register(FeeRate)
class FeeRateAdmin(PortalAdmin):
    list_display = ("rate", "connection", "currency", "whence", "tolerance_of", "changed")
    list_filter = ("connection", "currency")
    list_select_related = ("connection",)
    fields = ("connection", "currency", "percent", "fixed", "tolerance")
    empty_title = "No fee is known yet"
    empty_text = "It is learned from the payments of a provider, or entered here."

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A learned one is replaced by the next: enter your own beside it."""
        is_learned = isinstance(obj, FeeRate) and obj.is_learned
        return not is_learned and super().has_change_permission(request, obj)

    @display("Fee", ordering="percent")
    def rate(self, row: FeeRate) -> str:
        return str(row)

    @display("Source", ordering="is_learned")
    def whence(self, row: FeeRate) -> str:
        return "Learned from payments" if row.is_learned else "Entered"

    @display("May be off by", ordering="tolerance")
    def tolerance_of(self, row: FeeRate) -> str:
        return money(row.tolerance, row.currency)

    @display("Changed", ordering="changed_at")
    def changed(self, row: FeeRate) -> str:
        return ago(row.changed_at)


@admin.register(PaymentCheck)
class PaymentCheckAdmin(PortalAdmin):
    """One row, if any."""

    list_display = ("grace", "looked", "recounted", "found")
    fields = ("grace_minutes",)
    empty_title = "An hour"
    empty_text = "What is younger than an hour may be on its way and is not listed. Add another time here."

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not PaymentCheck.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        obj.pk = 1
        super().save_model(request, obj, form, change)

    @display("Grace period", ordering="grace_minutes")
    def grace(self, row: PaymentCheck) -> str:
        return duration(row.grace_minutes * 60)

    @display("Matched up to")
    def looked(self, row: PaymentCheck) -> str:
        return ago(row.read_until) if row.read_until else "–"

    @display("Last recount")
    def recounted(self, row: PaymentCheck) -> str:
        return ago(row.recounted_at) if row.recounted_at else "–"

    @display("Rows that differed")
    def found(self, row: PaymentCheck) -> int:
        return row.recount_found
