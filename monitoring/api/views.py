"""What a partner's own jobs did in a period, from the same figures as the dashboard."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.models import PENDING_STATES, SyncJob
from integrations.partner_api.base import PartnerView
from integrations.sync.measures import PERIODS
from monitoring import accuracy_figures, histogram
from monitoring.audits.accuracy import Accuracy
from monitoring.figures import Figures, figures
from monitoring.models import Audit, AuditPoint


class MetricsQuery(serializers.Serializer[Any]):
    period = serializers.ChoiceField(
        choices=list(PERIODS), default="24h", help_text="Up to now, in whole hours."
    )


class JobMetricsSerializer(serializers.Serializer[Any]):
    job = serializers.SlugField()
    delivered = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Tries that ended in an error for a person.")
    skipped = serializers.IntegerField(help_text="Records that a fallback of the job skipped, with a note.")
    success_rate = serializers.FloatField(
        allow_null=True, help_text="delivered / (delivered + failed + skipped), 0 to 1."
    )
    processing_p50_seconds = serializers.FloatField(
        allow_null=True, help_text="New orders: checkout to acceptance by the destination, exact to 5 %."
    )
    processing_p95_seconds = serializers.FloatField(allow_null=True)
    delay_p50_seconds = serializers.FloatField(
        allow_null=True,
        help_text="Stock: from the change at its owner, or the arrival of a sale, to acceptance by the channel.",
    )
    delay_p95_seconds = serializers.FloatField(allow_null=True)
    pending_now = serializers.IntegerField(help_text="Accepted, and on their way at this moment.")
    open_errors_now = serializers.IntegerField()


class MetricsSerializer(serializers.Serializer[Any]):
    period = serializers.CharField()
    since = serializers.DateTimeField()
    as_of = serializers.DateTimeField()
    jobs = JobMetricsSerializer(many=True)


class Metrics(PartnerView):
    query = MetricsQuery

    @extend_schema(
        operation_id="metrics_read",
        summary="What your jobs did in a period",
        parameters=[MetricsQuery],
        responses=MetricsSerializer,
    )
    def get(self, request: Request) -> Response:
        period = self.parameters()["period"]
        jobs = list(self.jobs().order_by("key"))
        found = {job.pk: figures(period, jobs=[job.pk]) for job in jobs}
        whole = figures(period, jobs=[])
        answer = {
            "period": period,
            "since": whole.since,
            "as_of": whole.as_of,
            "jobs": [_of_job(job, found[job.pk]) for job in jobs],
        }
        return Response(MetricsSerializer(answer).data)


def _of_job(job: SyncJob, found: Figures) -> dict[str, Any]:
    pending = job.deliveries.filter(state__in=PENDING_STATES).count()
    return {
        "job": job.key,
        "delivered": found.number("delivered"),
        "failed": found.number("failed"),
        "skipped": found.number("skipped"),
        "success_rate": found.success_rate,
        "processing_p50_seconds": histogram.percentile(found.processing, 0.5),
        "processing_p95_seconds": histogram.percentile(found.processing, 0.95),
        "delay_p50_seconds": histogram.percentile(found.delays.get(job.pk, {}), 0.5),
        "delay_p95_seconds": histogram.percentile(found.delays.get(job.pk, {}), 0.95),
        "pending_now": pending,
        "open_errors_now": job.errors.aggregate(n=Count("pk", filter=Q(settled_at__isnull=True)))["n"],
    }


class AccuracyQuery(serializers.Serializer[Any]):
    days = serializers.IntegerField(
        default=30, min_value=1, max_value=366, help_text="Up to and with today, in the portal's zone."
    )


class AccuracyPointSerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    location = serializers.CharField(help_text="Empty where the records have none.")
    compared = serializers.IntegerField()
    agree = serializers.IntegerField()
    in_flight = serializers.IntegerField(help_text="Of those that differ: on their way.")
    share = serializers.FloatField(allow_null=True, help_text="agree / compared, 0 to 1.")
    share_without_in_flight = serializers.FloatField(allow_null=True)
    sample_percent = serializers.IntegerField(help_text="Which share of the records was compared; 100: all.")
    interval = serializers.ListField(
        child=serializers.FloatField(),
        allow_null=True,
        help_text="Of a sample: between which shares the whole lies, at 95 %, without what is in flight.",
    )


class AuditAccuracySerializer(serializers.Serializer[Any]):
    job = serializers.SlugField()
    audit = serializers.SlugField()
    open_differences = serializers.DictField(
        child=serializers.IntegerField(), help_text="Fields that differ now, by cause."
    )
    points = AccuracyPointSerializer(many=True)


class AccuracySerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField()
    audits = AuditAccuracySerializer(many=True)


class AccuracyOverTime(PartnerView):
    query = AccuracyQuery

    @extend_schema(
        operation_id="accuracy_read",
        summary="How far both sides of your jobs agree, by day",
        parameters=[AccuracyQuery],
        responses=AccuracySerializer,
    )
    def get(self, request: Request) -> Response:
        days = self.parameters()["days"]
        audits = Audit.objects.filter(job__in=self.jobs()).select_related("job").order_by("key")
        answer = {"days": days, "audits": [_of_audit(audit, days) for audit in audits]}
        return Response(AccuracySerializer(answer).data)


def _of_audit(audit: Audit, days: int) -> dict[str, Any]:
    return {
        "job": audit.job.key,
        "audit": audit.key,
        "open_differences": accuracy_figures.open_by_cause(audit),
        "points": [_of_point(row) for row in accuracy_figures.points(audit, days)],
    }


def _of_point(row: AuditPoint) -> dict[str, Any]:
    found = Accuracy(row.compared, row.agree, row.in_flight)
    interval = found.interval() if row.sample_percent < 100 else None
    return {
        "day": row.day,
        "location": row.location,
        "compared": row.compared,
        "agree": row.agree,
        "in_flight": row.in_flight,
        "share": found.share,
        "share_without_in_flight": found.settled_share,
        "sample_percent": row.sample_percent,
        "interval": None if interval is None else list(interval),
    }
