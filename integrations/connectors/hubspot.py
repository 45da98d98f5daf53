"""HubSpot CRM: https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/objects/guide

- A search gives no more than 10,000 results and sorts by one property alone. It is sorted by id here, and goes on
  behind the last id seen: no search is ever paged, and many things that were changed in one moment are no trouble
  (https://developers.hubspot.com/docs/api-reference/legacy/crm/search-the-crm).
- Contacts are known by their e-mail address. Orders and deals are known by a property with unique values, which the
  account makes for it: only then is a write that is sent twice done once.
- Events come as a list of up to 100, in no order, so the things that they name are fetched
  (https://developers.hubspot.com/docs/api-reference/legacy/webhooks/guide).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from integrations.connectors.base import Answer, Call, Page, SettingField, WriteContext
from integrations.connectors.facts import ApiVersion, Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.connectors.one_by_one import one_by_one
from integrations.exceptions import Failure, Kind
from integrations.http.client import Request

ADDRESS = "https://api.hubapi.com"
# What HubSpot says to move to from v4, with the same body and answer:
# https://developers.hubspot.com/docs/api-reference/2026-03/crm/associations/associate-records/batch/create-associations
ASSOCIATIONS = "/crm/associations/2026-03"
UNIQUE_PROPERTY = "crossdock_id"
# https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/guide
CONTACT_PROPERTIES = [
    "email",
    "firstname",
    "lastname",
    "phone",
    "company",
    "address",
    "city",
    "state",
    "zip",
    "country",
    "hs_email_optout",
]
# https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/orders/guide
ORDER_PROPERTIES = [
    "hs_order_name",
    "hs_external_order_id",
    "hs_currency_code",
    "hs_total_price",
    "hs_subtotal_price",
    "hs_tax",
    "hs_shipping_cost",
    "hs_order_discount",
    "hs_refund_amount",
    "hs_external_created_date",
    "hs_external_order_status",
    "hs_fulfillment_status",
    "hs_billing_address_email",
    "hs_shipping_address_name",
    "hs_shipping_address_phone",
    "hs_shipping_address_street",
    "hs_shipping_address_city",
    "hs_shipping_address_state",
    "hs_shipping_address_postal_code",
    "hs_shipping_address_country",
]
# https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/deals/guide
DEAL_PROPERTIES = [
    "dealname",
    "amount",
    "deal_currency_code",
    "dealstage",
    "pipeline",
    "closedate",
    "hs_is_closed_won",
    "hs_is_closed_lost",
]
# Seconds for what a refused batch holds, one by one: the batch, this and the last of them fit into one lease.
ONE_BY_ONE = 8.0
# The parts of a batch's answer. An answer that is no batch's has errors too, and those are about the whole call.
PARTS = "completedAt && [results, errors || `[]`][]"


# Where a person sees them, as HubSpot's own server of tools builds its links: https://{uiDomain}/contacts/{portalId}/
# record/{objectTypeId}/{objectId} (dist/tools/links/getHubspotLinkTool.js in the npm package @hubspot/mcp-server).
PAGES = "https://{ui_domain}/contacts/{hub_id}/record"
UI_DOMAIN = "app.hubspot.com"
# https://developers.hubspot.com/docs/guides/crm/using-object-apis
CONTACT_TYPE, DEAL_TYPE, ORDER_TYPE = "0-1", "0-3", "0-123"


def _objects(
    kind: str,
    type_id: str,
    changed: str,
    properties: list[str],
    id_property: str,
    *,
    of_contact: bool = False,
) -> dict[str, Any]:
    path = f"/crm/v3/objects/{kind}"
    upsert: dict[str, Any] = {
        "path": f"{path}/batch/upsert",
        "body": {
            "inputs": [
                {
                    "idProperty": id_property,
                    "id": "=body.id",
                    "objectWriteTraceId": "=body.id",
                    "properties": "=body.properties",
                }
            ]
        },
        "answer": "results[0]",
        "repeatable": True,
    }
    if of_contact:
        upsert["then"] = [
            {
                "path": f"{ASSOCIATIONS}/{kind}/contacts/batch/associate/default",
                "body": {"inputs": [{"from": {"id": "{external_id}"}, "to": {"id": "=body.contact"}}]},
                "repeatable": True,
            }
        ]
    since = f"=since && {{propertyName: '{changed}', operator: 'GTE', value: to_string(since)}}"
    asked = {"properties": ",".join(properties)}
    return {
        "page": f"{PAGES}/{type_id}/{{external_id}}",
        "updated_at": {"at": "updatedAt"},
        "deleted": "archived",
        "natural_key": "id",
        "required": ["id"],
        "list": {
            "method": "POST",
            "path": f"{path}/search",
            "body": {
                "filterGroups": [
                    {
                        "filters": [
                            {
                                "propertyName": "hs_object_id",
                                "operator": "GT",
                                "value": "=to_string(cursor || `0`)",
                            },
                            since,
                        ]
                    }
                ],
                "sorts": ["hs_object_id"],
                "properties": properties,
                "limit": "{size}",
                "after": "0",
            },
            "records": "results",
            "paging": {"style": "cursor", "next": "results[-1].id", "more": "paging.next", "size": 200},
            # What was just written appears in a search some moments later.
            "since": {"format": "unix_ms", "overlap": 120},
        },
        "fetch": {"path": f"{path}/{{external_id}}", "params": asked},
        "lookup": {"path": f"{path}/{{natural_key}}", "params": {"idProperty": id_property, **asked}},
        "upsert": upsert,
        "batch": {
            "operation": "upsert",
            "path": f"{path}/batch/upsert",
            "size": 100,
            "body": {"inputs": "=items[].inputs[]"},
            "results": PARTS,
            "match": "objectWriteTraceId || context.objectWriteTraceId[0] || properties.email",
            "match_sent": "inputs[0].id",
            "failed": "category",
            "answer": "{results: [@]}",
        },
    }


def _topics(resource: str, name: str, type_id: str) -> dict[str, dict[str, str]]:
    """As apps of the older and of the newer kind are told of the same."""
    whats = ("creation", "propertyChange", "deletion", "restore", "merge", "associationChange")
    topic = {"resource": resource, "id": "newObjectId || objectId || fromObjectId"}
    return {
        **{f"{name}.{what}": topic for what in whats},
        **{f"object.{what}/{type_id}": topic for what in whats},
    }


class HubSpot(DeclaredConnector):
    platform = "hubspot"
    label = "HubSpot"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address",
            kind="url",
            required=False,
            default=ADDRESS,
            help_text="Leave it as it is: test accounts and real ones have the same address and differ by the token.",
        ),
        SettingField(
            "unique_property",
            "Unique property of orders and deals",
            required=False,
            default=UNIQUE_PROPERTY,
            help_text="Internal name of the property that holds the shop's id of an order.",
        ),
        SettingField(
            "hub_id",
            "Hub ID",
            required=False,
            help_text="Number of the account: click your picture in HubSpot, it stands beside the account's name. With "
            "it, contacts, deals and orders here lead to their page in HubSpot.",
        ),
        SettingField(
            "ui_domain",
            "Address of HubSpot in your browser",
            required=False,
            default=UI_DOMAIN,
            help_text="Only where the address bar shows another one, such as app-eu1.hubspot.com.",
        ),
        SettingField(
            "token", "Access token", secret=True, help_text="Of a private app; it begins with pat-."
        ),
        SettingField(
            "webhook_secret",
            "Client secret of the app",
            required=False,
            secret=True,
            help_text="Webhooks are signed with it.",
        ),
    )
    facts = Facts(
        group=Group.CRM,
        documentation="https://developers.hubspot.com/docs/api-reference/overview",
        native_integrations=native_of("hubspot"),
        # Both end in September 2027, v3 by the changelog and 2026-03 eighteen months after it came. No day is told for
        # v3, so the first one counts: https://developers.hubspot.com/docs/developer-tooling/platform/versioning
        api_version=ApiVersion(
            "v3 and 2026-03",
            ends=date(2027, 9, 1),
            source="https://developers.hubspot.com/changelog/"
            "legacy-apis-and-legacy-apps-whats-going-unsupported-and-when",
        ),
        credentials=(
            "In HubSpot open Development → Legacy apps, click “Create legacy app” and choose “Private”.",
            "On the tab “Scopes” add crm.objects.contacts, crm.objects.orders and crm.objects.deals, read and write.",
            "Create the app, open its tab “Auth” and copy the access token (pat-…) into “Access token”.",
            "To write orders or deals, open Settings → Properties, choose the object and click “Create property”.",
            "Make it a single-line text with the internal name crossdock_id, and tick “Require unique values”.",
        ),
        verified=Verified.CONTRACT,
        verified_against="HubSpot's OpenAPI documents of August 2026: CRM objects v3, and associations v4 for those of "
        "2026-03, which keep its form. Names of properties are in no document, and stand as HubSpot's guides name them",
        limits="5 searches a second, and 100 calls in 10 seconds in free accounts (190 in others); Crossdock makes up "
        "to 5 calls a second, each with up to 100 records.",
        traps=(
            "Every value of a property is a text, amounts and times too.",
            "An order or deal is joined to the contact with its e-mail address; where there is none, one is made.",
            "A currency must be set up in HubSpot before amounts in it are taken.",
            "Stages of a pipeline differ per account: look at dealstage in the mapping of deals before the first run.",
        ),
        lacks=(
            "Line items are not written: an order's amounts, status and address are.",
            "Properties of your own can be written by a mapping and are not read.",
            "OAuth apps are not supported, private apps are.",
        ),
        webhooks="In the app open the tab “Webhooks”, enter this connection's webhook address as the target URL and "
        "subscribe to created, deleted and property changed of contacts, deals and orders. Then copy the app's client "
        "secret from its tab “Auth”.",
    )
    declaration = {
        "label": "HubSpot",
        "base_url": "{base_url}",
        "variables": {
            "base_url": {"default": ADDRESS},
            "unique_property": {"default": UNIQUE_PROPERTY},
            "hub_id": {"required": False},
            "ui_domain": {"default": UI_DOMAIN},
        },
        "auth": {"kind": "bearer"},
        # https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines
        "limits": {"requests_per_second": 5, "burst": 5, "concurrent": 4, "per_day": 250_000},
        # One write may take three calls: the contact is looked up, made and joined to.
        "timeouts": {"connect": 3, "read": 9, "total": 10, "calls": 3},
        "request_id_header": "X-HubSpot-Correlation-Id",
        "test": {
            "path": "/crm/v3/objects/contacts",
            "params": {"limit": 1},
            "expect": "type(results) == 'array'",
        },
        "errors": [
            {
                "status": 429,
                "when": "policyName == 'DAILY'",
                "kind": "rate_limited",
                "retry_after": "`3600`",
            },
            {
                "status": 429,
                "when": "policyName == 'TEN_SECONDLY_ROLLING'",
                "kind": "rate_limited",
                "retry_after": "`10`",
            },
            # https://developers.hubspot.com/docs/api-reference/error-handling: a lock is held for two seconds.
            {"status": 423, "kind": "transient", "in_doubt": False, "retry_after": "`2`"},
            {"status": 207, "when": "errors", "kind": "data", "said": "errors[0].message"},
        ],
        "resources": {
            "contacts": _objects("contacts", CONTACT_TYPE, "lastmodifieddate", CONTACT_PROPERTIES, "email"),
            "deals": _objects(
                "deals",
                DEAL_TYPE,
                "hs_lastmodifieddate",
                DEAL_PROPERTIES,
                "{unique_property}",
                of_contact=True,
            ),
            "orders": _objects(
                "orders",
                ORDER_TYPE,
                "hs_lastmodifieddate",
                ORDER_PROPERTIES,
                "{unique_property}",
                of_contact=True,
            ),
        },
        "webhook": {
            # https://developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests
            "signature": {
                "header": "X-HubSpot-Signature-v3",
                "timestamp_header": "X-HubSpot-Request-Timestamp",
                "timestamp_format": "unix_ms",
                "signed": "POST{url}{body}{timestamp}",
                "encoding": "base64",
                "tolerance": 300,
            },
            "events": "@",
            "topic": "starts_with(subscriptionType, 'object.') && join('/', [subscriptionType, objectTypeId]) "
            "|| subscriptionType",
            # An event's id alone is not promised to be its own.
            "delivery_id": "join('-', [to_string(eventId), to_string(objectId), to_string(occurredAt)])",
            "occurred": {"at": "occurredAt", "format": "unix_ms"},
            "topics": {
                **_topics("contacts", "contact", CONTACT_TYPE),
                **_topics("deals", "deal", DEAL_TYPE),
                **_topics("orders", "order", ORDER_TYPE),
                "contact.privacyDeletion": {"resource": "contacts", "id": "objectId"},
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
        """Refuses a page that is not sorted by id: what lies behind its last id would not be the rest of the list."""
        page = super().read(resource, since=since, position=position, not_final=not_final)
        ids = [int(item.external_id) for item in page.items]
        if page.next_position is not None and ids != sorted(ids):
            raise Failure.config(
                "not_sorted",
                f"{self.client.name} does not sort {resource} by id as it is asked to. "
                "The read was stopped, since some of them would be left out.",
            )
        return page

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        """What is known to be empty is written as an empty text, by which HubSpot clears a property."""
        properties = context.body.get("properties")
        if isinstance(properties, dict):
            cleared = {name: "" if value is None else value for name, value in properties.items()}
            context = replace(context, body={**context.body, "properties": cleared})
        return super().prepare(resource, context, step, key)

    def send(self, call: Call) -> Answer:
        if call.step == 0:
            return super().send(call)
        email = call.body["inputs"][0].get("to", {}).get("id")
        if not email:
            # A guest without an address: the order stands alone.
            return Answer(external_id=call.external_id)
        joined = {"from": {"id": call.external_id}, "to": {"id": self._contact(str(email))}}
        return super().send(replace(call, body={"inputs": [joined]}))

    def _contact(self, email: str) -> str:
        """Its id; one that is not there is made, since orders come from people of whom nothing else is known."""
        found = self.lookup("contacts", email)
        if found is not None:
            return found.external_id
        contact = {"idProperty": "email", "id": email, "properties": {"email": email}}
        request = Request(
            "POST", "/crm/v3/objects/contacts/batch/upsert", body={"inputs": [contact]}, writes=True
        )
        return str(self.ask(request)["results"][0]["id"])

    def send_batch(self, calls: Sequence[Call]) -> list[Answer | Failure]:
        """A batch may be refused whole for one of its records: then each is sent by itself, as far as time goes."""
        try:
            return super().send_batch(calls)
        except Failure as refused:
            if refused.kind != Kind.DATA or refused.in_doubt:
                raise
        ends = time.monotonic() + ONE_BY_ONE
        return one_by_one(calls, self.send, self.client.name, ends)
