"""How HubSpot is called: https://developers.hubspot.com/docs/api-reference/legacy/crm/objects/objects/guide"""

from __future__ import annotations

from typing import Any

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


DECLARATION: dict[str, Any] = {
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
