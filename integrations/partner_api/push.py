"""Takes records from a partner: the answer 202 means that they are stored and will not be lost."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import IntegrityError
from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from integrations.connectors.base import Item
from integrations.models import Delivery, Door, Partner, PartnerRequest, SyncJob
from integrations.sync import same_record, shared_clock
from integrations.sync.accept import Accepted, accept

from .base import PartnerView
from .problems import Problem

MOST_RECORDS = 500
_WHOLE_NUMBER_DIGITS = 20
_KEY_FORM = re.compile(r"[\x21-\x7e]{1,120}")


class PushedRecordSerializer(serializers.Serializer[Any]):
    external_id = serializers.CharField(
        max_length=255, help_text="The record's id in the source system, as the payload has it."
    )
    version = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=40,
        help_text=(
            "Its last change: a time with its zone (2026-11-23T06:45:00Z) or a whole number that grows. "
            "An older version never overwrites a newer one. Without it, what comes later counts as newer."
        ),
    )
    payload = serializers.DictField(
        required=False,
        default=dict,
        help_text="The record as the source system shows it; the job's mapping reads it.",
    )
    deleted = serializers.BooleanField(required=False, default=False, help_text="It is gone from the source.")

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("external_id"), float):
            raise serializers.ValidationError(
                {"external_id": ["Send the id as text: a fraction is rounded."]}
            )
        return super().to_internal_value(data)

    def validate_version(self, text: str) -> str:
        return sortable_version(text)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs["payload"] and not attrs["deleted"]:
            raise serializers.ValidationError(
                {"payload": ["Give the record itself, or set deleted to true."]}
            )
        return attrs


class PushSerializer(serializers.Serializer[Any]):
    records = serializers.ListField(
        child=PushedRecordSerializer(), allow_empty=False, max_length=MOST_RECORDS
    )


class PushedRecordIdSerializer(serializers.Serializer[Any]):
    external_id = serializers.CharField()
    record = serializers.IntegerField(help_text="See /records/{id}.")


class PushedSerializer(serializers.Serializer[Any]):
    """Stored durably. `records` leads from each external id to the record that can be followed."""

    run = serializers.IntegerField(help_text="See /runs/{id}.")
    accepted = serializers.IntegerField(help_text="How many are on their way now.")
    known = serializers.IntegerField(help_text="How many had been accepted before in the same version.")
    records = PushedRecordIdSerializer(many=True)


def sortable_version(text: str) -> str:
    """Times as UTC with microseconds, whole numbers with leading zeros: both sort as text."""
    if not text:
        return ""
    if text.isascii() and text.isdigit():
        if len(text) > _WHOLE_NUMBER_DIGITS:
            raise serializers.ValidationError(
                f"A whole number here has at most {_WHOLE_NUMBER_DIGITS} digits."
            )
        return text.zfill(_WHOLE_NUMBER_DIGITS)
    moment = _parse(text)
    if moment is None:
        raise serializers.ValidationError(
            "Give a time with its zone, for example 2026-11-23T06:45:00Z, or a whole number."
        )
    # Not strftime: it writes the years before 1000 with fewer digits, and then they do not sort.
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def _parse(text: str) -> datetime | None:
    """In UTC; None where it is no time, has no zone, or has no such moment in UTC (the year 0)."""
    try:
        moment = parse_datetime(text)
        return moment.astimezone(UTC) if moment is not None and moment.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


class PushRecords(PartnerView):
    scope = "push"

    @extend_schema(
        operation_id="push_records",
        summary="Push records into a job",
        description=(
            "Answers 202 when all records are stored durably; their delivery follows. Repeat the call with the same "
            "Idempotency-Key when no answer came: it gives the first answer again and stores nothing twice. "
            "A job that is paused takes records as well and delivers them when it goes on."
        ),
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                required=True,
                description="1 to 120 visible characters, one of its own for each new call.",
            )
        ],
        request=PushSerializer,
        responses={202: PushedSerializer},
    )
    def post(self, request: Request, key: str) -> Response:
        idempotency_key = _idempotency_key(request)
        job = self.job(key)
        body = request.data
        digest = _digest(job, body)
        answered = _earlier_answer(self.partner, idempotency_key, digest)
        if answered is not None:
            return answered
        if not job.accepts_pushes:
            raise Problem(
                409, "job_takes_no_pushes", f"The job '{job.key}' takes no pushed records. Ask the store."
            )
        return _accept_once(self.partner, job, idempotency_key, digest, _items(job, body))


def _idempotency_key(request: Request) -> str:
    key: str = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        raise Problem(
            400,
            "idempotency_key_missing",
            "Send an Idempotency-Key header, one of its own for each new call, so that a repeat is safe.",
        )
    if not _KEY_FORM.fullmatch(key):
        raise Problem(
            400, "idempotency_key_invalid", "An Idempotency-Key has 1 to 120 visible ASCII characters."
        )
    return key


def _digest(job: SyncJob, body: Any) -> str:
    """Of the content, not of the bytes: the same records written with other spaces are the same call."""
    content = orjson.dumps([job.key, body], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()


def _items(job: SyncJob, body: Any) -> list[Item]:
    checked = PushSerializer(data=body)
    checked.is_valid(raise_exception=True)
    _refuse_other_records(job, checked.validated_data["records"])
    return [
        Item(
            external_id=record["external_id"],
            payload=record["payload"],
            version=record["version"],
            deleted=record["deleted"],
        )
        for record in checked.validated_data["records"]
    ]


def _refuse_other_records(job: SyncJob, records: Sequence[dict[str, Any]]) -> None:
    """One thing under two ids would be written twice. Raises ValidationError with each such record."""
    wrong: dict[str, list[str]] = {}
    for index, record in enumerate(records):
        found, told = same_record.id_in(job, record["payload"]), record["external_id"]
        if same_record.is_another(found, told):
            reason = (
                f"This says {told}, but the id in the payload is {found}. Send the payload's own id here."
            )
            wrong[f"records[{index}].external_id"] = [reason]
    if wrong:
        raise serializers.ValidationError(wrong)


def _earlier_answer(partner: Partner, idempotency_key: str, digest: str) -> Response | None:
    row = PartnerRequest.objects.filter(partner=partner, idempotency_key=idempotency_key).first()
    if row is None:
        return None
    if row.body_digest != digest:
        raise Problem(
            422,
            "idempotency_key_reused",
            "This Idempotency-Key was used for another call. Use a new one for each new call.",
        )
    return Response(row.answer, status=row.status, headers={"Idempotency-Replayed": "true"})


def _accept_once(
    partner: Partner, job: SyncJob, idempotency_key: str, digest: str, items: Sequence[Item]
) -> Response:
    """The records and the answer commit together. Of two calls at once the unique key lets one through;

    the other is rolled back whole and gives the first one's answer.
    """
    answers: list[dict[str, Any]] = []

    def keep_answer(accepted: Accepted) -> None:
        answers.append(_answer(job, accepted, items))
        PartnerRequest.objects.create(
            partner=partner,
            idempotency_key=idempotency_key,
            body_digest=digest,
            status=202,
            answer=answers[-1],
            created_at=shared_clock.now(),
        )

    try:
        accept(job, Door.PARTNER, items, read_at=shared_clock.now(), also=keep_answer)
    except IntegrityError:
        replayed = _earlier_answer(partner, idempotency_key, digest)
        if replayed is None:
            raise
        return replayed
    return Response(answers[-1], status=202)


def _answer(job: SyncJob, accepted: Accepted, items: Sequence[Item]) -> dict[str, Any]:
    """Inside the transaction: the records are there, those that were known before as well."""
    records = Delivery.objects.filter(
        job=job,
        thing__external_ids__connection=job.source_id,
        thing__external_ids__resource=job.source_resource,
        thing__external_ids__external_id__in={item.external_id for item in items},
    ).order_by("pk")
    ids = records.values_list("thing__external_ids__external_id", "pk")
    return {
        "run": accepted.run_id,
        "accepted": accepted.accepted,
        "known": accepted.known,
        "records": [{"external_id": external_id, "record": record} for external_id, record in ids],
    }
