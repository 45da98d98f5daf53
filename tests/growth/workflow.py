"""How long a workflow's page takes on an installation of this size, and each part of it."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.models import Workflow
from tests.growth.fill_workflow import WORKFLOW
from tests.growth.pages import boss

LOOKS = 3


def look() -> None:
    """Prints the median of each part, and the slowest queries of the page."""
    from monitoring.workflows.accuracy import accuracy
    from monitoring.workflows.booked import Booked
    from monitoring.workflows.carried import Carried
    from monitoring.workflows.results import results
    from monitoring.workflows.spans import before_launch, lately

    workflow = Workflow.objects.get(key=WORKFLOW)
    now = timezone.now()
    span, before = lately(workflow.period, now), before_launch(workflow.period, workflow.launched_at or now)
    parts: dict[str, Callable[[], object]] = {
        "carried": lambda: list(Carried(workflow, span, workflow.period).readings()),
        "accuracy": lambda: list(accuracy(workflow, span)),
        "books": lambda: list(Booked(workflow, span, before).readings()),
        "all measures": lambda: results(workflow, now),
    }
    client = Client(SERVER_NAME="localhost")
    client.force_login(boss(), backend="django.contrib.auth.backends.ModelBackend")
    page = reverse("admin:monitoring_workflowresult_change", args=[workflow.pk])
    parts["page"] = lambda: client.get(page)
    for name, part in parts.items():
        print(f"{_median(part):8.0f} ms  {name}")
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(page)
    assert answer.status_code == 200, answer.status_code
    print(f"{len(asked)} queries. The slowest:")
    for query in sorted(asked.captured_queries, key=lambda one: -float(one["time"]))[:8]:
        print(f"{1000 * float(query['time']):8.0f} ms  {query['sql'][:400]}")


def _median(part: Callable[[], object]) -> float:
    times = []
    for _ in range(LOOKS):
        began = time.monotonic()
        part()
        times.append((time.monotonic() - began) * 1000)
    return statistics.median(times)
