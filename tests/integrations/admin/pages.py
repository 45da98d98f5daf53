"""What a browser does with the admin's pages."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import Model
from django.test import Client
from django.urls import reverse

SUBMITTED = {"_form_submitted": "True"}


def change_url(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def list_url(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def action_url(row: Model, name: str) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{name}", args=[row.pk])


def act(client: Client, row: Model, name: str, **values: Any) -> Any:
    """Fills in an action's dialog and sends it, as htmx does."""
    return client.post(action_url(row, name), SUBMITTED | values, headers={"HX-Request": "true"})


def act_on_many(client: Client, rows: list[Any], name: str, **values: Any) -> Any:
    """Confirms an action over chosen rows."""
    chosen = {"action": name, "_selected_action": [row.pk for row in rows], "confirmed": "yes"}
    return client.post(list_url(type(rows[0])), chosen | values)


def result_count(response: Any) -> int:
    """How many rows the list says it has."""
    found = re.search(r'data-result-count="(\d+)"', response.content.decode())
    assert found is not None, "the page shows no list"
    return int(found.group(1))


def listed(response: Any) -> list[Any]:
    """The rows that a list shows, in its order."""
    return list(response.context_data["cl"].result_list)


def messages_of(client: Client) -> list[str]:
    """What the next page would tell."""
    response = client.get(reverse("admin:index"))
    return [str(message) for message in response.context["messages"]]


def form_of(operator: Client, row: Any, **values: Any) -> dict[str, Any]:
    """What a row's page sends back as it stands, but for these values."""
    page = operator.get(change_url(row))
    form = page.context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    kept = {name: value for name, value in data.items() if value is not None and value is not False}
    return {**kept, **_management(page), **values}


def _management(page: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for formset in page.context["inline_admin_formsets"]:
        for name, value in formset.formset.management_form.initial.items():
            found[f"{formset.formset.prefix}-{name}"] = value
    return found
