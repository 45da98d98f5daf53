"""What a partner may read, and the one thing besides pushing that it may do: retry an error."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import GenericAPIView, ListAPIView, RetrieveAPIView, get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.models import Delivery, ErrorRecord, ExternalId, SearchKey, SyncJob, SyncRun
from integrations.sync import rerun, retry
from integrations.sync.selection import NotPossible
from mappings.search import keyed_hash

from . import queries
from .base import PartnerView
from .pagination import NewestFirst
from .problems import Problem
from .serializers import (
    AgainSerializer,
    ErrorSerializer,
    JobDetailSerializer,
    JobSerializer,
    RecordDetailSerializer,
    RecordSerializer,
    RunDetailSerializer,
    RunSerializer,
)


class _OfJobs(PartnerView):
    """Rows that belong to the partner's jobs."""

    def job_ids(self) -> list[int]:
        """The job that was asked for (404 where it is not the partner's), or all of the partner's."""
        key = self.parameters().get("job")
        return [self.job(key).pk] if key else list(self.jobs().values_list("pk", flat=True))


class _Jobs(PartnerView, GenericAPIView[SyncJob]):
    serializer_class = JobSerializer

    def get_queryset(self) -> QuerySet[SyncJob]:
        return self.jobs().select_related("source", "destination")


@extend_schema_view(get=extend_schema(operation_id="list_jobs", summary="Your jobs"))
class JobList(_Jobs, ListAPIView[SyncJob]):
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[SyncJob]:
        self.parameters()
        return super().get_queryset()


@extend_schema_view(get=extend_schema(operation_id="get_job", summary="One job"))
class JobDetail(_Jobs, RetrieveAPIView[SyncJob]):
    serializer_class = JobDetailSerializer
    lookup_field = "key"


@extend_schema_view(
    get=extend_schema(operation_id="list_runs", summary="Runs, newest first", parameters=[queries.RunQuery])
)
class RunList(_OfJobs, ListAPIView[SyncRun]):
    serializer_class = RunSerializer
    pagination_class = NewestFirst
    query = queries.RunQuery

    def get_queryset(self) -> QuerySet[SyncRun]:
        rows = SyncRun.objects.filter(job__in=self.job_ids()).select_related("job")
        state = self.parameters().get("state")
        return rows.filter(state=state) if state else rows


@extend_schema_view(get=extend_schema(operation_id="get_run", summary="One run with its counts"))
class RunDetail(PartnerView, RetrieveAPIView[SyncRun]):
    serializer_class = RunDetailSerializer

    def get_queryset(self) -> QuerySet[SyncRun]:
        return SyncRun.objects.filter(job__in=self.jobs().values("pk")).select_related("job")


class RunAgain(PartnerView):
    scope = "retry"

    @extend_schema(
        operation_id="run_again",
        summary="Have records read and compared again",
        description=(
            "The records are read from the source once more, in a run of their own, and compared with what was "
            "written; only what differs is sent. A span is by the record's own date: the checkout of an order."
        ),
        request=AgainSerializer,
        responses={202: RunDetailSerializer},
    )
    def post(self, request: Request, key: str) -> Response:
        job = self.job(key)
        checked = AgainSerializer(data=request.data)
        checked.is_valid(raise_exception=True)
        try:
            run = rerun.begin(job, checked.validated_data["selection"])
        except NotPossible as reason:
            raise Problem(409, "cannot_run_again", str(reason)) from None
        return Response(RunDetailSerializer(run).data, status=202)


def _things_numbered(number: str) -> QuerySet[SearchKey, Any]:
    digest = keyed_hash("order_number", number)
    return SearchKey.objects.filter(kind="order_number", digest=digest).values("thing_id")


def _with_ids(records: QuerySet[Delivery]) -> QuerySet[Delivery]:
    ids = Prefetch(
        "thing__external_ids", ExternalId.objects.only("thing", "connection", "resource", "external_id")
    )
    return records.select_related("job", "thing").prefetch_related(ids)


@extend_schema_view(
    get=extend_schema(
        operation_id="list_records",
        summary="Records and their state, newest first",
        description="One record is one thing (an order, a stock level) that one job carries.",
        parameters=[queries.RecordQuery],
    )
)
class RecordList(_OfJobs, ListAPIView[Delivery]):
    serializer_class = RecordSerializer
    pagination_class = NewestFirst
    query = queries.RecordQuery

    def get_queryset(self) -> QuerySet[Delivery]:
        given = self.parameters()
        rows = Delivery.objects.filter(job__in=self.job_ids())
        if state := given.get("state"):
            rows = rows.filter(state=state)
        if external_id := given.get("external_id"):
            rows = rows.filter(thing__in=self._things_called(external_id))
        if number := given.get("number"):
            rows = rows.filter(thing__in=_things_numbered(number))
        return _with_ids(rows)

    def _things_called(self, external_id: str) -> QuerySet[ExternalId, Any]:
        """Only ids on the connections of the partner's own jobs: another system's id is not its business."""
        here = Q()
        for job in self.jobs():
            here |= Q(connection=job.source_id, resource=job.source_resource)
            here |= Q(connection=job.destination_id, resource=job.destination_resource)
        if not here:
            return ExternalId.objects.none().values("thing_id")
        return ExternalId.objects.filter(here, external_id=external_id).values("thing_id")


@extend_schema_view(get=extend_schema(operation_id="get_record", summary="One record with what was tried"))
class RecordDetail(PartnerView, RetrieveAPIView[Delivery]):
    serializer_class = RecordDetailSerializer

    def get_queryset(self) -> QuerySet[Delivery]:
        return _with_ids(Delivery.objects.filter(job__in=self.jobs().values("pk")))


def _errors_of(job_ids: Any) -> QuerySet[ErrorRecord]:
    return ErrorRecord.objects.filter(job__in=job_ids).select_related("job")


@extend_schema_view(
    get=extend_schema(
        operation_id="list_errors",
        summary="What could not be done, newest first",
        parameters=[queries.ErrorQuery],
    )
)
class ErrorList(_OfJobs, ListAPIView[ErrorRecord]):
    serializer_class = ErrorSerializer
    pagination_class = NewestFirst
    query = queries.ErrorQuery

    def get_queryset(self) -> QuerySet[ErrorRecord]:
        given = self.parameters()
        rows = _errors_of(self.job_ids())
        if state := given.get("state"):
            rows = rows.filter(settled_at__isnull=state == "open")
        if kind := given.get("kind"):
            rows = rows.filter(kind=kind)
        return rows


class _OneError(PartnerView):
    def get_queryset(self) -> QuerySet[ErrorRecord]:
        return _errors_of(self.jobs().values("pk"))


@extend_schema_view(get=extend_schema(operation_id="get_error", summary="One error"))
class ErrorDetail(_OneError, RetrieveAPIView[ErrorRecord]):
    serializer_class = ErrorSerializer


class RetriedSerializer(serializers.Serializer[Any]):
    queued = serializers.IntegerField(help_text="How many records are on their way again.")


class RetryError(_OneError):
    scope = "retry"

    @extend_schema(
        operation_id="retry_error",
        summary="Try the record again",
        request=None,
        responses={202: RetriedSerializer},
    )
    def post(self, request: Request, pk: int) -> Response:
        error = get_object_or_404(self.get_queryset(), pk=pk)
        if error.delivery_id is None:
            raise Problem(409, "error_needs_the_store", "This stops the whole job: the store has to mend it.")
        if not error.is_open:
            raise Problem(409, "error_settled", "This error is settled; there is nothing to retry.")
        asked = f"asked for by the partner {self.partner.name}"
        queued = retry.retry(ErrorRecord.objects.filter(pk=error.pk), by=None, text=asked)
        if not queued:
            raise Problem(
                409,
                "error_needs_the_store",
                "This error cannot be retried from outside: the store has to decide it.",
            )
        return Response({"queued": queued}, status=202)
