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
from monitoring import histogram
from monitoring.figures import Figures, figures


class MetricsQuery(serializers.Serializer[Any]):
    period = serializers.ChoiceField(
        choices=list(PERIODS), default="24h", help_text="Up to now, in whole hours."
    )


class JobMetricsSerializer(serializers.Serializer[Any]):
    job = serializers.SlugField()
    delivered = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Tries that ended in an error for a person.")
    success_rate = serializers.FloatField(
        allow_null=True, help_text="delivered / (delivered + failed), 0 to 1."
    )
    processing_p50_seconds = serializers.FloatField(
        allow_null=True, help_text="New orders: checkout to acceptance by the destination, exact to 5 %."
    )
    processing_p95_seconds = serializers.FloatField(allow_null=True)
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
        "success_rate": found.success_rate,
        "processing_p50_seconds": histogram.percentile(found.processing, 0.5),
        "processing_p95_seconds": histogram.percentile(found.processing, 0.95),
        "pending_now": pending,
        "open_errors_now": job.errors.aggregate(n=Count("pk", filter=Q(settled_at__isnull=True)))["n"],
    }
