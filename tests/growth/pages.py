"""How long the admin's lists and the dashboard take on an installation of this size."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from django.contrib.auth.models import User
from django.test import Client

LOOKS = 3


def look() -> None:
    """Prints the median of each page's answers, the slowest last."""
    client = Client(SERVER_NAME="localhost")
    client.force_login(boss(), backend="django.contrib.auth.backends.ModelBackend")
    found = []
    for address in addresses():
        times = []
        for _ in range(LOOKS):
            began = time.monotonic()
            answer = client.get(address)
            times.append((time.monotonic() - began) * 1000)
            if answer.status_code != 200:
                print(f"{address} answered {answer.status_code}")
                break
        found.append((statistics.median(times), max(times), address))
    for middle, slowest, address in sorted(found):
        print(f"{middle:8.0f} ms  (slowest {slowest:6.0f})  {address}")


def addresses() -> Iterator[str]:
    """The dashboard, and every list of ours by each of its quick views and filters, and its last page."""
    from django.contrib import admin
    from django.urls import reverse

    from integrations.admin.frame import PortalAdmin
    from integrations.models import Delivery, ErrorRecord, SyncRun

    yield reverse("admin:index")
    for period in ("7d", "30d"):
        yield f"{reverse('admin:index')}?period={period}"
    yield reverse("today_now")
    yield reverse("today_numbers")
    for model, entry in admin.site._registry.items():
        if not isinstance(entry, PortalAdmin):
            continue
        url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        yield url
        for view in entry.quick_views:
            if view.query:
                yield f"{url}?{view.query}"
        for question in _answers(entry):
            yield f"{url}?{question}"
    for model in (Delivery, ErrorRecord, SyncRun):
        newest = model.objects.order_by("-pk").values_list("pk", flat=True)[:1]
        for pk in newest:
            yield reverse(f"admin:integrations_{model._meta.model_name}_change", args=[pk])
    yield f"{reverse('admin:integrations_delivery_changelist')}?q=old-777"
    yield f"{reverse('admin:integrations_errorrecord_changelist')}?q=777"
    yield f"{reverse('admin:integrations_inboundevent_changelist')}?q=old-777"


def _answers(entry: object) -> Iterator[str]:
    from integrations.admin.questions import Question, When, WhichJob
    from integrations.models import SyncJob

    for question in getattr(entry, "list_filter", ()):
        if not isinstance(question, type):
            continue
        if issubclass(question, Question):
            yield from (f"{question.parameter_name}={value}" for value, _, _ in question.answers)
        elif issubclass(question, When):
            yield from (f"{question.parameter_name}={value}" for value in ("1h", "24h", "7d", "30d"))
        elif issubclass(question, WhichJob):
            for pk in SyncJob.objects.values_list("pk", flat=True)[:1]:
                yield f"{question.parameter_name}={pk}"


def boss() -> User:
    boss, _ = User.objects.get_or_create(username="growth", defaults={"is_staff": True, "is_superuser": True})
    return boss
