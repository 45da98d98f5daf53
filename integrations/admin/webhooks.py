"""What a connection's page has for webhooks: an address, and where the platform has calls for it, the order itself."""

from __future__ import annotations

import secrets as random_source
from typing import Any

from django import forms
from django.contrib import messages
from django.core.validators import URLValidator
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.dataclasses import UnfoldAction

from integrations.exceptions import Failure
from integrations.models import Connection, WebhookSubscription
from integrations.sync import refusals, subscriptions
from integrations.templatetags.portal import ago

from . import widgets
from .frame import DialogForm, PortalAdmin, action, display


class OrderForm(DialogForm):
    portal = forms.CharField(
        label="Address of this portal, as the platform reaches it",
        max_length=200,
        required=False,
        validators=[URLValidator(schemes=["https", "http"])],
        widget=widgets.text(placeholder="https://portal.example.com"),
        help_text="Empty: the address under which you see it now.",
    )


class WebhookActions(PortalAdmin):
    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        actions: list[UnfoldAction] = super().get_actions_detail(request, object_id)
        row = Connection.objects.filter(pk=object_id).first() if str(object_id).isdecimal() else None
        if row is not None and subscriptions.topics_of(row):
            return actions
        return [one for one in actions if not one.action_name.endswith("order_webhooks")]

    @display("Webhook address")
    def webhook_line(self, row: Any) -> str:
        if not row.webhook_address:
            return "None yet. Make one with the button above if the system can send webhooks."
        refused = refusals.lately(row.pk).get(row.pk, 0)
        told = format_html('<p class="portal-bad">{}</p>', refusals.sentence(refused)) if refused else ""
        return format_html("<code>{}</code>{}", row.webhook_url, told)

    @display("Ordered webhooks")
    def subscription_line(self, row: Connection) -> str:
        ordered = WebhookSubscription.objects.filter(connection=row).first()
        if ordered is None:
            can = bool(subscriptions.topics_of(row))
            return "None: use “Order webhooks” above." if can else "They are set up by hand in the system."
        if ordered.sentence:
            return format_html("Looked at {}: {}", ago(ordered.checked_at), ordered.sentence)
        lost = (
            format_html(" Lost {} times, last {}.", ordered.lost, ago(ordered.lost_at))
            if ordered.lost
            else ""
        )
        return format_html("{}; looked at {}.{}", ", ".join(ordered.topics), ago(ordered.checked_at), lost)

    @action(
        "Order webhooks",
        icon="webhook",
        permissions=["change"],
        title="Order webhooks",
        text="Crossdock tells the system to send what changes as it happens, looks each day whether it still does, and "
        "orders anew what was dropped there.",
        button="Order them",
        form=OrderForm,
    )
    def order_webhooks(self, request: HttpRequest, form: OrderForm, object_id: str) -> HttpResponse:
        connection = self.object_for(request, object_id, "change")
        here = reverse("admin:integrations_connection_change", args=[connection.pk])
        if not connection.webhook_address:
            connection.webhook_address = random_source.token_urlsafe(24)
            Connection.objects.filter(pk=connection.pk).update(webhook_address=connection.webhook_address)
        portal = form.cleaned_data["portal"].rstrip("/")
        path = webhook_path(connection)
        try:
            subscriptions.order(connection, portal + path if portal else request.build_absolute_uri(path))
        except Failure as failure:
            return self.done(request, failure.sentence, here, messages.ERROR)
        self.log_change(request, connection, "Ordered webhooks.")
        return self.done(request, f"{connection.name} now tells what changes.", here)

    @action(
        "Make webhook address",
        icon="link",
        permissions=["change"],
        title="Make a new webhook address",
        text="An address that cannot be guessed. If there was one, it stops working: enter the new one in the system, "
        "or order the webhooks anew.",
        button="Make it",
    )
    def give_webhook_address(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        connection = self.object_for(request, object_id, "change")
        Connection.objects.filter(pk=connection.pk).update(webhook_address=random_source.token_urlsafe(24))
        url = reverse("admin:integrations_connection_change", args=[connection.pk])
        return self.done(
            request, "The address is below. Enter it in the system that shall send webhooks.", url
        )


def webhook_path(row: Connection) -> str:
    return reverse("webhook", args=[row.webhook_address])
