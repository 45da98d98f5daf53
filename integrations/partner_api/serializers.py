"""What the partner sees. Payloads and evidence are never among it: they hold personal data."""

from __future__ import annotations

from typing import Any

from django.db.models import Count
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from integrations.models import (
    Delivery,
    Door,
    ErrorRecord,
    JobState,
    Kind,
    Outcome,
    RunState,
    Settled,
    State,
    SyncJob,
    SyncRun,
)
from integrations.sync import progress
from integrations.sync.selection import NotPossible, by_ids, span


class JobSerializer(serializers.ModelSerializer[SyncJob]):
    state = serializers.ChoiceField(choices=JobState.choices, read_only=True)
    source = serializers.CharField(  # type: ignore[assignment]  # DRF means a field here
        source="source.key", read_only=True
    )
    destination = serializers.CharField(source="destination.key", read_only=True)
    is_held_for_launch = serializers.BooleanField(
        read_only=True,
        help_text="It is active and does not run yet: its workflow is not launched. What you push is kept and waits.",
    )

    class Meta:
        model = SyncJob
        fields = (
            "key",
            "name",
            "kind",
            "source",
            "source_resource",
            "destination",
            "destination_resource",
            "state",
            "state_reason",
            "is_held_for_launch",
            "every_seconds",
            "accepts_pushes",
            "last_complete_read_at",
        )
        read_only_fields = fields


class JobDetailSerializer(JobSerializer):
    records_by_state = serializers.SerializerMethodField(help_text="How many records are in each state now.")

    class Meta(JobSerializer.Meta):
        fields = (*JobSerializer.Meta.fields, "records_by_state")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    @extend_schema_field({"type": "object", "additionalProperties": {"type": "integer"}})
    def get_records_by_state(self, job: SyncJob) -> dict[str, int]:
        """Counted, so for one job only: a list of jobs must not cost more with every record."""
        counted = Delivery.objects.filter(job=job).order_by().values_list("state").annotate(count=Count("pk"))
        return dict(counted)


class RunSerializer(serializers.ModelSerializer[SyncRun]):
    job = serializers.CharField(source="job.key", read_only=True)
    door = serializers.ChoiceField(choices=Door.choices, read_only=True)
    state = serializers.ChoiceField(choices=RunState.choices, read_only=True)
    settled = serializers.IntegerField(
        help_text="Accepted records that have come to their end.", read_only=True
    )
    notices = serializers.ListField(child=serializers.CharField(), read_only=True)
    left = serializers.IntegerField(help_text="Accepted records that are still on their way.", read_only=True)

    class Meta:
        model = SyncRun
        fields = (
            "id",
            "job",
            "door",
            "state",
            "full",
            "started_at",
            "finished_at",
            "read_through",
            "sentence",
            "notices",
            "read",
            "known",
            "accepted",
            "delivered",
            "unchanged",
            "superseded",
            "filtered",
            "ignored",
            "skipped",
            "handed_over",
            "held",
            "failed",
            "settled",
            "left",
        )
        read_only_fields = fields


class RunDetailSerializer(RunSerializer):
    """With how far it is, by the same numbers as on the store's own screens."""

    asked = serializers.JSONField(
        read_only=True, help_text="What a person wanted to be run again; null for all other runs."
    )
    expected = serializers.SerializerMethodField(
        help_text="Records that it will have settled in the end; null while nobody knows."
    )
    share = serializers.SerializerMethodField(help_text="Percent settled, rounded down.")
    records_per_second = serializers.SerializerMethodField(
        help_text="Of the last minute; null when it has ended."
    )
    expected_end_at = serializers.SerializerMethodField(help_text="Null where it cannot be foreseen.")

    class Meta(RunSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *RunSerializer.Meta.fields,
            "asked",
            "expected",
            "share",
            "records_per_second",
            "expected_end_at",
        )
        read_only_fields = fields  # type: ignore[assignment]

    def to_representation(self, instance: SyncRun) -> dict[str, Any]:
        self._progress = progress.of(instance)
        shown: dict[str, Any] = super().to_representation(instance)
        return shown

    def get_expected(self, run: SyncRun) -> int | None:
        return self._progress.total

    def get_share(self, run: SyncRun) -> int:
        return self._progress.share

    def get_records_per_second(self, run: SyncRun) -> float | None:
        return None if self._progress.rate is None else round(self._progress.rate, 2)

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_expected_end_at(self, run: SyncRun) -> Any:
        return self._progress.ends_at


class AgainSerializer(serializers.Serializer[Any]):
    """Either `ids`, or a span of time."""

    ids = serializers.ListField(
        child=serializers.CharField(max_length=255),
        required=False,
        allow_empty=False,
        max_length=500,
        help_text="Ids of the source.",
    )
    begin = serializers.CharField(
        required=False, help_text="A day (2026-05-01) or a moment (2026-05-01T14:30:00Z)."
    )
    end = serializers.CharField(required=False, help_text="The same; a day is meant whole.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        spans = "begin" in attrs or "end" in attrs
        if spans == ("ids" in attrs):
            raise serializers.ValidationError("Give either ids, or begin and end.")
        try:
            attrs["selection"] = (
                span(attrs.get("begin", ""), attrs.get("end", "")) if spans else by_ids(attrs["ids"])
            )
        except NotPossible as reason:
            raise serializers.ValidationError(str(reason)) from None
        return attrs


class RecordSerializer(serializers.ModelSerializer[Delivery]):
    """One record carried by one job."""

    job = serializers.CharField(source="job.key", read_only=True)
    kind = serializers.CharField(source="thing.kind", read_only=True)
    state = serializers.ChoiceField(choices=State.choices, read_only=True)
    reason = serializers.CharField(
        source="state_reason", help_text="Why it is in this state.", read_only=True
    )
    version = serializers.CharField(
        source="accepted_version", help_text="The newest version that was accepted.", read_only=True
    )
    external_ids = serializers.SerializerMethodField(help_text="Its ids in the source.")
    destination_ids = serializers.SerializerMethodField(
        help_text="Its ids in the destination; several where it was split there."
    )

    class Meta:
        model = Delivery
        fields = (
            "id",
            "job",
            "kind",
            "subject",
            "external_ids",
            "destination_ids",
            "state",
            "state_since",
            "reason",
            "version",
            "mapping_version",
            "attempts",
            "accepted_at",
            "first_delivered_at",
            "delivered_at",
            "deadline_at",
        )
        read_only_fields = fields

    def get_external_ids(self, record: Delivery) -> list[str]:
        return _ids(record, record.job.source_id, record.job.source_resource)

    def get_destination_ids(self, record: Delivery) -> list[str]:
        return _ids(record, record.job.destination_id, record.job.destination_resource)


def _ids(record: Delivery, connection_id: int, resource: str) -> list[str]:
    """From the prefetched rows, so that a page costs the same whatever its length."""
    return sorted(
        row.external_id
        for row in record.thing.external_ids.all()
        if row.connection_id == connection_id and row.resource == resource
    )


class OutcomeSerializer(serializers.ModelSerializer[Outcome]):
    """One attempt and what came of it."""

    run = serializers.IntegerField(source="run_id", read_only=True)
    state = serializers.ChoiceField(choices=State.choices, read_only=True)

    class Meta:
        model = Outcome
        fields = (
            "id",
            "run",
            "state",
            "operation",
            "kind",
            "attempt",
            "source_version",
            "mapping_version",
            "occurred_at",
            "received_at",
            "accepted_at",
            "recorded_at",
            "amount",
            "currency",
            "request_id",
        )
        read_only_fields = fields


class RecordDetailSerializer(RecordSerializer):
    outcomes = serializers.SerializerMethodField(help_text="The newest 100 attempts, newest first.")

    class Meta(RecordSerializer.Meta):
        fields = (*RecordSerializer.Meta.fields, "outcomes")  # type: ignore[assignment]
        read_only_fields = fields  # type: ignore[assignment]

    @extend_schema_field(OutcomeSerializer(many=True))
    def get_outcomes(self, record: Delivery) -> Any:
        return OutcomeSerializer(record.outcomes.order_by("-pk")[:100], many=True).data


class ErrorSerializer(serializers.ModelSerializer[ErrorRecord]):
    job = serializers.CharField(source="job.key", read_only=True)
    record = serializers.IntegerField(
        source="delivery_id", read_only=True, allow_null=True, help_text="Null: it stops the whole job."
    )
    kind = serializers.ChoiceField(choices=Kind.choices, read_only=True)
    settled_how = serializers.ChoiceField(choices=["", *Settled.values], read_only=True)

    class Meta:
        model = ErrorRecord
        fields = (
            "id",
            "job",
            "record",
            "subject",
            "field",
            "kind",
            "code",
            "place",
            "sentence",
            "version",
            "mapping_version",
            "attempts",
            "first_seen_at",
            "last_seen_at",
            "settled_at",
            "settled_how",
        )
        read_only_fields = fields
