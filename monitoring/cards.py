"""The tiles of a dashboard, each figure with the rows behind it: of everything, one workflow, or one connection."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from django.utils import timezone

from integrations.models import Kind, State
from integrations.templatetags.portal import ago, duration, number, percent
from monitoring import histogram, links, money_cards, portal_cards
from monitoring.payments import card as payments
from monitoring.periods import BARS, BY_WEEK, HOUR, bounds
from monitoring.scopes import PORTAL
from monitoring.seen import Seen, before, change, tone

# So much of a rate budget used is a warning.
NEARLY_USED = 0.8

# How a middle and a slow time are said: nobody has to know what a percentile is.
HALF, MOST = "half took no longer", "95 of 100 took no longer"


def cards(seen: Seen) -> list[dict[str, Any]]:
    shown = [
        _success(seen),
        _throughput(seen),
        _times(seen),
        _fulfilment(seen),
        _errors(seen),
        money_cards.stuck(seen),
        money_cards.delivered_value(seen),
        _backlog(seen),
        *money_cards.saved(seen),
        *_rates(seen),
    ]
    if seen.look.scope.kind == PORTAL:
        shown += [*portal_cards.unannounced(), portal_cards.accuracy(), *payments.cards()]
    return shown


def _success(seen: Seen) -> dict[str, Any]:
    found, earlier, look = seen.found, seen.earlier, seen.look
    rate, past = found.success_rate, earlier.success_rate
    points = "" if rate is None or past is None else f"{(rate - past) * 100:+.1f} points".replace("-", "−")
    return {
        "title": "Sync success rate",
        "about": "Delivered, of all tries that ended; a retry counts again",
        "main": look.outcomes(found.tried, percent(rate), result="attempted"),
        "tone": tone(rate),
        "lines": [
            ("delivered", look.outcomes(found.number(State.DELIVERED), result=State.DELIVERED)),
            ("failed", look.outcomes(found.number(State.FAILED), result=State.FAILED)),
            *_skipped(seen),
            *before(seen, earlier.tried, percent(past), points, result="attempted"),
        ],
    }


def _skipped(seen: Seen) -> list[tuple[str, Any]]:
    """What a fallback skipped is not in the other system either: it counts as not delivered, and is named."""
    skipped = seen.found.number(State.SKIPPED)
    return [("skipped by a fallback", seen.look.outcomes(skipped, result=State.SKIPPED))] if skipped else []


def _throughput(seen: Seen) -> dict[str, Any]:
    found, look = seen.found, seen.look
    delivered, past = found.number(State.DELIVERED), seen.earlier.number(State.DELIVERED)
    return {
        "title": "Throughput",
        "about": "Delivered per hour, on average over the whole time",
        "main": look.outcomes(delivered, rate_text(delivered / found.hours), result=State.DELIVERED),
        "unit": "an hour",
        "lines": [
            *_peak(seen),
            *before(
                seen,
                past,
                rate_text(past / seen.earlier.hours),
                change(delivered / found.hours, past / seen.earlier.hours),
                result=State.DELIVERED,
            ),
        ],
    }


def rate_text(per_hour: float) -> str:
    """With a fraction where there are few: 0.4, 31, 1,204."""
    return number(round(per_hour)) if per_hour >= 10 or not per_hour else f"{per_hour:.1f}"


def _peak(seen: Seen) -> list[tuple[str, links.Linked]]:
    """The hour in which most was delivered; of a long time, the week."""
    found = seen.found
    if BARS[seen.look.period] == BY_WEEK:
        return _busiest_week(seen)
    most = max((found.by_hour or {}).items(), key=lambda entry: (entry[1], entry[0]), default=None)
    if most is None or not most[1]:
        return []
    hour, count = most
    end = hour + HOUR
    text = f"{number(count)}, {timezone.localtime(hour):%a %H:%M}"
    return [("busiest hour", seen.look.outcomes_between(count, hour, end, text, result=State.DELIVERED))]


def _busiest_week(seen: Seen) -> list[tuple[str, links.Linked]]:
    cuts = bounds(seen.found.since, seen.look.period)
    weeks = [
        (
            sum(states.get(State.DELIVERED, 0) for part, states in seen.found.parts.items() if a <= part < b),
            a,
            b,
        )
        for a, b in pairwise(cuts)
    ]
    count, begin, end = max(weeks)
    if not count:
        return []
    text = f"{number(count)}, from {timezone.localtime(begin):%d %b}"
    return [("busiest week", seen.look.outcomes_between(count, begin, end, text, result=State.DELIVERED))]


def _times(seen: Seen) -> dict[str, Any]:
    """Read from a histogram: at most 4.5 % off."""
    found, earlier, look = seen.found, seen.earlier, seen.look
    middle, slow = (histogram.percentile(found.processing, share) for share in (0.5, 0.95))
    here = histogram.percentile(found.passage, 0.95)
    past = histogram.percentile(earlier.processing, 0.5)
    return {
        "title": "Order processing time",
        "about": "Checkout to acceptance; “in Crossdock”: the part here. Exact to 5 %",
        "main": look.outcomes(found.timed, duration(middle), result="timed"),
        "unit": HALF,
        "lines": [
            (MOST, look.outcomes(found.timed, duration(slow), result="timed")),
            ("95 of 100, in Crossdock", look.outcomes(found.timed, duration(here), result="timed")),
            *before(
                seen,
                earlier.timed,
                duration(past),
                change(middle or 0, past or 0) if middle else "",
                result="timed",
            ),
        ],
    }


def _fulfilment(seen: Seen) -> dict[str, Any]:
    found, earlier, look = seen.found.fulfilment, seen.earlier.fulfilment, seen.look
    middle, slow = (histogram.percentile(found, share) for share in (0.5, 0.95))
    past = histogram.percentile(earlier, 0.5)
    count = sum(found.values())
    shown: dict[str, Any] = {
        "title": "Fulfilment delay",
        "about": "Order placed to parcel shipped, by the parcels reported in this time",
        "main": look.outcomes(count, duration(middle), result="shipped"),
        "unit": HALF,
        "lines": [
            (MOST, look.outcomes(count, duration(slow), result="shipped")),
            ("parcels", look.outcomes(count, result="shipped")),
            *before(
                seen,
                sum(earlier.values()),
                duration(past),
                change(middle or 0, past or 0) if middle else "",
                result="shipped",
            ),
        ],
    }
    if not count:
        carries = any(job.kind == "shipment" for job in seen.jobs)
        why = (
            "No parcel of an order that is known here was reported." if carries else "No job carries parcels."
        )
        shown |= {"lines": shown["lines"][2:], "note": why}
    return shown


def _errors(seen: Seen) -> dict[str, Any]:
    look, stand = seen.look, seen.stand
    return {
        "title": "Open errors",
        "main": look.errors(stand.open_errors),
        "tone": "bad" if stand.open_errors else "good",
        "lines": [
            ("in doubt", look.errors(stand.in_doubt, doubt="yes")),
            ("nobody has them", look.errors(stand.unassigned, assigned="nobody")),
        ],
    }


def _backlog(seen: Seen) -> dict[str, Any]:
    look, stand = seen.look, seen.stand
    return {
        "title": "On their way",
        "main": look.records(stand.backlog, state="backlog"),
        "lines": [("held back", look.records(stand.held, state=State.HELD))],
        "note": f"oldest {ago(stand.oldest)}" if stand.oldest else "nothing waits",
    }


def _rates(seen: Seen) -> list[dict[str, Any]]:
    """The system that is nearest to its limit. No tile where none has a limit."""
    if not seen.rates:
        return []
    rate = seen.rates[0]
    used = rate.used
    share = used.today / used.per_day if used.share is None and used.per_day else used.share
    lines = []
    if used.per_day:
        lines.append(("today", links.Linked(0, rate.href, f"{number(used.today)} of {number(used.per_day)}")))
    if rate.calls is not None:
        lines.append(("calls in this time", links.Linked(rate.calls, rate.href)))
    if rate.busiest_share is not None:
        lines.append(("busiest hour", links.Linked(0, rate.href, percent(rate.busiest_share))))
    colour = "warn" if used.waits or rate.fullest >= NEARLY_USED else "good"
    return [
        {
            "title": "Rate budget used",
            "about": f"{rate.connection.name}: of what it allows at once"
            + (f"; the fullest of {len(seen.rates)}" if len(seen.rates) > 1 else ""),
            "main": links.Linked(0, rate.href, "waits" if used.waits else percent(share)),
            "tone": colour,
            "lines": lines,
        }
    ]


def by_kind(seen: Seen) -> list[dict[str, Any]]:
    """Frequency of errors by kind, with the time before."""
    found, earlier, look = seen.found, seen.earlier, seen.look
    rows = []
    for kind, label in Kind.choices:
        now, past = (of.number(State.FAILED, kind=kind) for of in (found, earlier))
        rows.append(
            {
                "label": label,
                "failed": look.outcomes(now, result=State.FAILED, kind=kind),
                "share": percent(now / found.tried) if found.tried else "–",
                "before": look.outcomes_between(
                    past, earlier.since, earlier.as_of, result=State.FAILED, kind=kind
                ),
                "change": change(now, past) or "–",
                "open": look.errors(seen.stand.open_by_kind.get(kind, 0), kind=kind),
            }
        )
    return rows
