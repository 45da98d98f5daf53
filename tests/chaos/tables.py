"""Reads the portal's tables as they are, past all of its code."""

from __future__ import annotations

import time
from collections import defaultdict

from .comparing import Delivery, Tables
from .portal import ChaosPortal

_OF_SOURCE = (
    " JOIN integrations_syncjob j ON j.id = d.job_id"
    " JOIN integrations_externalid s ON s.thing_id = d.thing_id"
    " AND s.connection_id = j.source_id AND s.resource = j.source_resource"
)
DELIVERIES = (
    "SELECT j.key, s.external_id, d.id, d.state, d.source_version FROM integrations_delivery d" + _OF_SOURCE
)
IDS = (
    "SELECT d.id, t.external_id FROM integrations_delivery d JOIN integrations_syncjob j ON j.id = d.job_id"
    " JOIN integrations_externalid t ON t.thing_id = d.thing_id"
    " AND t.connection_id = j.destination_id AND t.resource = j.destination_resource"
)
ERRORS = (
    "SELECT j.key, s.external_id FROM integrations_errorrecord e"
    " JOIN integrations_delivery d ON d.id = e.delivery_id" + _OF_SOURCE + " WHERE e.settled_at IS NULL"
)
TWICE = (
    "SELECT j.key, s.external_id FROM integrations_outcome o JOIN integrations_delivery d ON d.id = o.delivery_id"
    + _OF_SOURCE
    + " WHERE o.state = 'delivered' GROUP BY j.key, s.external_id, o.serial HAVING COUNT(*) > 1"
)
OPEN = {
    "batches": "SELECT COUNT(*) FROM integrations_batch WHERE settled_at IS NULL",
    "intents": "SELECT COUNT(*) FROM integrations_intent WHERE settled_at IS NULL",
    "webhooks": "SELECT COUNT(*) FROM integrations_inboundevent WHERE state <> 'processed'",
    "errors of a whole job": (
        "SELECT COUNT(*) FROM integrations_errorrecord WHERE settled_at IS NULL AND delivery_id IS NULL"
    ),
}
DOUBTS = (
    "SELECT COUNT(*) FROM integrations_errorrecord WHERE settled_at IS NULL"
    " AND (place = 'in_doubt' OR code = 'worker_died')"
)

# What may hold work back: a breaker, a pause, a lease, a job that stands, a bell that nobody answered.
WAITS = {
    "budgets": (
        "SELECT c.key, b.failures, b.open_until_us, b.blocked_until_us, b.next_free_us"
        " FROM integrations_ratebudget b JOIN integrations_connection c ON c.id = b.connection_id"
    ),
    "jobs": "SELECT key, state, state_reason, last_complete_read_at FROM integrations_syncjob",
    "batches": (
        "SELECT j.key, b.priority, b.not_before, b.lease_until, b.lease_holder, b.attempts"
        " FROM integrations_batch b JOIN integrations_syncjob j ON j.id = b.job_id WHERE b.settled_at IS NULL"
    ),
}


def what_waits(portal: ChaosPortal) -> str:
    rows = [f"{name}: {row}" for name, question in WAITS.items() for row in portal.asked(question)]
    return "\n".join([f"At {time.time():.0f}:", *rows])


def read(portal: ChaosPortal) -> Tables:
    deliveries: dict[str, dict[str, list[Delivery]]] = defaultdict(lambda: defaultdict(list))
    by_id: dict[int, Delivery] = {}
    for job, external_id, pk, state, written in portal.asked(DELIVERIES):
        by_id[pk] = Delivery(state, written)
        deliveries[job][external_id].append(by_id[pk])
    for pk, external_id in portal.asked(IDS):
        by_id[pk].ids.append(external_id)
    return Tables(
        deliveries={job: dict(rows) for job, rows in deliveries.items()},
        errors=[(job, external_id) for job, external_id in portal.asked(ERRORS)],
        twice=[(job, external_id) for job, external_id in portal.asked(TWICE)],
        open_work={name: portal.number(question) for name, question in OPEN.items()},
    )
