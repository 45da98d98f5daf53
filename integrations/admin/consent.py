"""“Connect”: a person is sent to the platform's page, says yes there, and comes back with what that is worth."""

from __future__ import annotations

import hmac
import time
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from unfold.dataclasses import UnfoldAction

from integrations.connectors.oauth import Question, new_question
from integrations.exceptions import DeclarationError, Failure, SignatureRefused
from integrations.models import AccessToken, Connection, SyncJob
from integrations.sync import consent
from integrations.templatetags.portal import ago
from mappings.fields import decrypt_json, encrypt_json

from .frame import DialogForm, PortalAdmin, action, display

# Where the question is kept while the person is away, and for how many seconds.
SESSION_KEY = "consent"
LONGEST_AWAY = 900


class ConsentActions(PortalAdmin):
    """What a connection's page has more where a person gives the access."""

    def get_urls(self) -> list[Any]:
        came_back = self.admin_site.admin_view(self.came_back_view)
        return [path("connected/", came_back, name="integrations_connection_connected"), *super().get_urls()]

    def get_actions_detail(self, request: HttpRequest, object_id: int) -> list[UnfoldAction]:
        actions: list[UnfoldAction] = super().get_actions_detail(request, object_id)
        row = Connection.objects.filter(pk=object_id).first() if str(object_id).isdecimal() else None
        if row is None or not consent.is_asked_for(row):
            return [one for one in actions if not one.action_name.endswith("give_access")]
        for one in actions:
            if one.action_name.endswith("give_access"):
                one.description = consent.button(row)
        return actions

    @display("Access")
    def access_line(self, row: Connection) -> str:
        if not consent.is_asked_for(row):
            return "By the secrets above."
        kept = _token_of(row)
        where = format_html(
            "Redirect address for the platform: <code>{}</code>", getattr(row, "redirect_url", "")
        )
        if kept is None:
            return format_html("Not given yet: press Connect above. {}", where)
        ends = (
            format_html(" A person has to say yes again {}.", ago(kept.consent_ends_at))
            if kept.consent_ends_at
            else ""
        )
        return format_html("Given; last renewed {}.{} {}", ago(kept.obtained_at), ends, where)

    @action(
        "Connect",
        icon="login",
        permissions=["change"],
        title="Give Crossdock access",
        text="You are sent to the page of the platform. Sign in there with the account that is meant, and say yes. You "
        "then come back here.",
        button="Go there",
    )
    def give_access(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        connection = self.object_for(request, object_id, "change")
        here = reverse("admin:integrations_connection_change", args=[connection.pk])
        question = new_question(redirect_url(request))
        try:
            url = consent.page(connection, question)
        except Failure as failure:
            return self.done(request, failure.sentence, here, messages.ERROR)
        except DeclarationError as error:
            return self.done(request, f"{error.reason} Mend {error.field} first.", here, messages.ERROR)
        request.session[SESSION_KEY] = {
            "connection": connection.pk,
            "state": question.state,
            "verifier": encrypt_json(question.verifier),
            "redirect_uri": question.redirect_uri,
            "until": time.time() + LONGEST_AWAY,
        }
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": url})
        return redirect(url)

    def came_back_view(self, request: HttpRequest) -> HttpResponse:
        """Good once, for the browser that was sent away, within some minutes."""
        told = {name: value for name, value in request.GET.items() if isinstance(value, str)}
        kept = request.session.pop(SESSION_KEY, None)
        overview = reverse("admin:integrations_connection_changelist")
        if not kept or kept["until"] < time.time() or not _is_same(told.get("state", ""), kept["state"]):
            return self.done(
                request,
                "This answer does not belong to a question of yours, or came too late. Nothing was changed. Open the "
                "connection and press Connect there, or Reconnect if access was given before.",
                overview,
                messages.ERROR,
            )
        connection = self.get_object(request, str(kept["connection"]))
        if connection is None or not self.has_change_permission(request, connection):
            raise PermissionDenied
        here = reverse("admin:integrations_connection_change", args=[connection.pk])
        question = Question(kept["state"], decrypt_json(kept["verifier"]), kept["redirect_uri"])
        try:
            resumed = consent.accept(connection, question, told)
        except SignatureRefused as refused:
            return self.done(request, f"Nothing was changed. {refused}", here, messages.ERROR)
        except Failure as failure:
            return self.done(request, failure.sentence, here, messages.ERROR)
        self.log_change(request, connection, "Gave access on the page of the platform.")
        for job in resumed:
            self.log_change(request, job, f"Resumed, because {connection.name} gave access again.")
        return self.done(request, f"{connection.name} is connected. {_what_goes_on(resumed)}", here)


def _what_goes_on(resumed: list[SyncJob]) -> str:
    if not resumed:
        return "Test it with the button above."
    names = ", ".join(job.name for job in resumed[:3])
    more = f" and {len(resumed) - 3} more" if len(resumed) > 3 else ""
    return f"What waited for it goes on: {names}{more}."


def redirect_url(request: HttpRequest) -> str:
    """The one address that has to be entered at every platform: it is compared letter by letter there."""
    return request.build_absolute_uri(reverse("admin:integrations_connection_connected"))


def _token_of(row: Connection) -> AccessToken | None:
    return AccessToken.objects.filter(connection=row, token__isnull=False).first()


def _is_same(told: str, kept: str) -> bool:
    return hmac.compare_digest(told.encode(), kept.encode())
