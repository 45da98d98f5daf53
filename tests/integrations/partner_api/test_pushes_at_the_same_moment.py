"""Many calls with one key at the same moment, as retries of an impatient client are: stored once, answered alike."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections

from integrations.models import Batch, PartnerRequest, SyncJob

from .calls import Api

CALLS = 8

# SQLite in memory does not serve several threads that write.
pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_all_get_the_one_answer(api: Api, job: SyncJob) -> None:
    body = {
        "records": [{"external_id": str(n), "version": "1", "payload": {"id": str(n)}} for n in range(50)]
    }
    together = threading.Barrier(CALLS)
    answers: list[Any] = []

    def push() -> None:
        together.wait(10)
        try:
            answers.append(Api(api.key).post("/api/v1/jobs/orders/records", body, "one-key"))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=push) for _ in range(CALLS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert [answer.status_code for answer in answers] == [202] * CALLS
    assert all(answer.json() == answers[0].json() for answer in answers)
    assert sum("Idempotency-Replayed" not in answer for answer in answers) == 1
    assert PartnerRequest.objects.count() == 1
    assert sum(batch.size for batch in Batch.objects.filter(job=job)) == 50
