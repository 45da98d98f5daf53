"""Tiles that only the whole has: agreement between systems, and parcels that nobody was told of."""

from __future__ import annotations

from typing import Any

from integrations.templatetags.portal import percent
from monitoring import accuracy_figures, announcements, links
from monitoring.seen import tone


def accuracy() -> dict[str, Any]:
    """Of each SKU × location × channel, as the latest audit of each stock job found it."""
    found = accuracy_figures.of_stock()
    whole = found.accuracy
    differ = whole.compared - whole.agree
    rate = whole.settled_share if whole.settled_share is not None else whole.share
    card: dict[str, Any] = {
        "title": "Inventory accuracy",
        "about": "SKU × location × channel that agree, by the latest audits",
        "main": links.compared(whole.compared, percent(whole.share), latest="stock", verdict="compared"),
        "tone": tone(rate),
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


def unannounced() -> list[dict[str, Any]]:
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
