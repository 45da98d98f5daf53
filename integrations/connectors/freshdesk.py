"""Freshdesk API v2: https://developers.freshdesk.com/api/

- Without a time to ask by, only the tickets of the last 30 days are listed, and deep pages are refused: tickets are
  read sorted by their change, each page behind the time of the last one.
- A ticket has no place for an id of ours but a field that the account makes for it. A search by that field finds what
  was just made only after minutes, so the newest tickets are looked through first.
- Webhooks are sent by automation rules, which sign nothing; a header of ours proves who sends them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from integrations.connectors.base import Item, SettingField
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.http.client import Request

TICKETS = "/api/v2/tickets"
FIELD = "cf_crossdock_id"
CHANGEABLE = ("subject", "status", "priority", "type", "tags", "custom_fields")


class Freshdesk(DeclaredConnector):
    platform = "freshdesk"
    label = "Freshdesk"
    settings_fields = (
        replace(
            BASE_URL,
            help_text="Of your account, for example https://acme.freshdesk.com. A trial has an address of its own.",
        ),
        SettingField("token", "API key", secret=True),
        SettingField(
            "webhook_secret",
            "Secret of the webhook",
            required=False,
            secret=True,
            help_text="As it was entered at the automation rule, as the value of the header X-Crossdock-Secret.",
        ),
    )
    facts = Facts(
        group=Group.HELP_DESK,
        documentation="https://developers.freshdesk.com/api/",
        native_integrations=native_of("freshdesk"),
        credentials=(
            "In Freshdesk click your picture → Profile settings.",
            "Click “View API key” on the right, solve the captcha, and copy the key into “API key”.",
            "To write tickets, open Admin → Workflows → Ticket Fields and add a single-line text, “Crossdock id”.",
            "Leave it hidden from customers: Freshdesk itself calls it cf_crossdock_id.",
        ),
        verified=Verified.UNVERIFIED,
        verified_against="a description that API Evangelist wrote (August 2026), and the guides; Freshdesk itself "
        "publishes none",
        limits="50 to 700 calls a minute by plan, and 20 to 200 for lists; Crossdock makes up to 1.5 a second.",
        traps=(
            "Asking for the requester with each ticket counts as further calls in Freshdesk.",
            "A status of your own is a number above 5, and is told as it is.",
            "Deleted tickets and spam are not in the list: webhooks and single reads tell them.",
        ),
        lacks=(
            "Conversations are not read, and none is written after the first description.",
            "Contacts and companies are not read or written yet.",
        ),
        webhooks="Admin → Workflows → Automations, on the tabs “Ticket Creation” and “Ticket Updates”: New rule, with "
        'the action “Trigger webhook”, POST, this connection\'s webhook address, JSON, Advanced, {"ticket_id": '
        '"{{ticket.id}}"}, and the custom header X-Crossdock-Secret with a secret of your own, which you enter here.',
    )
    declaration = {
        "label": "Freshdesk",
        "base_url": "{base_url}",
        "variables": {"base_url": {}},
        # https://developers.freshdesk.com/api/#authentication: the key as a name, and any password.
        "auth": {"kind": "basic", "username": "{token}", "password": "X"},
        # https://developers.freshdesk.com/api/#ratelimit
        "limits": {"requests_per_second": 1.5, "burst": 5, "concurrent": 3},
        "timeouts": {"connect": 4, "read": 10, "total": 12},
        "request_id_header": "X-Request-Id",
        "test": {"path": TICKETS, "params": {"per_page": 1}, "expect": "type(@) == 'array'"},
        "errors": [
            {
                "status": [400, 409],
                "when": "errors",
                "kind": "data",
                "code": "refused",
                "field": "=errors[0].field",
                "said": "errors[0].message",
            },
        ],
        "resources": {
            "tickets": {
                "page": "{base_url}/a/tickets/{external_id}",
                "updated_at": {"at": "updated_at"},
                "deleted": "deleted || spam",
                "natural_key": f"custom_fields.{FIELD}",
                "required": ["subject", "description", "email", f"custom_fields.{FIELD}"],
                "list": {
                    "path": TICKETS,
                    "params": {
                        "updated_since": "=since || '2000-01-01T00:00:00Z'",
                        "order_by": "updated_at",
                        "order_type": "asc",
                        "include": "requester",
                    },
                    "records": "@",
                    "paging": {
                        "style": "page",
                        "param": "page",
                        "size": 100,
                        "size_param": "per_page",
                        "order": "oldest_first",
                    },
                    "since": {"granularity": 1, "strict": True, "overlap": 60},
                },
                "fetch": {"path": f"{TICKETS}/{{external_id}}", "params": {"include": "requester"}},
                "lookup": {
                    "path": TICKETS,
                    "params": {"order_by": "created_at", "order_type": "desc", "per_page": 100},
                    "record": "@",
                    "match": f"custom_fields.{FIELD}",
                    # The newest are there at once; the search, for what is none of them any more, lags by minutes.
                    "after": 300,
                },
                "create": {"path": TICKETS},
                "update": {
                    "method": "PUT",
                    "path": f"{TICKETS}/{{external_id}}",
                    "body": {name: f"=body.{name}" for name in CHANGEABLE},
                    "repeatable": True,
                },
            },
        },
        "webhook": {
            "signature": {"header": "X-Crossdock-Secret", "algorithm": "plain"},
            "topics": {"*": {"resource": "tickets", "id": "ticket_id"}},
        },
    }

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        """Among the newest, which are there at once; else by a search, which knows all but what was just made."""
        found = super().lookup(resource, natural_key)
        if found is not None or "'" in natural_key or '"' in natural_key:
            return found
        self._turn()
        asked = [("query", f"\"{FIELD}:'{natural_key}'\"")]
        told: dict[str, Any] = self.ask(Request("GET", "/api/v2/search/tickets", asked))
        same = [one for one in told["results"] if (one.get("custom_fields") or {}).get(FIELD) == natural_key]
        return self.plan.resources[resource].record.item(same[0]) if same else None
