"""What was done about errors like these before: of the same cause, else of one of the same kind elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from integrations.models import Decision, ErrorRecord, Judgement, Settled
from monitoring.models import Incident

# So many of the errors that were settled last are looked at, and so many other causes.
LOOKED_AT = 200
OTHERS = 5
ACTED = (Decision.RETRY, Decision.EDIT, Decision.IGNORE, Decision.CONFIRM, Decision.RESEND)


@dataclass(frozen=True)
class Before:
    """`lines`: what was done to how many, and how that ended. `incident` is another cause like it, or None."""

    at: datetime
    lines: list[str]
    reasons: list[str]
    incident: Incident | None = None


def last_time(incident: Incident) -> Before | None:
    """None where nothing like it was ever settled."""
    own = _of_cause(incident.fingerprint)
    if own is not None:
        return own
    alike = Incident.objects.filter(
        kind=incident.kind, code=incident.code, field=incident.field, resolved_at__isnull=False
    ).exclude(pk=incident.pk)
    for other in alike.order_by("-last_seen_at")[:OTHERS]:
        found = _of_cause(other.fingerprint)
        if found is not None:
            return Before(found.at, found.lines, found.reasons, other)
    return None


def _of_cause(fingerprint: str) -> Before | None:
    settled = list(
        ErrorRecord.objects.filter(fingerprint=fingerprint, settled_at__isnull=False)
        .order_by("-id")
        .values_list("pk", "settled_how", "settled_at")[:LOOKED_AT]
    )
    moments = [at for _, _, at in settled if at is not None]
    if not moments:
        return None
    how = {pk: ended for pk, ended, _ in settled}
    acted: dict[int, str] = {}
    reasons: list[str] = []
    judged = Judgement.objects.filter(error__in=list(how), decision__in=ACTED).order_by("id")
    for error_id, decision, text in judged.values_list("error_id", "decision", "text"):
        acted[error_id] = decision
        if decision == Decision.IGNORE and text and text not in reasons:
            reasons.append(text)
    counts = Counter((acted.get(pk, ""), ended) for pk, ended in how.items())
    return Before(max(moments), _lines(counts.most_common()), reasons[-3:])


def _lines(counts: Iterable[tuple[tuple[str, str], int]]) -> list[str]:
    return [f"{number:,} {_deed(decision)}{_ended(decision, ended)}" for (decision, ended), number in counts]


def _deed(decision: str) -> str:
    if not decision:
        return "settled without anybody"
    return {
        Decision.RETRY: "retried",
        Decision.EDIT: "edited and retried",
        Decision.IGNORE: "ignored",
        Decision.CONFIRM: "confirmed to have arrived",
        Decision.RESEND: "sent again",
    }[Decision(decision)]


def _ended(decision: str, ended: str) -> str:
    if decision == Decision.IGNORE or not ended:
        return ""
    words = {
        Settled.DELIVERED: "delivered after all",
        Settled.SUPERSEDED: "a newer version came",
        Settled.IGNORED: "ignored in the end",
        Settled.GONE: "the cause was gone",
        Settled.SKIPPED: "skipped by a fallback",
        Settled.HANDED_OVER: "handed over to another job",
    }
    return f": {words[Settled(ended)]}"
