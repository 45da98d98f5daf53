"""What the tables know of records that differ: a fixed number of queries for each page, whatever its size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Max, Q

from integrations.connectors.base import Abilities
from integrations.models import (
    Batch,
    Delivery,
    Door,
    ErrorRecord,
    ExternalId,
    InboundEvent,
    InboundState,
    JobState,
    SyncJob,
    UnitsInFlight,
)
from integrations.sync import shared_clock, stock
from integrations.sync.case import Case
from integrations.sync.rollout import is_in
from integrations.sync.rules import JobRules, passes_filter
from integrations.sync.steer import why_not
from monitoring.models import MissedWebhook
from monitoring.webhook_ledger import EARLY

from .causes import APART, Facts
from .looking import Look

# What is read each so often is in flight a little longer: it is queued, sent and answered.
MARGIN = timedelta(seconds=60)
# Where nothing is read by itself, a webhook may take so long.
BY_WEBHOOK_ALONE = timedelta(minutes=15)


@dataclass(frozen=True)
class Differing:
    """A case whose sides do not say the same. `no_rule`: only in fields that no writing rule carries."""

    case: Case
    look: Look
    no_rule: bool = False


class Evidence:
    """Gathers the Facts of one job's differing records."""

    def __init__(self, job: SyncJob, rules: JobRules, source: Abilities) -> None:
        self.job, self.rules = job, rules
        self.now = shared_clock.now()
        every = timedelta(seconds=job.every_seconds)
        self.rhythm = every + MARGIN if job.every_seconds else BY_WEBHOOK_ALONE
        self.tells = source.webhook and _orders_webhooks(job)
        self.sales_rhythm = _sales_rhythm(job)

    def of(self, rows: Sequence[Differing]) -> dict[int, Facts]:
        """By the cases' places."""
        ids = [row.case.delivery.pk for row in rows if is_stored(row.case.delivery)]
        errors = dict(
            ErrorRecord.objects.filter(delivery_id__in=ids, settled_at__isnull=True).values_list(
                "delivery_id", "sentence"
            )
        )
        missed = dict(
            MissedWebhook.objects.filter(delivery_id__in=ids)
            .order_by()
            .values_list("delivery_id")
            .annotate(newest=Max("changed_at"))
        )
        told = self._told([row.case.parcel.external_id for row in rows])
        echoes, sold = self._echoes(rows), self._just_sold(rows)
        # A figure that several rows are counted in differs because of the one that has not come in.
        # What was never accepted has no delivery to be found by, and stands for itself.
        not_in = {
            row.case.delivery.pk: row.case
            for row in rows
            if is_stored(row.case.delivery) and not _is_accepted(row.case)
        }
        return {
            row.case.place: self._facts(
                row, not_in.get(row.case.delivery.pk, row.case), errors, missed, told, echoes, sold
            )
            for row in rows
        }

    def _just_sold(self, rows: Sequence[Differing]) -> set[str]:
        """SKUs of which units were sold, or accepted for shipping, and are being counted anew."""
        if self.job.kind != stock.KIND:
            return set()
        skus = [str(row.case.record_data.get("sku")) for row in rows]
        if Batch.objects.filter(job=self.job, run__door=Door.RECOUNT, settled_at__isnull=True).exists():
            rows_of_units = UnitsInFlight.objects.filter(holder_id=self.job.source_id, sku__in=skus)
        else:
            young = self.now - self.rhythm
            rows_of_units = UnitsInFlight.objects.filter(
                Q(delivery__accepted_at__gte=young) | Q(accepted_at__gte=young),
                holder_id=self.job.source_id,
                sku__in=skus,
            )
        return set(rows_of_units.values_list("sku", flat=True))

    def _told(self, names: Sequence[str]) -> dict[str, list[tuple[datetime, str]]]:
        events: dict[str, list[tuple[datetime, str]]] = {}
        for name, at, state in InboundEvent.objects.filter(
            connection_id=self.job.source_id, external_id__in=names
        ).values_list("external_id", "received_at", "state"):
            events.setdefault(name, []).append((at, state))
        return events

    def _echoes(self, rows: Sequence[Differing]) -> dict[str, str]:
        names = [row.case.destination_id for row in rows if row.case.destination_id is not None]
        return dict(
            ExternalId.objects.filter(
                connection_id=self.job.destination_id,
                resource=self.job.destination_resource,
                external_id__in=names,
            )
            .exclude(echo_digest="")
            .values_list("external_id", "echo_digest")
        )

    def _facts(
        self,
        row: Differing,
        changed: Case,
        errors: dict[int, str],
        missed: dict[int, datetime],
        told: dict[str, list[tuple[datetime, str]]],
        echoes: dict[str, str],
        just_sold: set[str],
    ) -> Facts:
        case, seen = row.case, row.look.seen
        delivery, parcel = case.delivery, changed.parcel
        changed_at = time_of(parcel.version)
        accepted = _is_accepted(changed)
        events = told.get(parcel.external_id, [])
        since = [state for at, state in events if changed_at is None or at >= changed_at - EARLY]
        stored = is_stored(delivery)
        noted = missed.get(delivery.pk) if stored else None
        there_at = time_of(seen.version) if seen is not None else None
        sold = there_at is None or delivery.delivered_at is None or there_at > delivery.delivered_at + APART
        fault = case.ending.fault if case.ending is not None else None
        echo = echoes.get(case.destination_id or "")
        return Facts(
            now=self.now,
            source=self.job.source.name,
            destination=self.job.destination.name,
            rhythm=self.rhythm,
            state=str(delivery.state) if stored else "",
            state_reason=delivery.state_reason,
            accepted_at=delivery.accepted_at if stored else None,
            delivered_at=delivery.delivered_at,
            has_open_write=case.open_intent is not None,
            is_counted_anew=str(case.record_data.get("sku")) in just_sold,
            error=errors.get(delivery.pk, "") if stored else "",
            is_left_out=self.why_left_out(case),
            job_stands="" if self.job.may_run else why_not(self.job),
            not_translated=fault.sentence if fault is not None else "",
            is_accepted=accepted,
            changed_at=changed_at,
            last_read_at=self.job.last_complete_read_at,
            reads_by_itself=self.job.state == JobState.ACTIVE and self.job.every_seconds > 0,
            tells_by_webhook=self.tells,
            was_told=bool(since),
            told_but_failed=not accepted and InboundState.FAILED in since,
            told_but_waits=not accepted and InboundState.RECEIVED in since,
            is_noted_as_missed=noted is not None and (changed_at is None or noted >= changed_at),
            same_content=bool(delivery.content_hash) and delivery.content_hash == case.content_hash,
            same_mapping=delivery.mapping_version in ("", self.rules.version),
            is_missing=seen is None,
            there_changed_at=there_at,
            differs_from_answer=None if seen is None or not echo else seen.digest != echo,
            seen_at=row.look.at,
            sales_rhythm=self.sales_rhythm if sold else None,
            no_rule=row.no_rule,
        )

    def why_left_out(self, case: Case) -> str:
        """Of a record that was never delivered: which rule of the job keeps it away."""
        if self.is_filtered(case):
            return f"The job's filter leaves it out: {self.job.filter}"[:300]
        if self.is_not_in_yet(case):
            return f"The rollout is at {self.job.rollout_percent} % and does not take it in yet."
        return ""

    def is_filtered(self, case: Case) -> bool:
        return _is_new(case) and not passes_filter(self.job, case.record_data)

    def is_not_in_yet(self, case: Case) -> bool:
        return _is_new(case) and not is_in(self.job, case.rollout_name)


def _is_new(case: Case) -> bool:
    """What was delivered once stays in, whatever the rules say now."""
    return case.destination_id is None and bool(case.record_data)


def is_stored(delivery: Delivery) -> bool:
    """Whether it was ever accepted: else it is only what would be made."""
    return not delivery._state.adding


def _is_accepted(case: Case) -> bool:
    """Whether what the source shows now has come in."""
    delivery, parcel = case.own_delivery or case.delivery, case.parcel
    if not is_stored(delivery):
        return False
    if parcel.version and delivery.accepted_version:
        return parcel.version <= delivery.accepted_version
    return not parcel.digest or not delivery.accepted_digest or parcel.digest == delivery.accepted_digest


def _orders_webhooks(job: SyncJob) -> bool:
    return job.source.webhook_address is not None


def _sales_rhythm(job: SyncJob) -> timedelta | None:
    """How long a sale in this channel may take until its order is read; None where no orders are."""
    if job.kind != stock.KIND:
        return None
    rhythms = SyncJob.objects.filter(source_id=job.destination_id, counts_units_in_flight=True).values_list(
        "every_seconds", flat=True
    )
    return max((timedelta(seconds=every) + MARGIN for every in rhythms), default=None)


def time_of(version: str) -> datetime | None:
    """Of a version that is the thing's time of change; others are numbers."""
    try:
        moment = datetime.fromisoformat(version)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
