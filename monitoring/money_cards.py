"""Tiles of money and of work: value delivered and stuck, each currency by itself, and manual work removed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.urls import reverse

from integrations.models import State
from integrations.sync.measures import NEAR_HOURS
from integrations.templatetags.portal import duration, money
from monitoring import links
from monitoring.groups import hours_saved
from monitoring.scopes import WORKFLOW, Look
from monitoring.seen import Seen, before, change, difference
from monitoring.standing import Stuck

SHOWN_CURRENCIES = 4
SHOWN_NEAR = 2


def stuck(seen: Seen) -> dict[str, Any]:
    look, stand = seen.look, seen.stand
    sums = [
        look.errors(entry.records, money(entry.amount, entry.currency), currency=entry.currency)
        for entry in stand.stuck
    ]
    records = sum(entry.records for entry in stand.stuck)
    lines = [
        (f"in {entry.currency}", other)
        for entry, other in zip(stand.stuck[1:SHOWN_CURRENCIES], sums[1:SHOWN_CURRENCIES], strict=True)
    ]
    if more := len(sums[SHOWN_CURRENCIES:]):
        lines.append((f"and {_more_currencies(more)}, in all", look.errors(records, currency="any")))
    elif sums:
        lines.append(("records", look.errors(records, currency="any")))
    lines += _near(look, stand.stuck_near)
    return {
        "title": "Value stuck in errors",
        "about": "Each currency by itself",
        "main": sums[0] if sums else look.errors(stand.open_errors, "nothing"),
        "tone": "bad" if sums else "good",
        "lines": lines,
    }


def _more_currencies(number: int) -> str:
    return "1 more currency" if number == 1 else f"{number} more currencies"


def _near(look: Look, near: list[Stuck]) -> list[tuple[str, links.Linked]]:
    """What was promised for an hour that is near, each currency by itself."""
    shown = [
        (
            f"due in {NEAR_HOURS} h or past" if place == 0 else f"in {entry.currency}",
            look.errors(
                entry.records, money(entry.amount, entry.currency), promised="near", currency=entry.currency
            ),
        )
        for place, entry in enumerate(near[:SHOWN_NEAR])
    ]
    if len(near) > SHOWN_NEAR:
        records = sum(entry.records for entry in near)
        shown.append(("in all currencies", look.errors(records, promised="near", currency="any")))
    return shown


def delivered_value(seen: Seen) -> dict[str, Any]:
    """Of new orders, each currency by itself; what is compared with is the same currency's."""
    found, earlier = seen.found.carried(), seen.earlier.carried()
    order = sorted(found, key=lambda code: (-found[code][0], code))
    shown = [_value(seen, code, found[code], earlier.get(code)) for code in order]
    lines = [line for _, compared in shown[:1] for line in compared]
    for code, (main, compared) in zip(order[1:SHOWN_CURRENCIES], shown[1:SHOWN_CURRENCIES], strict=True):
        lines += [(f"in {code}", main), *compared]
    if more := len(shown[SHOWN_CURRENCIES:]):
        # There is no list of several currencies: the table below has each.
        lines.append((f"and {_more_currencies(more)}", links.Linked(0, "", "below")))
    return {
        "title": "Value delivered",
        "about": "New orders that their destination took; one that goes to two systems counts for each",
        "main": shown[0][0] if shown else seen.look.outcomes(0, "nothing", result="timed"),
        "lines": lines,
    }


def _value(
    seen: Seen, code: str, now: tuple[int, Decimal], past: tuple[int, Decimal] | None
) -> tuple[links.Linked, list[tuple[str, links.Linked]]]:
    count, amount = now
    main = seen.look.outcomes(count, money(amount, code), result="timed", currency=code)
    if past is None:
        return main, []
    told = change(float(amount), float(past[1]))
    return main, before(seen, past[0], money(past[1], code), told, result="timed", currency=code)


def saved(seen: Seen) -> list[dict[str, Any]]:
    """No tile where nobody said how long a record took by hand, except on a workflow's own dashboard."""
    now = hours_saved(seen.found.by_job(State.DELIVERED), seen.jobs)
    of_workflow = seen.look.scope.kind == WORKFLOW
    card: dict[str, Any] = {
        "title": "Manual work removed",
        "about": "Records delivered × the minutes that one took by hand",
        "lines": [],
    }
    if now is None:
        if not of_workflow:
            return []
        edit = reverse("admin:integrations_workflow_change", args=[seen.look.scope.pk])
        return [
            card | {"main": links.Linked(0, edit, "–"), "note": "Enter at the workflow how long one took."}
        ]
    with_minutes = [
        job for job in seen.jobs if job.workflow is not None and job.workflow.minutes_per_record is not None
    ]
    delivered = seen.found.number(State.DELIVERED)
    text = duration(float(now) * 3_600) if now else "0"
    if len(with_minutes) == len(seen.jobs):
        card["main"] = seen.look.outcomes(delivered, text, result=State.DELIVERED)
    else:
        count = sum(seen.found.by_job(State.DELIVERED).get(job.pk, 0) for job in with_minutes)
        card |= {
            "main": links.Linked(count, "", text),
            "note": f"of {len(with_minutes)} of {len(seen.jobs)} jobs",
        }
    past = hours_saved(seen.earlier.by_job(State.DELIVERED), seen.jobs)
    if past:
        told = duration(float(past) * 3_600)
        card["lines"] = [
            ("before", links.Linked(0, "", told)),
            *difference(change(float(now), float(past))),
        ]
    return [card]


def by_currency(seen: Seen) -> list[dict[str, Any]]:
    """Value delivered and value stuck, a line for each currency: none is ever added to another."""
    found, past_values, look = seen.found.carried(), seen.earlier.carried(), seen.look
    none = (0, Decimal(0))
    in_errors = {entry.currency: entry for entry in seen.stand.stuck}
    rows = []
    for code in sorted({*found, *past_values, *in_errors}, key=lambda one: (-found.get(one, none)[0], one)):
        count, amount = found.get(code, none)
        past_count, past = past_values.get(code, none)
        held = in_errors.get(code, Stuck(code, Decimal(0), 0))
        rows.append(
            {
                "label": code,
                "orders": look.outcomes(count, result="timed", currency=code),
                "delivered": look.outcomes(count, money(amount, code), result="timed", currency=code),
                "before": look.outcomes_between(
                    past_count,
                    seen.earlier.since,
                    seen.earlier.as_of,
                    money(past, code),
                    result="timed",
                    currency=code,
                ),
                "change": change(float(amount), float(past)) or "–",
                "stuck": look.errors(held.records, money(held.amount, code), currency=code),
            }
        )
    return rows
