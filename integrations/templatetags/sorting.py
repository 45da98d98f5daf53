"""By what a list is sorted: one press for the most, also on a phone; and money by currency."""

from __future__ import annotations

from typing import Any

from django import template
from django.contrib.admin.views.main import ORDER_VAR
from unfold.templatetags.unfold_list import result_headers

from .portal import money

register = template.Library()


@register.simple_tag
def press_of(changelist: Any, header: dict[str, Any], place: int) -> str:
    """The address behind a column's name. Of amounts and times people ask for the most and the newest first."""
    method = getattr(changelist.model_admin, changelist.list_display[place], None)
    if header["sort_priority"] == 1 or not getattr(method, "most_first", False):
        address: str = header["url_primary"]
        return address
    sorted_by = changelist.get_ordering_field_columns().items()
    others = (f"-{at}" if kind == "desc" else f"{at}" for at, kind in sorted_by if at != place)
    descending: str = changelist.get_query_string({ORDER_VAR: ".".join([f"-{place}", *others])})
    return descending


@register.inclusion_tag("admin/sort_links.html")
def sort_links(changelist: Any) -> dict[str, Any]:
    """Where the columns have no heads: on a phone."""
    links = []
    for place, header in enumerate(result_headers(changelist)):
        if header["sortable"]:
            links.append(
                {
                    "label": header["text"],
                    "href": press_of(changelist, header, place),
                    "active": header["sort_priority"] == 1,
                    "ascending": header["ascending"],
                }
            )
    return {"links": links, "chosen": next((link for link in links if link["active"]), None)}


@register.inclusion_tag("admin/money_links.html")
def money_links(changelist: Any, request: Any) -> dict[str, Any]:
    """What is stuck in the rows of the list, by currency; each leads to its rows, the most first."""
    column = changelist.money_column
    found = changelist.money if column is not None else []
    chosen = request.GET.get("currency", "")
    shown = [one for one in found if not chosen or one.currency == chosen]
    links = [
        {
            "label": money(one.amount, one.currency),
            "rows": one.rows,
            "href": changelist.get_query_string({"currency": one.currency, ORDER_VAR: f"-{column}"}),
            "active": one.currency == chosen,
        }
        for one in shown
    ]
    several = len(links) > 1 or (bool(chosen) and bool(links))
    sorted_by = [place.removeprefix("-") for place in request.GET.get(ORDER_VAR, "").split(".")]
    return {
        "sorts": several and not chosen and str(column) in sorted_by,
        "links": links if several else [],
        "chosen": chosen,
        "all": changelist.get_query_string(remove=["currency"]),
    }
