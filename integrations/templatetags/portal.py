"""How numbers, money and times are written on the portal's pages."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from babel.numbers import UnknownCurrencyError, format_currency, get_currency_precision, validate_currency
from django import template
from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.utils.translation import get_language, to_locale

from mappings.labels import field_name, kind_name, label

register = template.Library()

MINUTE, HOUR, DAY = 60, 3_600, 86_400
# Within so many minutes of a promised hour each of them counts.
NEAR_MINUTES = 240


@register.filter
def number(value: int) -> str:
    """With thousands separators: 12,345."""
    return formats.number_format(value, force_grouping=True)


@register.filter
def percent(share: float | None) -> str:
    """Of a share from 0 to 1. Never rounds up to 100 %: one failure among ten thousand must be seen."""
    if share is None:
        return "–"
    if share < 1 and round(share * 100, 1) >= 100:
        return formats.number_format(99.9, 1) + " %"
    return formats.number_format(share * 100, 0 if share == 1 else 1) + " %"


def money(amount: Decimal, currency: str) -> str:
    """1,234.50 €, as the reader's language writes it. An unknown currency is shown by its code."""
    try:
        validate_currency(currency)
    except UnknownCurrencyError:
        return f"{formats.number_format(amount, force_grouping=True)} {currency}"
    places = get_currency_precision(currency)
    exact = amount if amount != round(amount, places) else round(amount, places)
    return format_currency(
        exact, currency, locale=to_locale(get_language() or "en"), decimal_quantization=False
    )


@register.filter
def duration(seconds: float | None) -> str:
    """In the two largest units: 3 min 20 s, 2 h 5 min, 4 d 3 h."""
    if seconds is None:
        return "–"
    if seconds < 1:
        return f"{max(round(seconds * 1000), 1)} ms"
    if seconds < 10:
        return f"{formats.number_format(seconds, 1)} s"
    whole = round(seconds)
    for size, name, smaller, smaller_name in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "min"),
        (MINUTE, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {name} {rest} {smaller_name}" if rest else f"{whole // size} {name}"
    return f"{whole} s"


@register.filter
def ago(moment: datetime | None) -> str:
    """How long ago, with the exact time on hover and for screen readers."""
    if moment is None:
        return "–"
    seconds = (timezone.now() - moment).total_seconds()
    local = timezone.localtime(moment)
    exact = f"{formats.date_format(local, 'DATETIME_FORMAT')} {local:%Z}"
    if seconds < 0:
        words = f"in {_rough(-seconds)}" if seconds < -1 else "now"
    else:
        words = f"{_rough(seconds)} ago" if seconds >= MINUTE else "just now"
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, words)


@register.filter
def promised_hour(moment: datetime | None) -> str:
    """The hour itself, as the clock on the reader's wall shows it, and how far it is."""
    if moment is None:
        return "–"
    hour = formats.date_format(timezone.localtime(moment), "j M H:i")
    return format_html(
        '<span class="portal-hour">{} <span class="portal-quiet">{}</span></span>', hour, _how_far(moment)
    )


def _how_far(moment: datetime) -> str:
    """To the minute where it is near: "in 1 h 17 min"."""
    minutes = round((moment - timezone.now()).total_seconds() / MINUTE)
    if abs(minutes) >= NEAR_MINUTES:
        return ago(moment)
    whole = duration(max(abs(minutes), 1) * MINUTE)
    return f"in {whole}" if minutes > 0 else f"{whole} ago"


def _rough(seconds: float) -> str:
    for size, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{int(seconds)} seconds"


register.filter("kind_words", kind_name)
register.filter("field_words", field_name)


@register.filter
def spoken_field(path: str) -> str:
    """A field of a Record as people call it: “postal code of the shipping address”."""
    said = label(path)
    return f"{said.what} of {said.of}" if said.of else said.what


@register.filter
def item(mapping: dict[Any, Any], key: Any) -> Any:
    return mapping.get(key)


@register.inclusion_tag("admin/quick_views.html")
def quick_views(changelist: Any, request: Any) -> dict[str, Any]:
    """The links above a list: its usual views, and what a link from elsewhere narrowed it to."""
    model_admin = changelist.model_admin
    present = {key: value for key, value in request.GET.items() if key not in ("p", "o", "q", "e", "_facets")}
    views = [
        {"label": view.label, "href": f"?{view.query}", "active": present == dict(parse_qsl(view.query))}
        for view in model_admin.quick_views
    ]
    narrowed = [
        {"label": f"{label} {_narrow(value)}".strip(), "href": changelist.get_query_string(remove=[name])}
        for name, label in model_admin.narrowed_by.items()
        if (value := request.GET.get(name))
    ]
    return {"views": views, "narrowed": narrowed}


def _narrow(value: str) -> str:
    moment = parse_datetime(value) if "T" in value else None
    if moment is not None:
        return formats.date_format(timezone.localtime(moment), "j M H:i")
    return value if len(value) <= 20 else ""
