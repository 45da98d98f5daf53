"""Shopify by its GraphQL Admin API: https://shopify.dev/docs/api/admin-graphql/2026-07

- Calls are counted in points, and what is too dear or too fast is said inside HTTP 200
  (https://shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits).
- Business errors are userErrors inside a mutation's answer.
- Webhooks bring the shape of the older REST API, so what they name is fetched.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from integrations.connectors import shopify_documents as ask
from integrations.connectors.base import (
    Answer,
    Call,
    Item,
    Page,
    Subscription,
    TestReport,
    Token,
    WebhookEvent,
)
from integrations.connectors.http import DeclaredConnector, Result
from integrations.connectors.shopify_bulk import EXPORTS, Exporting
from integrations.connectors.shopify_declaration import RESOURCES, WEBHOOK
from integrations.connectors.shopify_facts import FACTS, SETTINGS, VERSION
from integrations.connectors.shopify_writes import (
    Level,
    completed,
    fulfilment,
    key_of_all,
    level_of,
    made_before,
    quantities,
    refused_rows,
    search_of,
    tail,
    with_payment,
)
from integrations.exceptions import DeclarationError, Failure, Kind, TokenExpired
from integrations.http.client import HttpClient, Request
from integrations.http.guard import Guard

NOT_SET = "Shopify sets several levels or none, and refused another one. It is sent again without that."


class Shopify(DeclaredConnector):
    platform = "shopify"
    label = "Shopify"
    settings_fields = SETTINGS
    facts = FACTS
    declaration = {
        "label": "Shopify",
        "base_url": "{base_url}",
        "graphql_path": f"/admin/api/{VERSION}/graphql.json",
        "variables": {
            "base_url": {"label": "Address of the store"},
            "location": {"required": False},
            "notify_customers": {"default": False},
        },
        # https://shopify.dev/docs/apps/build/authentication-authorization/client-credentials-grant
        "auth": {
            "kind": "login",
            "path": "/admin/oauth/access_token",
            "encoding": "form",
            "body": {
                "grant_type": "client_credentials",
                "client_id": "{client_id}",
                "client_secret": "{client_secret}",
            },
            "token": "access_token",
            "expires_in": "expires_in",
            "header": "X-Shopify-Access-Token",
            "prefix": "",
        },
        "limits": {"points_per_second": 100, "points": 2000, "cost": 20, "concurrent": 8},
        # Two calls may make one write.
        "timeouts": {"connect": 4, "read": 12, "total": 14, "calls": 2},
        "request_id_header": "X-Request-Id",
        "test": {"document": ask.SHOP, "expect": "data.shop.name"},
        "errors": [
            {"status": 401, "kind": "expired"},
            {"status": 430, "kind": "rate_limited"},
            {
                "when": "data.*.userErrors[] | [?code == 'IDEMPOTENCY_CONCURRENT_REQUEST']",
                "kind": "transient",
                "in_doubt": True,
            },
            {
                "when": "data.*.userErrors[] | [?code == 'CHANGE_FROM_QUANTITY_STALE']",
                "kind": "data",
                "code": "changed_meanwhile",
                "sentence": "The stock in Shopify is not what it was taken to be any more. Read it anew, then retry.",
            },
            {
                "when": "data.*.userErrors[] | [0]",
                "kind": "data",
                "code": "=data.*.userErrors[] | [0].code",
                "said": "data.*.userErrors[] | [0].message",
                "field": "=join('.', (data.*.userErrors[] | [0].field) || `[]`)",
            },
        ],
        "resources": RESOURCES,
        "webhook": WEBHOOK,
    }

    def __init__(
        self,
        settings: Mapping[str, Any],
        secrets: Mapping[str, Any],
        environment: str = "",
        token: Token | None = None,
        guard: Guard | None = None,
    ) -> None:
        super().__init__(settings, secrets, environment, token, guard)
        self.has_own_token = bool(secrets.get("token"))
        if self.has_own_token:
            self.use_token(Token(secrets["token"]))
        elif not (secrets.get("client_id") and secrets.get("client_secret")):
            raise DeclarationError(
                "client_id",
                "Enter client ID and client secret of the app, or the access token of an older one.",
            )

    def _in_session(self, what: tuple[str, str], call: Callable[[], Result]) -> Result:
        with self._said_of_own_token():
            return super()._in_session(what, call)

    def _try_login(self, report: TestReport) -> None:
        if not self.has_own_token:
            super()._try_login(report)

    def _try_call(self, report: TestReport) -> None:
        with self._said_of_own_token():
            super()._try_call(report)

    @contextmanager
    def _said_of_own_token(self) -> Iterator[None]:
        """A token that was entered does not end, and no login gives another one: a person must."""
        try:
            yield
        except TokenExpired as refused:
            if not self.has_own_token:
                raise
            raise Failure.config(
                "unauthorized",
                f"{self.client.name} does not accept the access token. Enter a valid one at the connection.",
                status=refused.status,
                request_id=refused.request_id,
                evidence=refused.evidence,
                connection_wide=True,
            ) from refused

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        """All of a large store comes as an export; the rest, and what has changed, page by page."""
        if resource in EXPORTS and since is None and (position is None or "bulk" in position):
            page = self._in_session(("export", resource), lambda: self._exported(resource, position))
            if page is not None:
                return page
        return super().read(resource, since=since, position=position, not_final=not_final)

    def _exported(self, resource: str, position: dict[str, Any] | None) -> Page | None:
        record = self.plan.resources[resource].record
        exporting = Exporting(EXPORTS[resource], record, self._ask, self._stranger)
        if position is not None:
            return exporting.read(position)
        is_worth_it = exporting.is_worth_it()
        self._turn()
        return exporting.start() if is_worth_it else None

    def _stranger(self, url: str) -> HttpClient:
        """For the file of an export, which is on a host of its own: our token is not for that."""
        parts = urlsplit(url)
        return HttpClient(
            f"{parts.scheme}://{parts.netloc}",
            timeout=self.plan.timeout,
            guard=self._guard,
            name=self.client.name,
        )

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        """Stock of other locations than the connection's is another connection's."""
        events = super().verify_webhook(headers, raw, url)
        if not any(event.resource == "stock" for event in events):
            return events
        told = str(json.loads(raw).get("location_id") or "")
        return events if told and told == tail(self.settings.get("location")) else []

    def webhook_topics(self) -> tuple[str, ...]:
        """Without a location, stock that is told of could not be told from that of others."""
        found = super().webhook_topics()
        return (
            found if self.settings["location"] else tuple(name for name in found if "inventory" not in name)
        )

    def subscriptions(self) -> list[Subscription]:
        if not self._signing_secret():
            raise Failure.config(
                "webhook_secret",
                "Enter the app's API secret key as the signing secret of webhooks first: Shopify signs with it.",
                field="webhook_secret",
            )
        # They are ordered as ORDERS_CREATE and come as orders/create.
        names = {_ordered(name): name for name in WEBHOOK["topics"]}
        return [
            replace(one, topics=tuple(names.get(topic, topic) for topic in one.topics))
            for one in super().subscriptions()
        ]

    def subscribe(self, address: str, topics: Sequence[str], secret: str) -> str:
        super().subscribe(address, [_ordered(name) for name in topics], secret)
        return self._signing_secret()

    def _signing_secret(self) -> str:
        """Of webhooks that are ordered by calls: https://shopify.dev/docs/apps/build/webhooks/verify-deliveries"""
        return str(self.secrets.get("client_secret") or self.secrets.get("webhook_secret") or "")

    def lookup(self, resource: str, natural_key: str) -> Item | None:
        """By what Shopify has no search for: the parts of an order are shown with it."""
        if resource not in ("fulfillments", "refunds", "stock"):
            return super().lookup(resource, natural_key)
        return self._in_session(("lookup", resource), lambda: self._looked_up(resource, natural_key))

    def _looked_up(self, resource: str, natural_key: str) -> Item | None:
        if resource == "stock":
            level = level_of(
                self._search([natural_key], self.settings["location"]),
                natural_key,
                str(self.settings["location"] or ""),
            )
            return self.fetch("stock", level.external_id)
        order, _, ours = natural_key.partition("/")
        document = ask.REFUNDS_OF_ORDER if resource == "refunds" else ask.FULFILLMENTS_OF_ORDER
        told = self._ask(document, {"id": f"gid://shopify/Order/{tail(order)}"})["order"] or {}
        made = made_before(resource, told, ours)
        return self.plan.resources[resource].record.item(made) if made is not None else None

    def send(self, call: Call) -> Answer:
        complete = {
            ("stock", "upsert"): self._with_level,
            ("refunds", "create"): self._with_payment,
            ("fulfillments", "create"): self._with_fulfillment_orders,
        }.get((call.resource, call.operation))
        if complete is not None:
            call = self._in_session(("complete", call.resource), lambda: complete(call))
        return super().send(call)

    def _with_level(self, call: Call) -> Call:
        wanted = call.body["variables"]
        found = self._search([str(wanted["sku"])], wanted.get("location"))
        level = level_of(found, str(wanted["sku"]), str(wanted.get("location") or ""))
        return completed(call, quantities([wanted], [level], call.key), level.external_id)

    def _with_payment(self, call: Call) -> Call:
        refund = call.body["variables"]["input"]
        order = self._ask(ask.PAYMENTS_OF_ORDER, {"id": refund["orderId"]})["order"]
        return completed(call, {**call.body["variables"], "input": with_payment(refund, order)})

    def _with_fulfillment_orders(self, call: Call) -> Call:
        asked = call.body["variables"]
        variables: dict[str, Any] = {"id": f"gid://shopify/Order/{tail(asked['order_id'])}"}
        parts: list[dict[str, Any]] = []
        while True:
            order = self._ask(ask.WHAT_CAN_BE_FULFILLED, variables)["order"]
            if order is None:
                raise Failure.data(
                    "not_found",
                    f"Shopify has no order {tail(asked['order_id'])} (any more).",
                    field="order_id",
                )
            parts += order["fulfillmentOrders"]["nodes"]
            info = order["fulfillmentOrders"]["pageInfo"]
            if not info["hasNextPage"]:
                break
            variables = {**variables, "after": info["endCursor"]}
        whole = {"name": order["name"], "fulfillmentOrders": parts}
        made = fulfilment(whole, asked, tail(self.settings["location"]))
        return completed(call, {"fulfillment": made})

    def send_batch(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        """Several levels in one mutation, which sets all of them or none."""
        return self._in_session(("batch", "stock"), lambda: self._set_levels(calls))

    def _set_levels(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        wanted = [call.body["variables"] for call in calls]
        found = self._search([str(one["sku"]) for one in wanted], self.settings["location"])
        results: list[Answer | Failure | Level] = []
        for one in wanted:
            try:
                results.append(level_of(found, str(one["sku"]), str(one.get("location") or "")))
            except Failure as failure:
                results.append(failure)
        ready = [place for place, result in enumerate(results) if isinstance(result, Level)]
        levels = [result for result in results if isinstance(result, Level)]
        if ready:
            sent = [calls[place] for place in ready]
            rows = [wanted[place] for place in ready]
            answers = self._sent(sent, quantities(rows, levels, key_of_all(sent)), levels)
            for place, answer in zip(ready, answers, strict=True):
                results[place] = answer
        return [result for result in results if not isinstance(result, Level)]

    def _sent(
        self, calls: Sequence[Call], variables: dict[str, Any], levels: Sequence[Level]
    ) -> list[Answer | Failure]:
        body = {"query": ask.SET_STOCK, "variables": variables}
        response = self.client.send(Request("POST", calls[0].path, body=body, writes=True))
        step = self.plan.resources["stock"].operations["upsert"].steps[0]
        try:
            step.rules.judge(self.client, response)
        except Failure as failure:
            if failure.kind != Kind.DATA:
                raise
            to_blame = refused_rows(response.json)
            return [
                failure if place in to_blame or not to_blame else Failure.transient("not_sent", NOT_SET)
                for place in range(len(calls))
            ]
        return [
            Answer(level.external_id, request_id=response.request_id, status=response.status)
            for level in levels
        ]

    def _search(self, skus: Sequence[str], location: Any) -> dict[str, Any]:
        named = {"location": f"gid://shopify/Location/{tail(location)}"} if tail(location) else {}
        return self._ask(ask.LEVELS_OF_SKUS, {**search_of(skus), **named})

    def _ask(self, document: str, variables: dict[str, Any]) -> dict[str, Any]:
        body = {"query": document, "variables": variables}
        data: dict[str, Any] = self.ask(Request("POST", self.plan.word.graphql_path, body=body))["data"]
        return data


def _ordered(topic: str) -> str:
    return topic.replace("/", "_").upper()
