"""Mailchimp Marketing API 3.0: https://mailchimp.com/developer/marketing/docs/fundamentals/

- The data centre that an account lives in is the tail of its key, and the first part of its address.
- A member is called by the MD5 of the e-mail address in small letters, so writing one twice is harmless.
- Orders, customers and products bear the ids that we give them. What an order needs and Mailchimp does not know (the
  store, a product) is made when it asks for it (https://mailchimp.com/developer/marketing/docs/e-commerce/).
- Webhooks are forms and are not signed, so their address bears a secret, and what they tell of is fetched
  (https://mailchimp.com/developer/marketing/guides/sync-audience-data-webhooks/).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

from integrations.connectors.base import (
    Answer,
    Call,
    SettingField,
    SignatureRefused,
    Subscription,
    Token,
    WebhookEvent,
    WriteContext,
)
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.mailchimp_declaration import API, DECLARATION, STORE, TOPICS
from integrations.connectors.native import native_of
from integrations.exceptions import DeclarationError, Failure
from integrations.http.client import Request
from integrations.http.guard import Guard

OF_STORE = ("orders", "customers", "products")
_DATA_CENTRE = re.compile(r"[a-z]{2,4}\d{1,4}")


class Mailchimp(DeclaredConnector):
    platform = "mailchimp"
    label = "Mailchimp"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address",
            kind="url",
            required=False,
            help_text="Leave it empty: it is made of the key's last part. Connected by OAuth, enter "
            "https://us19.api.mailchimp.com with the first part of the address of your Mailchimp in the browser.",
        ),
        SettingField(
            "list_id",
            "Audience id",
            help_text="Audience → More options → Audience settings, at the end of the page.",
        ),
        SettingField(
            "store_id",
            "Store id",
            required=False,
            default="crossdock",
            help_text="Of the store in Mailchimp that orders, customers and products go to; made where there is none.",
        ),
        SettingField(
            "store_currency",
            "Currency of the store",
            required=False,
            help_text="Three letters, for example EUR. Only to have the store made.",
        ),
        SettingField(
            "token",
            "API key",
            required=False,
            secret=True,
            help_text="It ends with the data centre, as in -us19.",
        ),
        SettingField("client_id", "Client id of the OAuth app", required=False, secret=True),
        SettingField("client_secret", "Client secret of the OAuth app", required=False, secret=True),
        SettingField(
            "webhook_secret",
            "Secret of the webhook's address",
            required=False,
            secret=True,
            help_text="It is filled in when webhooks are ordered.",
        ),
    )
    facts = Facts(
        group=Group.MARKETING,
        documentation="https://mailchimp.com/developer/marketing/docs/fundamentals/",
        native_integrations=native_of("mailchimp"),
        credentials=(
            "In Mailchimp click your picture → Account & billing → Extras → API keys.",
            "Click “Create A Key”, name it Crossdock, and copy it into “API key”: Mailchimp shows it once.",
            "Open Audience → More options → Audience settings and copy the audience id.",
            "Or, for OAuth: Account & billing → Extras → Registered apps → “Register an app”.",
            "Give it the redirect address that this page shows, enter its id and secret here, and press “Connect”.",
        ),
        verified=Verified.CONTRACT,
        verified_against="Mailchimp's API document 3.0 as kept in parts by API Evangelist in August 2026; bodies of "
        "webhooks and the calls for them are missing there, and stand as Mailchimp's guides name them",
        limits="10 calls at the same time per account; Crossdock makes up to 6, and up to 10 a second.",
        traps=(
            "Somebody who unsubscribed stays so: who wants mails is only said of new members.",
            "A customer of an order who gave no consent becomes a “transactional” member, whom no campaign reaches.",
            "Merge fields are FNAME, LNAME and PHONE: where your audience names them otherwise, change the mapping.",
            "An order that is marked as paid may start an automation: write old orders before you switch that on.",
            "Products are called by their SKU, or by the line where there is none.",
        ),
        lacks=(
            "Lines of an order are written when it is made and not changed afterwards.",
            "Bulk calls are not used: the one for members would subscribe again who unsubscribed.",
            "Orders, customers and products have no time of change to ask by, and are read whole.",
            "An event whose answer is lost is shown to a person, since Mailchimp would count it twice.",
        ),
        webhooks="Press “Order webhooks” at the connection. By hand: Audience → Settings → Webhooks → Create new "
        "webhook, with this connection's webhook address, ?secret= and the secret that you enter here, for subscribes, "
        "unsubscribes, profile updates, cleaned addresses and e-mail changes, made by a subscriber or an admin.",
    )
    declaration = DECLARATION

    def __init__(
        self,
        settings: Mapping[str, Any],
        secrets: Mapping[str, Any],
        environment: str = "",
        token: Token | None = None,
        guard: Guard | None = None,
    ) -> None:
        if not settings.get("base_url"):
            settings = {**settings, "base_url": _address_of(str(secrets.get("token") or ""))}
        super().__init__(settings, secrets, environment, token, guard)

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        body = dict(context.body)
        if resource in ("members", "events"):
            body["hash"] = _hash(str(body.get("email_address") or ""))
        if isinstance(body.get("merge_fields"), dict):
            # What is known to be empty is written as an empty text, by which Mailchimp clears a field.
            body["merge_fields"] = {
                name: "" if value is None else value for name, value in body["merge_fields"].items()
            }
        return super().prepare(resource, replace(context, body=body), step, key)

    def send(self, call: Call) -> Answer:
        for _ in range(2):
            try:
                return self._send(call)
            except Failure as failure:
                if not self._made_what_was_missing(call, failure):
                    raise
        return self._send(call)

    def _send(self, call: Call) -> Answer:
        body = call.body
        if lines := _lines(call):
            untitled = [{name: part for name, part in line.items() if name != "title"} for line in lines]
            body = {**body, "lines": untitled}
        answer = super().send(replace(call, body=body))
        if call.resource == "events":
            # Mailchimp takes an event without a word, and has no name for it.
            return replace(answer, external_id=call.path.split("/")[-2])
        return answer

    def _made_what_was_missing(self, call: Call, failure: Failure) -> bool:
        if call.resource not in OF_STORE:
            return False
        if failure.status == 404:
            return not self._has_store() and self._made_store()
        is_unknown = failure.status == 400 and "product" in (failure.field or "").rpartition(".")[2]
        lines = _lines(call) if is_unknown else []
        return bool(lines) and self._made_products(lines)

    def _has_store(self) -> bool:
        try:
            self.ask(Request("GET", self._store))
        except Failure as failure:
            if failure.status == 404:
                return False
            raise
        return True

    def _made_store(self) -> bool:
        currency = str(self.settings.get("store_currency") or "")
        if not currency:
            raise Failure.config(
                "no_store",
                f"{self.client.name} has no store {self.settings['store_id']!r} yet. Enter the store's currency at the "
                "connection, and it is made.",
            )
        store = {
            "id": self.settings["store_id"],
            "list_id": self.settings["list_id"],
            "name": "Crossdock",
            "currency_code": currency,
        }
        self.ask(Request("POST", f"{API}/ecommerce/stores", body=store, writes=True))
        return True

    def _made_products(self, lines: Sequence[dict[str, Any]]) -> bool:
        for line in {line["product_id"]: line for line in lines}.values():
            variant = {"id": line["product_id"], "title": line["title"], "price": line["price"]}
            product = {"id": line["product_id"], "title": line["title"], "variants": [variant]}
            # One that is there already is refused, and whether all are there now is told by the order.
            with suppress(Failure):
                self.ask(Request("POST", f"{self._store}/products", body=product, writes=True))
        return True

    @property
    def _store(self) -> str:
        return STORE.format(store_id=quote(str(self.settings["store_id"]), safe=""))

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        """Who knows the secret in the address is Mailchimp. Nothing that it sends is believed but whom it is about."""
        secret = str(self.secrets.get("webhook_secret") or "")
        (told,) = parse_qs(urlsplit(url).query).get("secret", [""])[:1]
        if not secret or not hmac.compare_digest(told.encode(), secret.encode()):
            raise SignatureRefused("The secret in the address is not ours.")
        form = dict(parse_qsl(raw.decode(errors="replace")))
        topic = form.get("type", "")
        addresses = [form.get(f"data[{name}]", "") for name in ("email", "old_email", "new_email")]
        if topic not in TOPICS:
            return []
        return [WebhookEvent(topic, "members", _hash(address)) for address in addresses if address]

    def subscribe(self, address: str, topics: Sequence[str], secret: str) -> str:
        self.client.hide([secret])
        return super().subscribe(address, topics, secret)

    def subscriptions(self) -> list[Subscription]:
        """Their addresses as they were before the secret was added."""
        return [replace(one, address=one.address.partition("?")[0]) for one in super().subscriptions()]


def _lines(call: Call) -> list[dict[str, Any]]:
    """Of an order that is to be made."""
    body = call.body if call.resource == "orders" and isinstance(call.body, dict) else {}
    return body.get("lines") or []


def _hash(address: str) -> str:
    """https://mailchimp.com/developer/marketing/docs/methods-parameters/#path-parameters"""
    return hashlib.md5(address.strip().lower().encode(), usedforsecurity=False).hexdigest()


def _address_of(key: str) -> str:
    data_centre = key.rpartition("-")[2]
    if not _DATA_CENTRE.fullmatch(data_centre):
        raise DeclarationError(
            "base_url",
            "The API key does not end with a data centre, as in -us19. Copy it whole, or enter the address.",
        )
    return f"https://{data_centre}.api.mailchimp.com"
