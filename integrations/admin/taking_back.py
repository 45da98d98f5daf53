"""An order that was handed over, on its page: where it is, and the button that takes it back."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from integrations.models import Delivery
from integrations.sync import take_back

from .frame import PortalAdmin

MAY = "integrations.retry_errorrecord"


def urls(model_admin: PortalAdmin) -> list[URLPattern]:
    view = model_admin.admin_site.admin_view(partial(_take_back_view, model_admin))
    return [path("<path:object_id>/take-back/", view, name="integrations_delivery_take_back")]


def shown(request: HttpRequest, delivery: Delivery) -> dict[str, Any]:
    giver = giver_of(delivery)
    told: dict[str, Any] = {"handed_from": giver, "handed_from_url": record_page(giver) if giver else ""}
    if delivery.handed_to_id is None:
        return told
    try:
        found = take_back.elsewhere(delivery)
    except take_back.NotPossible as why:
        return {**told, "handed": True, "why_not_back": str(why)}
    return {
        **told,
        "handed": True,
        "handed_job": found.other,
        "handed_there": found.there,
        "handed_there_url": record_page(found.there),
        "must_cancel_first": found.is_accepted and not found.is_known_as_cancelled,
        "may_take_back": request.user.has_perm(MAY),
        "take_back_url": reverse("admin:integrations_delivery_take_back", args=[delivery.pk]),
    }


def giver_of(delivery: Delivery) -> Delivery | None:
    """The record of the job that handed it over to this one."""
    rows = Delivery.objects.filter(thing_id=delivery.thing_id, handed_to_id=delivery.job_id)
    return rows.select_related("job").order_by("-pk").first()


def record_page(delivery: Delivery) -> str:
    return reverse("admin:integrations_delivery_change", args=[delivery.pk])


def _take_back_view(model_admin: PortalAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    delivery: Delivery = model_admin.object_for(request, object_id, "view")
    if not request.user.has_perm(MAY):
        raise PermissionDenied
    back = record_page(delivery)
    if request.method != "POST":
        return model_admin.done(request, "Press the button below.", back, messages.INFO)
    try:
        take_back.take_back(delivery)
    except take_back.NotPossible as why:
        return model_admin.done(request, str(why), back, messages.ERROR)
    model_admin.log_change(request, delivery, "Took it back from the job that it was handed over to.")
    return model_admin.done(
        request, f"Taken back. {delivery.job.name} carries it to {delivery.job.destination.name} now.", back
    )
