"""Zendesk Support: https://developer.zendesk.com/api-reference/ticketing/introduction/

- Lists are read as incremental exports, which go on by a cursor, repeat rows and hold deleted tickets
  (https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/). What changed in the
  last minute is left out of them, so two minutes are read again.
- A ticket names its requester by id alone. Their addresses are asked for a hundred at once.
- A ticket that is made carries an idempotency key, and our id as its external_id, by which it is found again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from integrations.connectors.base import Item, Page, SettingField
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.exceptions import Failure
from integrations.http.client import Request

API = "/api/v2"
# https://developer.zendesk.com/api-reference/ticketing/users/users/#show-many-users
USERS_AT_ONCE = 100
# What of a user's changes is worth a look; each names the ticket or user that it is about.
TOPICS = [
    *(
        f"zen:event-type:ticket.{what}"
        for what in (
            "created",
            "status_changed",
            "subject_changed",
            "priority_changed",
            "requester_changed",
            "external_id_changed",
            "merged",
            "soft_deleted",
            "undeleted",
        )
    ),
    *(f"zen:event-type:user.{what}" for what in ("created", "name_changed", "external_id_changed", "merged")),
]


def _export(kind: str) -> dict[str, Any]:
    return {
        "path": f"{API}/incremental/{kind}/cursor",
        # The first page is asked for by the time, and the others by the cursor alone.
        "params": {"start_time": "=(!cursor && (since || `0`)) || `null`"},
        "records": kind,
        "paging": {
            "style": "cursor",
            "param": "cursor",
            "next": "after_cursor",
            "more": "end_of_stream == `false`",
            "size": 500,
            "size_param": "per_page",
        },
        "since": {"format": "unix", "overlap": 120},
    }


class Zendesk(DeclaredConnector):
    platform = "zendesk"
    label = "Zendesk"
    settings_fields = (
        replace(
            BASE_URL,
            help_text="Of your account, for example https://acme.zendesk.com. A sandbox has an address of its own.",
        ),
        SettingField(
            "username",
            "E-mail address",
            required=False,
            secret=True,
            help_text="Of the administrator whose API token it is. Leave it empty to connect by OAuth.",
        ),
        SettingField("token", "API token", required=False, secret=True),
        SettingField(
            "client_id",
            "Unique identifier of the OAuth client",
            required=False,
            secret=True,
            help_text="Only to connect without an API token.",
        ),
        SettingField("client_secret", "Secret of the OAuth client", required=False, secret=True),
        SettingField(
            "webhook_secret",
            "Signing secret of the webhook",
            required=False,
            secret=True,
            help_text="It is filled in when webhooks are ordered.",
        ),
    )
    facts = Facts(
        group=Group.HELP_DESK,
        documentation="https://developer.zendesk.com/api-reference/ticketing/introduction/",
        native_integrations=native_of("zendesk"),
        credentials=(
            "In Zendesk open Admin Center → Apps and integrations → APIs → API tokens (Zendesk API in older accounts).",
            "Switch token access on where it is off, click “Add API token”, name it Crossdock and save.",
            "Copy the token into “API token”, and enter the e-mail address you sign in with.",
            "Or, for OAuth: Admin Center → Apps and integrations → APIs → OAuth clients → “Add OAuth client”.",
            "Give it the redirect address that this page shows, enter its identifier and secret here, press “Connect”.",
        ),
        verified=Verified.CONTRACT,
        verified_against="Zendesk's OpenAPI document as published in parts, in August 2026: addresses and the outer "
        "form of answers. The fields of tickets and users, the parameters of exports and the calls for webhooks are "
        "missing there, and stand as Zendesk's guides name them",
        limits="200 to 2,500 calls a minute by plan, and 10 a minute for exports; Crossdock makes up to 3 a second.",
        traps=(
            "Exports may be asked for ten times a minute: a first read of many tickets has pauses.",
            "A status of your own is told as one of Zendesk's five; its own id stands in custom_status_id.",
            "A closed ticket cannot be changed any more.",
            "Zendesk lets two tickets have one external id, so leave the external ids of Crossdock's tickets alone.",
        ),
        lacks=(
            "Comments and attachments are not read; the first text of a ticket is its description.",
            "A comment is written when a ticket is made and never afterwards, since it could come twice.",
            "Bulk jobs are not used, since each record's result would come later.",
        ),
        webhooks="Press “Order webhooks” at the connection. By hand: Admin Center → Apps and integrations → Webhooks "
        "→ Create webhook → Zendesk events, with ticket and user events, this connection's webhook address, POST and "
        "JSON; then “Reveal secret”.",
    )
    declaration = {
        "label": "Zendesk",
        "base_url": "{base_url}",
        "variables": {"base_url": {}},
        "auth": {"kind": "basic", "username": "{username}/token", "password": "{token}"},
        # https://developer.zendesk.com/api-reference/ticketing/oauth/grant_type_tokens/
        "oauth": {
            "authorize_url": "{settings.base_url}/oauth/authorizations/new",
            "token_url": "{settings.base_url}/oauth/tokens",
            "scope": "read write",
        },
        # https://developer.zendesk.com/api-reference/introduction/rate-limits/
        "limits": {"requests_per_second": 3, "burst": 5, "concurrent": 4},
        "timeouts": {"connect": 4, "read": 20, "total": 24},
        "request_id_header": "X-Request-Id",
        "test": {"path": f"{API}/users/me", "expect": "user.id"},
        "errors": [
            # https://developer.zendesk.com/api-reference/introduction/requests/#response-format: two wrote at once.
            {"status": 409, "kind": "transient", "in_doubt": False},
            {
                "status": 422,
                "when": "error == 'RecordInvalid'",
                "kind": "data",
                "code": "refused",
                "field": "=keys(details || `{}`) | [0]",
                "said": "(values(details || `{}`) | [0][0].description) || description",
            },
        ],
        "resources": {
            "tickets": {
                "page": "{base_url}/agent/tickets/{external_id}",
                "updated_at": {"at": "updated_at"},
                "deleted": "status == 'deleted'",
                "natural_key": "external_id",
                "required": ["external_id", "comment.body"],
                "list": _export("tickets"),
                "fetch": {
                    "path": f"{API}/tickets/{{external_id}}",
                    "record": "ticket",
                    "details": [
                        {
                            "path": f"{API}/users/{{record.requester_id}}",
                            "records": "user",
                            "into": "requester",
                            "when": "requester_id",
                        }
                    ],
                },
                "lookup": {
                    "path": f"{API}/tickets",
                    "params": {"external_id": "{natural_key}"},
                    "record": "tickets",
                    "match": "external_id",
                },
                "create": {
                    "path": f"{API}/tickets",
                    "wrap": "ticket",
                    # https://developer.zendesk.com/api-reference/ticketing/introduction/#idempotency: for two hours.
                    "key": {"header": "Idempotency-Key", "lifetime": 7200},
                    "answer": "ticket",
                },
                # Without the comment, which would be added each time.
                "update": {
                    "method": "PUT",
                    "path": f"{API}/tickets/{{external_id}}",
                    "body": {
                        "ticket": {
                            name: f"=body.{name}"
                            for name in (
                                "subject",
                                "status",
                                "priority",
                                "type",
                                "tags",
                                "external_id",
                                "custom_fields",
                            )
                        }
                    },
                    "answer": "ticket",
                    "repeatable": True,
                },
            },
            "users": {
                "page": "{base_url}/agent/users/{external_id}",
                "updated_at": {"at": "updated_at"},
                "deleted": "active == `false`",
                "natural_key": "email",
                "required": ["email", "name"],
                "list": _export("users"),
                "fetch": {"path": f"{API}/users/{{external_id}}", "record": "user"},
                "lookup": {
                    "path": f"{API}/users/search",
                    "params": {"query": 'email:"{natural_key}"'},
                    "record": "users",
                    "match": "email",
                },
                # https://developer.zendesk.com/api-reference/ticketing/users/users/#create-or-update-user: by address.
                # Without the word a customer would be sent a mail that nobody ordered.
                "upsert": {
                    "path": f"{API}/users/create_or_update",
                    "body": {"user": "=merge({skip_verify_email: `true`}, body)"},
                    "answer": "user",
                    "repeatable": True,
                },
            },
        },
        # https://developer.zendesk.com/documentation/webhooks/verifying/
        "webhook": {
            "signature": {
                "header": "X-Zendesk-Webhook-Signature",
                "timestamp_header": "X-Zendesk-Webhook-Signature-Timestamp",
                "timestamp_format": "iso",
                "signed": "{timestamp}{body}",
                "encoding": "base64",
            },
            # Whatever happened to it, the ticket or user is fetched.
            "topic": "(starts_with(type, 'zen:event-type:ticket.') && 'ticket') "
            "|| (starts_with(type, 'zen:event-type:user.') && 'user') || type",
            "delivery_id": "id",
            "occurred": {"at": "time"},
            "topics": {
                "ticket": {"resource": "tickets", "id": "detail.id"},
                "user": {"resource": "users", "id": "detail.id"},
            },
            # https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/
            "subscriptions": {
                "topics": TOPICS,
                "list": {
                    "path": f"{API}/webhooks",
                    "records": "webhooks",
                    "paging": {
                        "style": "cursor",
                        "param": "page[after]",
                        "next": "meta.after_cursor",
                        "more": "meta.has_more",
                        "size": 100,
                        "size_param": "page[size]",
                    },
                },
                "address": "endpoint",
                "topics_at": "subscriptions",
                "active": "status == 'active'",
                "create": {
                    "path": f"{API}/webhooks",
                    "body": {
                        "webhook": {
                            "name": "Crossdock",
                            "status": "active",
                            "endpoint": "{address}",
                            "http_method": "POST",
                            "request_format": "json",
                            "subscriptions": "{topics}",
                        }
                    },
                },
                "delete": {"path": f"{API}/webhooks/{{id}}"},
            },
        },
    }

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        page = super().read(resource, since=since, position=position, not_final=not_final)
        if resource != "tickets":
            return page
        requesters = self._users(item.payload.get("requester_id") for item in page.items)
        return replace(page, items=tuple(_with_requester(item, requesters) for item in page.items))

    def _users(self, ids: Iterable[Any]) -> dict[Any, dict[str, Any]]:
        """Those that are gone are left out."""
        known: dict[Any, dict[str, Any]] = {}
        wanted = sorted({one for one in ids if one})
        for start in range(0, len(wanted), USERS_AT_ONCE):
            self._turn()
            asked = [("ids", ",".join(map(str, wanted[start : start + USERS_AT_ONCE])))]
            told = self.ask(Request("GET", f"{API}/users/show_many", asked))
            known |= {user["id"]: user for user in told["users"]}
        return known

    def subscribe(self, address: str, topics: Sequence[str], secret: str) -> str:
        """Zendesk makes the secret, and tells it by a call of its own."""
        super().subscribe(address, topics, secret)
        made = [one for one in self.subscriptions() if one.address == address]
        if not made:
            raise Failure.config(
                "no_webhook",
                f"{self.client.name} does not list the webhook that it has just made. Try it again.",
            )
        self._turn()
        told = self.ask(Request("GET", f"{API}/webhooks/{made[-1].id}/signing_secret"))
        return str(told["signing_secret"]["secret"])


def _with_requester(item: Item, users: dict[Any, dict[str, Any]]) -> Item:
    requester = users.get(item.payload.get("requester_id"))
    return replace(item, payload={**item.payload, "requester": requester}) if requester else item
