"""Pipedrive API v2: https://developers.pipedrive.com/docs/api/v1 (webhooks are still of v1)

- Persons are known by their e-mail address and deals by their title, and both are found by a search. What was just
  made is in it some moments later (https://pipedrive.readme.io/docs/core-api-concepts-about-pipedrive-api).
- A change replaces all addresses and numbers of a person, so those that are there already are sent along.
- Webhooks are not signed: they bear a user's name and a password of ours
  (https://pipedrive.readme.io/docs/guide-for-webhooks-v2).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.connectors.base import Answer, Call, SettingField, WebhookEvent, WriteContext
from integrations.connectors.facts import ApiVersion, Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.http.client import Request

API = "/api/v2"
HOOKS = "/v1/webhooks"

DEAL_TEXTS = ("title", "currency", "status", "lost_reason", "expected_close_date", "custom_fields")
# Of a person there may be several of each.
SEVERAL = ("emails", "phones")


def _list(kind: str) -> dict[str, Any]:
    return {
        "path": f"{API}/{kind}",
        # By id, since a cursor through what is sorted by time could miss what changes meanwhile.
        "params": {"sort_by": "id", "sort_direction": "asc"},
        "records": "data",
        "paging": {
            "style": "cursor",
            "param": "cursor",
            "next": "additional_data.next_cursor",
            "size": 500,
            "size_param": "limit",
        },
        "since": {"param": "updated_since", "granularity": 1, "overlap": 60},
    }


def _search(kind: str, field: str) -> dict[str, Any]:
    return {
        "path": f"{API}/{kind}/search",
        "params": {"term": "{natural_key}", "fields": field, "exact_match": "true"},
    }


def _deal() -> dict[str, Any]:
    return {
        **{name: f"=body.{name}" for name in DEAL_TEXTS},
        **{name: f"=to_number(body.{name})" for name in ("value", "pipeline_id", "stage_id")},
    }


# Seconds until a search shows what was written; the vendor says no number.
SHOWN_AFTER = 60
OF_PERSON = {
    "method": "PATCH",
    "path": f"{API}/deals/{{external_id}}",
    "body": {"person_id": "=body.contact"},
    "answer": "data",
    "repeatable": True,
}


class Pipedrive(DeclaredConnector):
    platform = "pipedrive"
    label = "Pipedrive"
    settings_fields = (
        replace(
            BASE_URL,
            help_text="Of your company, for example https://acme.pipedrive.com. A sandbox has an address of its own.",
        ),
        SettingField("token", "API token", required=False, secret=True),
        SettingField(
            "client_id",
            "Client id of the app",
            required=False,
            secret=True,
            help_text="Only to connect by OAuth, without an API token.",
        ),
        SettingField("client_secret", "Client secret of the app", required=False, secret=True),
        SettingField(
            "webhook_secret",
            "Password of the webhook",
            required=False,
            secret=True,
            help_text="It is filled in when webhooks are ordered.",
        ),
    )
    facts = Facts(
        group=Group.CRM,
        documentation="https://developers.pipedrive.com/docs/api/v1",
        native_integrations=native_of("pipedrive"),
        # Webhooks are ordered by v1, which is not among the parts of v1 that ended in 2026:
        # https://developers.pipedrive.com/changelog/post/deprecation-of-selected-api-v1-endpoints
        api_version=ApiVersion("v2", source="https://pipedrive.readme.io/docs/pipedrive-api-v2"),
        credentials=(
            "In Pipedrive click your picture → Personal preferences → API.",
            "Copy your personal API token into “API token”, and the address of your company into “Address”.",
            "Or, for OAuth: your picture → Company settings → Developer Hub → Create an app.",
            "Give it the redirect address that this page shows, and deals:full, contacts:full, search:read and admin.",
            "Enter its client id and secret here, save, and press “Connect”.",
        ),
        verified=Verified.CONTRACT,
        verified_against="Pipedrive's OpenAPI documents v2, and v1 for webhooks, as kept by API Evangelist in August "
        "2026; bodies of webhooks are in no document and stand as Pipedrive's guide names them",
        limits="A daily budget by plan and seats, and 20 to 120 calls in 2 seconds; Crossdock makes up to 5 a second.",
        traps=(
            "A search finds what was just made some moments later.",
            "So two orders of one new customer within seconds can make two persons: merge them in Pipedrive.",
            "A deal is known by its title until its id is: do not give two orders one number.",
            "Fields of your own are called by keys of 40 signs: write them in a mapping as custom_fields.KEY.",
            "A deal's amount is one in its currency; taxes and lines have no place in it.",
        ),
        lacks=(
            "Products of a deal are not written: title, amount, state and person are.",
            "What is deleted is told by webhooks alone.",
        ),
        webhooks="Press “Order webhooks” at the connection. By hand: Settings → Tools and apps → Webhooks → Create new "
        "webhook, for all actions of deals, and again of persons, with this connection's webhook address, the HTTP "
        "Auth username crossdock and the password that you enter here.",
    )
    declaration = {
        "label": "Pipedrive",
        "base_url": "{base_url}",
        "variables": {"base_url": {}},
        "auth": {"kind": "api_key", "header": "x-api-token"},
        # https://pipedrive.readme.io/docs/marketplace-oauth-authorization: a refresh token ends after 60 days.
        "oauth": {
            "authorize_url": "https://oauth.pipedrive.com/oauth/authorize",
            "token_url": "https://oauth.pipedrive.com/oauth/token",
            "credentials_in": "header",
            "pkce": False,
        },
        # https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting
        "limits": {"requests_per_second": 5, "burst": 10, "concurrent": 4},
        # A change of a person, and a deal's person, take up to three calls.
        "timeouts": {"connect": 3, "read": 9, "total": 10, "calls": 3},
        "test": {"path": f"{API}/deals", "params": {"limit": 1}, "expect": "type(data) == 'array'"},
        "errors": [
            # Who calls on in spite of 429 is shut out for a while by a gate that does not speak JSON.
            {"status": 403, "when": "success != `false`", "kind": "rate_limited", "retry_after": "`60`"},
            {"status": 200, "when": "success == `false`", "kind": "data", "code": "=code", "said": "error"},
        ],
        "resources": {
            "persons": {
                "page": "{base_url}/person/{external_id}",
                "updated_at": {"at": "update_time"},
                "deleted": "is_deleted",
                "natural_key": "emails[0].value",
                "required": ["name", "emails[].value"],
                "list": _list("persons"),
                "fetch": {"path": f"{API}/persons/{{external_id}}", "record": "data"},
                "lookup": {
                    **_search("persons", "email"),
                    "record": "data.items[0].item",
                    "after": SHOWN_AFTER,
                },
                "create": {"path": f"{API}/persons", "answer": "data"},
                "update": {
                    "method": "PATCH",
                    "path": f"{API}/persons/{{external_id}}",
                    "answer": "data",
                    "repeatable": True,
                },
            },
            "deals": {
                "page": "{base_url}/deal/{external_id}",
                "updated_at": {"at": "update_time"},
                "deleted": "is_deleted",
                "natural_key": "title",
                "required": ["title"],
                "list": _list("deals"),
                "fetch": {"path": f"{API}/deals/{{external_id}}", "record": "data"},
                "lookup": {
                    **_search("deals", "title"),
                    "record": "data.items[].item",
                    "match": "title",
                    "after": SHOWN_AFTER,
                },
                "create": {
                    "path": f"{API}/deals",
                    "body": _deal(),
                    "answer": "data",
                    "then": [OF_PERSON],
                },
                "update": {
                    "method": "PATCH",
                    "path": f"{API}/deals/{{external_id}}",
                    "body": _deal(),
                    "answer": "data",
                    "repeatable": True,
                },
            },
        },
        "webhook": {
            # Basic authentication, of which verify_webhook leaves the password.
            "signature": {"header": "Authorization", "algorithm": "plain"},
            "topic": "meta.entity",
            "occurred": {"at": "meta.timestamp"},
            "topics": {
                "person": {"resource": "persons", "id": "meta.entity_id"},
                "deal": {"resource": "deals", "id": "meta.entity_id"},
            },
            "subscriptions": {
                "topics": ["person", "deal"],
                "each": True,
                "list": {"path": HOOKS, "records": "data"},
                "address": "subscription_url",
                "topics_at": "event_object",
                "active": "is_active == `1` && event_action == '*' && version == '2.0'",
                "create": {
                    "path": HOOKS,
                    "body": {
                        "subscription_url": "{address}",
                        "event_action": "*",
                        "event_object": "{topic}",
                        "name": "Crossdock",
                        "http_auth_user": "crossdock",
                        "http_auth_password": "{secret}",
                        "version": "2.0",
                    },
                },
                "delete": {"path": f"{HOOKS}/{{id}}"},
            },
        },
    }

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        """What the shop does not know of a person is not taken away."""
        if resource == "persons":
            known = {name: part for name, part in context.body.items() if part or name not in SEVERAL}
            context = replace(context, body=known)
        return super().prepare(resource, context, step, key)

    def send(self, call: Call) -> Answer:
        body = call.body if isinstance(call.body, dict) else {}
        if (call.resource, call.operation) == ("persons", "update") and any(
            body.get(name) for name in SEVERAL
        ):
            return super().send(replace(call, body=self._with_what_is_there(call.external_id, body)))
        if (call.resource, call.step) == ("deals", 1):
            email = body.get("person_id")
            if not email:
                # A guest without an address: the deal stands alone.
                return Answer(external_id=call.external_id)
            return super().send(replace(call, body={"person_id": self._person(str(email))}))
        return super().send(call)

    def _with_what_is_there(self, person_id: str, body: dict[str, Any]) -> dict[str, Any]:
        there = self.ask(Request("GET", f"{API}/persons/{person_id}"))["data"]
        return {
            **body,
            **{name: _joined(body[name], there.get(name) or []) for name in SEVERAL if body.get(name)},
        }

    def _person(self, email: str) -> int:
        """Its id; one that is not there is made, since orders come from people of whom nothing else is known."""
        found = self.lookup("persons", email)
        if found is not None:
            return int(found.external_id)
        person = {"name": email, "emails": [{"value": email, "primary": True, "label": "work"}]}
        made = self.ask(Request("POST", f"{API}/persons", body=person, writes=True))
        return int(made["data"]["id"])

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        small = {name.lower(): value for name, value in headers.items()}
        return super().verify_webhook(
            {**small, "authorization": _password(small.get("authorization", ""))}, raw, url
        )


def _joined(ours: list[dict[str, Any]], theirs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ours first; of the others those that are not the same."""
    known = {str(one.get("value")).lower() for one in ours}
    others = [one for one in theirs if str(one.get("value")).lower() not in known]
    return [*ours, *({**one, "primary": False} for one in others)]


def _password(header: str) -> str:
    scheme, _, told = header.partition(" ")
    try:
        text = base64.b64decode(told, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    user, _, password = text.partition(":")
    return password if scheme.lower() == "basic" and user == "crossdock" else ""
