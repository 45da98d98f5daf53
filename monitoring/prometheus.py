"""What Prometheus reads: the portal's figures in its text form, asked of the tables at the moment of the question, so
that every web process and every host answers the same. Names and states, never what is in a record.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Min, Sum
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from integrations.models import Connection, Delivery, ErrorRecord, Health, JobState, SyncJob
from integrations.sync import shared_clock
from integrations.sync.measures import BACKLOG_STATES
from monitoring import histogram
from monitoring.figures import figures
from monitoring.models import ASKS_FOR_A_PERSON, HourlyFigure, Incident
from monitoring.standing import Standing, standing

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PERIOD = "24h"
QUANTILES = (0.5, 0.95)


def render() -> bytes:
    """In the text form of version 0.0.4."""
    registry = CollectorRegistry()
    registry.register(_Portal())
    return generate_latest(registry)


class _Portal(Collector):
    def collect(self) -> Iterator[Metric]:
        now, stand = shared_clock.now(), standing()
        keys = dict(SyncJob.objects.values_list("pk", "key"))
        yield _outcomes(keys)
        yield from _errors(stand, keys)
        yield from _backlog(keys)
        yield _processing()
        yield from _jobs()
        yield _connections()
        beat = GaugeMetricFamily(
            "crossdock_worker_heartbeat_age_seconds",
            "Since a worker has shown itself; none: there was none yet.",
        )
        if stand.last_beat is not None:
            beat.add_metric([], max((now - stand.last_beat).total_seconds(), 0))
        yield beat

    def describe(self) -> list[Metric]:
        """Nothing is asked when it is registered: the tables need not be there yet."""
        return []


def _outcomes(keys: dict[int, str]) -> Metric:
    """Figures of past hours are kept for ever, so that it never falls. They are a minute or two old."""
    found = CounterMetricFamily(
        "crossdock_outcomes", "Ends of tries, by job and state.", labels=["job", "state", "kind"]
    )
    rows = (
        HourlyFigure.objects.order_by().values_list("job_id", "state", "kind").annotate(number=Sum("count"))
    )
    for job, state, kind, number in rows:
        if job in keys:
            found.add_metric([keys[job], state, kind], number)
    return found


def _errors(stand: Standing, keys: dict[int, str]) -> Iterator[Metric]:
    by_job = GaugeMetricFamily("crossdock_open_errors", "Errors that need a person.", labels=["job"])
    for job, number in stand.open_by_job.items():
        by_job.add_metric([keys.get(job or 0, "")], number)
    yield by_job
    doubt = GaugeMetricFamily(
        "crossdock_writes_in_doubt", "Writes of which nobody knows whether they arrived."
    )
    doubt.add_metric([], stand.in_doubt)
    yield doubt
    stuck = GaugeMetricFamily("crossdock_value_stuck", "Money in open errors.", labels=["currency"])
    for entry in stand.stuck:
        stuck.add_metric([entry.currency], float(entry.amount))
    yield stuck
    causes = GaugeMetricFamily("crossdock_open_incidents", "Causes that ask for a person.")
    causes.add_metric([], Incident.objects.filter(ASKS_FOR_A_PERSON).count())
    yield causes
    promised = ErrorRecord.objects.filter(
        settled_at__isnull=True, delivery__promised_at__lt=shared_clock.now()
    )
    late = GaugeMetricFamily(
        "crossdock_promises_missed", "Records in open errors whose promised hour is past."
    )
    late.add_metric([], promised.count())
    yield late


def _backlog(keys: dict[int, str]) -> Iterator[Metric]:
    number = GaugeMetricFamily("crossdock_backlog_records", "Records on their way.", labels=["job"])
    age = GaugeMetricFamily(
        "crossdock_backlog_oldest_age_seconds",
        "How long the oldest of them has been on its way.",
        labels=["job"],
    )
    now = shared_clock.now()
    pending = Delivery.objects.filter(job__in=list(keys), state__in=BACKLOG_STATES).order_by()
    for job, count, oldest in pending.values_list("job_id").annotate(
        n=Count("id"), oldest=Min("state_since")
    ):
        number.add_metric([keys[job]], count)
        age.add_metric([keys[job]], max((now - oldest).total_seconds(), 0))
    yield number
    yield age


def _processing() -> Metric:
    """Exact to 5 %, as on the front page."""
    found = GaugeMetricFamily(
        "crossdock_order_processing_seconds",
        "From the checkout to the destination's acceptance, of the last 24 hours.",
        labels=["quantile"],
    )
    timed = figures(PERIOD).processing
    for share in QUANTILES:
        seconds = histogram.percentile(timed, share)
        if seconds is not None:
            found.add_metric([str(share)], seconds)
    return found


def _jobs() -> Iterator[Metric]:
    runs = GaugeMetricFamily(
        "crossdock_job_active", "1: it may run; 0: paused, halted or held.", labels=["job"]
    )
    read = GaugeMetricFamily(
        "crossdock_job_last_complete_read_timestamp_seconds",
        "When the last read that came to its end had begun.",
        labels=["job"],
    )
    for key, state, read_at in SyncJob.objects.order_by("key").values_list(
        "key", "state", "last_complete_read_at"
    ):
        runs.add_metric([key], float(state == JobState.ACTIVE))
        if read_at is not None:
            read.add_metric([key], read_at.timestamp())
    yield runs
    yield read


def _connections() -> Metric:
    found = GaugeMetricFamily(
        "crossdock_connection_up", "1: the last test or call worked; 0: it failed.", labels=["connection"]
    )
    tested = Connection.objects.filter(enabled=True).exclude(health=Health.UNTESTED)
    for key, health in tested.order_by("key").values_list("key", "health"):
        found.add_metric([key], float(health == Health.WORKING))
    return found
