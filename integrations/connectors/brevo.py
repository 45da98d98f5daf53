"""Brevo (once Sendinblue): https://developers.brevo.com/docs/how-it-works

- A contact is known by its e-mail address and called by a number, so it is looked for before it is made.
- Whether somebody wants mails is said by a list: who does is put on it, who does not is taken off. What the person said
  elsewhere stands on other lists, and a block for all mails is the person's own: it is neither set nor lifted.
- Orders and products bear the ids that we give them, so writing one twice is harmless.
- Amounts have no currency: all of an account are in one, which is entered at the connection.
- Calls that Brevo works on later (imports of contacts, orders in batches) do not say what became of each, and are not
  used. Its webhooks tell e-mail addresses and no ids, so contacts are read in short intervals instead.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from integrations.connectors.base import Answer, Call, Item, Page, SettingField, WriteContext
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.connectors.one_by_one import one_by_one
from integrations.exceptions import Failure, Kind
from integrations.http.client import Request

ADDRESS = "https://api.brevo.com/v3"
CHANGEABLE = ("attributes", "listIds", "unlinkListIds")
_BILLING = ("address", "city", "region", "postCode", "countryCode", "phone", "paymentMethod")
_PRODUCT = ("id", "name", "url", "imageUrl", "sku", "parentId", "stock", "isDeleted", "metaInfo")


class Brevo(DeclaredConnector):
    platform = "brevo"
    label = "Brevo"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address",
            kind="url",
            required=False,
            default=ADDRESS,
            help_text="Leave it as it is: test accounts have the same address and differ by the key.",
        ),
        SettingField(
            "currency",
            "Currency of the account",
            help_text="Three letters, for example EUR. Brevo adds up amounts without a currency, so what is in another "
            "one is not sent.",
        ),
        SettingField(
            "list_id",
            "List of subscribers",
            required=False,
            kind="integer",
            help_text="Number of the list of those who want the shop's mails: Contacts → Lists shows it as #7. Empty: "
            "nobody is put on a list.",
        ),
        SettingField("token", "API key", secret=True, help_text="It begins with xkeysib-."),
    )
    facts = Facts(
        group=Group.MARKETING,
        documentation="https://developers.brevo.com/docs/how-it-works",
        native_integrations=native_of("brevo"),
        credentials=(
            "In Brevo click your account's name → Settings → SMTP & API → API keys & MCP.",
            "Click “Generate a new API key”, name it Crossdock, and copy the key (xkeysib-…) into “API key”.",
            "Brevo shows it once.",
            "To write orders or products, open the eCommerce app in Brevo and activate it.",
            "Where Security → Authorized IPs blocks unknown addresses, add the address of this server there.",
        ),
        verified=Verified.UNVERIFIED,
        verified_against="a description that API Evangelist wrote (July 2026), with what Brevo's guides and its own "
        "library say otherwise; Brevo itself publishes none",
        limits="10 calls a second for contacts, 5 for orders, 2 for products, and 100 an hour for all that Brevo does "
        "not name; Crossdock makes up to 5 a second and slows down as Brevo asks.",
        traps=(
            "Who wants mails is put on the connection's list, who does not is taken off it: let no form use it too.",
            "Who unsubscribed in Brevo stays blocked there, whatever the shop says.",
            "Attributes are FIRSTNAME, LASTNAME and SMS: Brevo drops silently what the account does not have.",
            "A phone number needs its country's code, or the whole contact is refused; other numbers are left out.",
            "A phone number belongs to one contact alone.",
            "An order that is written may start an automation: write old orders before you switch that on.",
            "Products are called by their SKU, or by the line where there is none.",
        ),
        lacks=(
            "Webhooks are not offered: they name a contact by its address alone, and sign nothing.",
            "Imports and batches of orders are not used, since they do not say what became of each.",
            "Orders and products are written and not read.",
            "A changed e-mail address is not written: Brevo would lift the person's block with it.",
            "Carts and other events are not written.",
        ),
    )
    declaration = {
        "label": "Brevo",
        "base_url": "{base_url}",
        "variables": {
            "base_url": {"default": ADDRESS},
            "currency": {},
            "list_id": {"required": False},
        },
        "auth": {"kind": "api_key", "header": "api-key"},
        # https://developers.brevo.com/docs/api-limits
        "limits": {"requests_per_second": 5, "burst": 5, "concurrent": 4},
        # One write may take two calls.
        "timeouts": {"connect": 3, "read": 10, "total": 12, "calls": 2},
        "test": {"path": "/contacts", "params": {"limit": 1}, "expect": "type(contacts) == 'array'"},
        "errors": [
            {
                "status": 401,
                "when": "contains(message || '', 'IP address')",
                "kind": "config",
                "code": "address_not_allowed",
                "connection_wide": True,
                "sentence": "Brevo does not know the internet address of this server. Add it in Brevo under Security → "
                "Authorized IPs, or confirm it in the mail that Brevo sent.",
            },
            {
                "status": 400,
                "when": "code == 'duplicate_parameter'",
                "kind": "data",
                "code": "belongs_to_another",
                "sentence": "=join('', ['Another contact in Brevo has this already: “', message, '” Merge the two "
                "there, or leave the value out in the mapping, then retry.'])",
            },
        ],
        "resources": {
            "contacts": {
                "updated_at": {"at": "modifiedAt"},
                "natural_key": "email",
                "required": ["email"],
                "list": {
                    "path": "/contacts",
                    # By the time of creation, which does not change.
                    "params": {"sort": "asc"},
                    "records": "contacts",
                    "paging": {
                        "style": "offset",
                        "param": "offset",
                        "size": 500,
                        "size_param": "limit",
                        "total": "count",
                        "order": "stable",
                    },
                    "since": {"param": "modifiedSince", "granularity": 1, "strict": True, "overlap": 60},
                },
                "fetch": {"path": "/contacts/{external_id}"},
                "lookup": {"path": "/contacts/{natural_key}", "match": "email"},
                "upsert": {
                    "path": "/contacts",
                    "body": {
                        "email": "=body.email",
                        "attributes": "=body.attributes",
                        "listIds": "=body.listIds",
                        # For one that is there already: see send.
                        "unlinkListIds": "=body.unlinkListIds",
                        "updateEnabled": True,
                    },
                    "repeatable": True,
                },
                "update": {
                    "method": "PUT",
                    "path": "/contacts/{external_id}",
                    "body": {name: f"=body.{name}" for name in CHANGEABLE},
                    "repeatable": True,
                },
            },
            # https://developers.brevo.com/reference/create-order
            "orders": {
                "natural_key": "id",
                "required": ["id", "email", "currency", "amount", "created_at"],
                "upsert": {
                    "path": "/orders/status",
                    "body": {
                        "id": "=body.id",
                        "status": "=body.status",
                        "amount": "=to_number(body.amount)",
                        "createdAt": "=body.created_at",
                        "updatedAt": "=body.updated_at || body.created_at",
                        "identifiers": {"email_id": "=body.email"},
                        "products": "=body.lines[?quantity > `0`].{productId: product_id, quantity: quantity, "
                        "price: to_number(price || '0')}",
                        "billing": {name: f"=body.billing.{name}" for name in _BILLING},
                        "metaInfo": {"order_number": "=body.number", "currency": "=body.currency"},
                    },
                    "repeatable": True,
                },
            },
            # https://developers.brevo.com/reference/create-update-batch-products
            "products": {
                "natural_key": "id",
                "required": ["id", "name"],
                "upsert": {
                    "path": "/products",
                    "body": {
                        **{name: f"=body.{name}" for name in _PRODUCT},
                        "price": "=to_number(body.price)",
                        "updateEnabled": True,
                    },
                    "repeatable": True,
                },
                "batch": {
                    "operation": "upsert",
                    "path": "/products/batch",
                    "size": 100,
                    "items": "products",
                    # There is none for each: what is taken is taken whole. See send_batch.
                    "results": "products",
                },
            },
        },
    }

    # Reading.

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        page = super().read(resource, since=since, position=position, not_final=not_final)
        return replace(page, items=tuple(self._with_will(item) for item in page.items))

    def fetch(self, resource: str, external_id: str) -> Item | None:
        found = super().fetch(resource, external_id)
        return self._with_will(found) if found is not None else None

    def _with_will(self, item: Item) -> Item:
        """With whether the person wants the shop's mails, as far as it is known: without a list only a block tells."""
        told = item.payload
        if told.get("emailBlacklisted"):
            return replace(item, payload={**told, "subscribed": False})
        if not self.settings.get("list_id"):
            return item
        on_list = int(self.settings["list_id"]) in (told.get("listIds") or [])
        return replace(item, payload={**told, "subscribed": on_list})

    # Writing.

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        body = context.body
        if resource == "contacts":
            body = self._contact(body)
        else:
            self._check_currency(str(body.get("currency") or ""))
        return super().prepare(resource, replace(context, body=body), step, key)

    def _contact(self, body: dict[str, Any]) -> dict[str, Any]:
        """What is known to be empty is written as an empty text, but for a phone number, of which that would be
        refused."""
        told = body.get("attributes") or {}
        attributes = {name: "" if value is None else value for name, value in told.items()}
        if not attributes.get("SMS"):
            attributes.pop("SMS", None)
        made: dict[str, Any] = {"email": body.get("email"), "attributes": attributes}
        wants = body.get("accepts_marketing")
        if isinstance(wants, bool) and self.settings.get("list_id"):
            made["listIds" if wants else "unlinkListIds"] = [int(self.settings["list_id"])]
        return made

    def _check_currency(self, currency: str) -> None:
        ours = str(self.settings["currency"]).strip().upper()
        if currency and currency.upper() != ours:
            raise Failure.data(
                "other_currency",
                f"The amount is in {currency}, and those in Brevo are in {ours}. Leave it out in the job's filter, or "
                "connect a Brevo account of that currency.",
                field="currency",
            )

    def send(self, call: Call) -> Answer:
        if call.resource != "contacts":
            return replace(super().send(call), external_id=str(call.body["id"]))
        if call.operation == "upsert":
            call = self._aimed(call)
        return super().send(call)

    def _aimed(self, call: Call) -> Call:
        """A contact that is there is changed: it may be on the list, and only a change takes it off."""
        found = self.lookup("contacts", call.natural_key)
        if found is None:
            new = {name: part for name, part in call.body.items() if name != "unlinkListIds"}
            return Call.from_json({**call.to_json(), "body": new})
        changed = {name: call.body[name] for name in CHANGEABLE if name in call.body}
        return Call.from_json(
            {
                **call.to_json(),
                "method": "PUT",
                "path": f"/contacts/{quote(found.external_id, safe='')}",
                "body": changed,
                "external_id": found.external_id,
            }
        )

    def send_batch(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        return self._in_session(("batch", "products"), lambda: self._write_together(calls))

    def _write_together(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        """All are taken or none: where they are refused, each is written by itself, as far as time goes."""
        # What begins until then is over when a lease may end.
        ends = time.monotonic() + self.plan.timeout[2]
        items = [
            {name: part for name, part in call.body.items() if name != "updateEnabled"} for call in calls
        ]
        body = {"products": items, "updateEnabled": True}
        try:
            self.ask(Request("POST", "/products/batch", body=body, writes=True))
        except Failure as refused:
            if refused.kind != Kind.DATA:
                raise
            return one_by_one(calls, self.send, self.client.name, ends)
        return [Answer(external_id=str(call.body["id"]), status=201) for call in calls]
