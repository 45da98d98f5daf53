"""The figures of the front page, each with the rows behind it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Count
from django.urls import reverse

from integrations.models import ErrorRecord, JobState, Kind, State, SyncJob
from integrations.sync.measures import NEAR_HOURS
from integrations.templatetags.portal import ago, duration, money, percent
from monitoring import accuracy_figures, announcements, histogram, links
from monitoring.figures import Figures, before
from monitoring.models import ASKS_FOR_A_PERSON, Incident
from monitoring.payments import card as payments
from monitoring.standing import Standing

SHOWN_INCIDENTS = 5
BEFORE = "before"
SHOWN_CURRENCIES = 4
SHOWN_NEAR = 2
# Above the first the rate is shown as good, above the second as a warning.
GOOD_RATE, FAIR_RATE = 0.98, 0.9


def cards(found: Figures, stand: Standing, period: str) -> list[dict[str, Any]]:
    earlier = before(found, period)
    return [
        _success(found, earlier, period),
        _times(found, earlier, period),
        {
            "title": "Open errors",
            "main": links.errors(stand.open_errors),
            "tone": "bad" if stand.open_errors else "good",
            "lines": [
                ("in doubt", links.errors(stand.in_doubt, doubt="yes")),
                ("nobody has them", links.errors(stand.unassigned, assigned="nobody")),
            ],
        },
        _stuck(stand),
        *_announcements(),
        _accuracy(),
        *payments.cards(),
        {
            "title": "On their way",
            "main": links.records(stand.backlog, state="backlog"),
            "lines": [("held back", links.records(stand.held, state=State.HELD))],
            "note": f"oldest {ago(stand.oldest)}" if stand.oldest else "nothing waits",
        },
    ]


def _success(found: Figures, earlier: Figures, period: str) -> dict[str, Any]:
    delivered, failed = found.number(State.DELIVERED), found.number(State.FAILED)
    rate = found.success_rate
    return {
        "title": "Sync success rate",
        "about": "Delivered, of all tries that ended; a retry counts again. “Before”: the period before",
        "main": links.outcomes(delivered + failed, period, percent(rate), result="attempted"),
        "tone": _tone(rate),
        "lines": [
            ("delivered", links.outcomes(delivered, period, result=State.DELIVERED)),
            ("failed", links.outcomes(failed, period, result=State.FAILED)),
            *_rate_before(earlier),
        ],
    }


def _rate_before(earlier: Figures) -> list[tuple[str, links.Linked]]:
    """Nothing where there was nothing to compare with."""
    tried = earlier.number(State.DELIVERED) + earlier.number(State.FAILED)
    if not tried:
        return []
    text = percent(earlier.success_rate)
    return [(BEFORE, links.outcomes_between(tried, earlier.since, earlier.as_of, text, result="attempted"))]


def _tone(rate: float | None) -> str:
    if rate is None:
        return ""
    return "good" if rate >= GOOD_RATE else "warn" if rate >= FAIR_RATE else "bad"


def _times(found: Figures, earlier: Figures, period: str) -> dict[str, Any]:
    """Read from a histogram: at most 4.5 % off."""
    middle, slow = (histogram.percentile(found.processing, share) for share in (0.5, 0.95))
    here = histogram.percentile(found.passage, 0.95)
    return {
        "title": "Order processing time",
        "about": "Checkout to acceptance; “here”: the part in Crossdock. Exact to 5 %",
        "main": links.outcomes(found.timed, period, duration(middle), result="timed"),
        "unit": "p50",
        "lines": [
            ("p95", links.outcomes(found.timed, period, duration(slow), result="timed")),
            ("p95 here", links.outcomes(found.timed, period, duration(here), result="timed")),
            *_times_before(earlier),
        ],
    }


def _times_before(earlier: Figures) -> list[tuple[str, links.Linked]]:
    if not earlier.timed:
        return []
    text = duration(histogram.percentile(earlier.processing, 0.5))
    return [
        (BEFORE, links.outcomes_between(earlier.timed, earlier.since, earlier.as_of, text, result="timed"))
    ]


def _accuracy() -> dict[str, Any]:
    """Of each SKU × location × channel, as the latest audit of each stock job found it."""
    found = accuracy_figures.of_stock()
    whole = found.accuracy
    differ = whole.compared - whole.agree
    rate = whole.settled_share if whole.settled_share is not None else whole.share
    card: dict[str, Any] = {
        "title": "Inventory accuracy",
        "about": "SKU × location × channel that agree, by the latest audits",
        "main": links.compared(whole.compared, percent(whole.share), latest="stock", verdict="compared"),
        "tone": _tone(rate),
        "lines": [
            ("differ", links.compared(differ, latest="stock", verdict="differs")),
            ("of these in flight", links.compared(whole.in_flight, latest="stock", verdict="in_flight")),
            (
                "without these",
                links.compared(
                    whole.compared - whole.in_flight,
                    percent(whole.settled_share),
                    latest="stock",
                    verdict="at_rest",
                ),
            ),
        ],
    }
    if whole.compared:
        interval = whole.interval() if found.is_sample else None
        note = "" if interval is None else f"by a sample: {percent(interval[0])} to {percent(interval[1])}"
        return card | {"note": note}
    begin = (
        "It is measured at its time." if found.stock_audits else "Add an audit of a stock job to measure it."
    )
    return card | {"main": links.audits(found.audits, "–"), "lines": [], "note": begin, "tone": ""}


def _stuck(stand: Standing) -> dict[str, Any]:
    sums = [
        links.errors(entry.records, money(entry.amount, entry.currency), currency=entry.currency)
        for entry in stand.stuck
    ]
    records = sum(entry.records for entry in stand.stuck)
    lines = [("and", other) for other in sums[1:SHOWN_CURRENCIES]]
    if more := len(sums[SHOWN_CURRENCIES:]):
        lines.append((f"and {more} more currencies, in all", links.errors(records, currency="any")))
    elif sums:
        lines.append(("records", links.errors(records, currency="any")))
    lines += _near(stand)
    return {
        "title": "Value stuck in errors",
        "about": "Each currency by itself",
        "main": sums[0] if sums else links.errors(stand.open_errors, "nothing"),
        "tone": "bad" if sums else "good",
        "lines": lines,
    }


def _near(stand: Standing) -> list[tuple[str, links.Linked]]:
    """What was promised for an hour that is near, each currency by itself."""
    shown = [
        (
            f"due in {NEAR_HOURS} h or past" if place == 0 else "and",
            links.errors(
                entry.records, money(entry.amount, entry.currency), promised="near", currency=entry.currency
            ),
        )
        for place, entry in enumerate(stand.stuck_near[:SHOWN_NEAR])
    ]
    if more := len(stand.stuck_near[SHOWN_NEAR:]):
        records = sum(entry.records for entry in stand.stuck_near)
        shown.append((f"and {more} more currencies", links.errors(records, promised="near", currency="any")))
    return shown


def _announcements() -> list[dict[str, Any]]:
    """No card where no job tells anybody of parcels."""
    found = announcements.counts()
    if found is None:
        return []
    not_told, without_number, without_parcel = found
    return [
        {
            "title": "Shipped, not announced",
            "main": links.unannounced(not_told + without_number + without_parcel),
            "tone": "bad" if not_told or without_parcel else "warn" if without_number else "good",
            "lines": [
                ("nobody was told", links.unannounced(not_told, missing="news")),
                ("no tracking number", links.unannounced(without_number, missing="number")),
                ("no parcel known", links.unannounced(without_parcel, missing="parcel")),
            ],
        }
    ]


def by_kind(found: Figures, stand: Standing, period: str) -> list[dict[str, Any]]:
    return [
        {
            "label": label,
            "failed": links.outcomes(
                found.number(State.FAILED, kind=kind), period, result=State.FAILED, kind=kind
            ),
            "open": links.errors(stand.open_by_kind.get(kind, 0), kind=kind),
        }
        for kind, label in Kind.choices
    ]


def by_job(found: Figures, stand: Standing, period: str, jobs: list[SyncJob]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for job in jobs:
        delivered, failed = (found.number(state, job=job.pk) for state in (State.DELIVERED, State.FAILED))
        delay = found.delays.get(job.pk)
        rows.append(
            {
                "name": job.name,
                "about": f"{job.source.name} → {job.destination.name}",
                "state": "" if job.state == JobState.ACTIVE else job.get_state_display(),
                "href": reverse("admin:integrations_syncjob_change", args=[job.pk]),
                "delivered": links.outcomes(delivered, period, job=job.pk, result=State.DELIVERED),
                "failed": links.outcomes(failed, period, job=job.pk, result=State.FAILED),
                "rate": percent(delivered / (delivered + failed)) if delivered + failed else "–",
                "delay": None if delay is None else _delay(delay, period, job),
                "fresh_at": job.last_complete_read_at,
                "open": links.errors(stand.open_by_job.get(job.pk, 0), job=job.pk),
                "backlog": links.records(stand.backlog_by_job.get(job.pk, 0), job=job.pk, state="backlog"),
            }
        )
    if without := stand.open_by_job.get(None, 0):
        # So that the column adds up to the number of all open errors.
        rows.append({"name": "Without a job", "open": links.errors(without, job__isnull=True)})
    return rows


def _delay(delay: histogram.Histogram, period: str, job: SyncJob) -> links.Linked:
    """p50 and p95 of one channel, from the change at the owner to the channel's acceptance."""
    middle, slow = (histogram.percentile(delay, share) for share in (0.5, 0.95))
    text = f"{duration(middle)} · {duration(slow)}"
    return links.outcomes(sum(delay.values()), period, text, job=job.pk, result="told")


def open_causes() -> int:
    return Incident.objects.filter(ASKS_FOR_A_PERSON).count()


def incidents() -> list[dict[str, Any]]:
    """The causes with most open errors. They are counted now: the last triage may be a minute old."""
    rows = list(
        Incident.objects.filter(ASKS_FOR_A_PERSON).order_by("-open_errors", "-last_seen_at")[:SHOWN_INCIDENTS]
    )
    marks = [row.fingerprint for row in rows]
    open_now = dict(
        ErrorRecord.objects.filter(settled_at__isnull=True, fingerprint__in=marks)
        .order_by()
        .values_list("fingerprint")
        .annotate(number=Count("id"))
    )
    return [
        {
            "incident": row,
            "open": links.unsettled(open_now[row.fingerprint], fingerprint=row.fingerprint),
            "stuck": ", ".join(
                money(Decimal(amount), currency) for currency, amount in sorted(row.stuck.items())
            ),
        }
        for row in rows
        if row.fingerprint in open_now
    ]
