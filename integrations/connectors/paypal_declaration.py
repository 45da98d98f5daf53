"""How PayPal is called: https://developer.paypal.com/api/rest"""

from __future__ import annotations

from typing import Any

ADDRESS = "https://api-m.paypal.com"
LATE = 4 * 3600.0
KEPT = 45 * 86_400.0
# The report's way of saying that more than 10,000 rows would be in one answer.
TOO_MANY = "resultset_too_large"

CODE = "transaction_info.transaction_event_code || ''"
GIVEN_AWAY = "starts_with(transaction_info.transaction_amount.value || '', '-')"
# https://developer.paypal.com/docs/transaction-search/transaction-event-codes: payments, and what went back of them.
NO_PAYMENT = f"!starts_with({CODE}, 'T00') || {GIVEN_AWAY}"
NO_REFUND = f"!contains(['T1106', 'T1107', 'T1201'], {CODE}) || !({GIVEN_AWAY})"
NO_PAYOUT = f"!starts_with({CODE}, 'T04') || !({GIVEN_AWAY})"

TRACKER_ID = "(tracking_number && join('-', [transaction_id, tracking_number])) || transaction_id"


def _reported(skip: str, path: str = "") -> dict[str, Any]:
    """Rows of the report that are such things. What is young may still change its state, so it is read again."""
    listing = {
        "path": "/v1/reporting/transactions",
        "params": {"start_date": "{since}", "end_date": "{now}", "fields": "all"},
        "records": "transaction_details || `[]`",
        "skip": skip,
        "paging": {
            "style": "page",
            "param": "page",
            "size": 500,
            "size_param": "page_size",
            "pages": "total_pages",
            "order": "stable",
        },
        "since": {"granularity": 1, "overlap": LATE},
    }
    return {
        "id": "transaction_info.transaction_id || id",
        "updated_at": {"at": ["transaction_info.transaction_updated_date", "update_time"]},
        "list": listing,
        "not_final": listing,
        **({"fetch": {"path": path}} if path else {}),
        "errors": [
            {
                "status": 403,
                "kind": "config",
                "code": "forbidden",
                "connection_wide": False,
                "sentence": "PayPal does not allow it to this app. Open the app in PayPal's developer dashboard and "
                "switch on “Transaction search”. It may take nine hours until PayPal heeds it.",
            }
        ],
    }


def _topics(resource: str, at: str, names: str) -> dict[str, dict[str, Any]]:
    """What comes with an event is how it was then, so the thing is fetched as it is now."""
    return {name: {"resource": resource, "id": at} for name in names.split()}


TOPICS: dict[str, dict[str, Any]] = {
    **_topics(
        "payments",
        "resource.id",
        "PAYMENT.CAPTURE.COMPLETED PAYMENT.CAPTURE.PENDING PAYMENT.CAPTURE.DECLINED PAYMENT.CAPTURE.DENIED",
    ),
    **_topics("refunds", "resource.id", "PAYMENT.CAPTURE.REFUNDED PAYMENT.CAPTURE.REVERSED"),
    **_topics(
        "disputes",
        "resource.dispute_id",
        "CUSTOMER.DISPUTE.CREATED CUSTOMER.DISPUTE.UPDATED CUSTOMER.DISPUTE.RESOLVED",
    ),
}


DECLARATION: dict[str, Any] = {
    "label": "PayPal",
    "base_url": "{base_url}",
    "variables": {"base_url": {"default": ADDRESS}},
    "auth": {
        "kind": "oauth_client",
        "token_url": "{base_url}/v1/oauth2/token",
        "credentials_in": "header",
    },
    "limits": {"requests_per_second": 5, "burst": 5, "concurrent": 4},
    # The report is slow; large answers have taken more than ten seconds.
    "timeouts": {"connect": 4, "read": 22, "total": 26},
    "request_id_header": "PayPal-Debug-Id",
    # https://developer.paypal.com/api/rest/responses
    "errors": [
        {"status": 401, "kind": "expired"},
        {
            "status": 409,
            "when": "details[?issue == 'PREVIOUS_REQUEST_IN_PROGRESS']",
            "kind": "transient",
            "in_doubt": True,
            "said": "details[0].description",
        },
        {"when": "name == 'RESULTSET_TOO_LARGE'", "kind": "data", "code": TOO_MANY},
        {
            "status": 422,
            "when": "details[?issue == 'CAPTURE_FULLY_REFUNDED']",
            "kind": "data",
            "code": "fully_refunded",
            "sentence": "The payment has been refunded already. Look at it in PayPal; nothing was sent twice.",
        },
        {
            "status": 422,
            "when": "details[?issue == 'REFUND_FAILED_INSUFFICIENT_FUNDS']",
            "kind": "config",
            "code": "insufficient_funds",
            "sentence": "PayPal cannot refund it: the account's balance and bank do not cover it. Top it up there, "
            "then retry.",
        },
        {
            "status": [400, 422],
            "kind": "data",
            "code": "=details[0].issue || name",
            "said": "details[0].description || message",
            "field": "=details[0].field",
        },
    ],
    "resources": {
        "payments": {
            **_reported(NO_PAYMENT, "/v2/payments/captures/{external_id}"),
            "create": {
                "path": "/v2/payments/authorizations/{body.payment_id}/capture",
                "headers": {"Prefer": "return=representation"},
                "body": {
                    "amount": "=body.amount",
                    "invoice_id": "=body.invoice_id",
                    "note_to_payer": "=body.note_to_payer",
                    "final_capture": "=body.final_capture",
                },
                "required": ["payment_id", "amount.value", "amount.currency_code"],
                "key": {"header": "PayPal-Request-Id", "lifetime": KEPT},
            },
        },
        "refunds": {
            **_reported(NO_REFUND, "/v2/payments/refunds/{external_id}"),
            "create": {
                "path": "/v2/payments/captures/{body.payment_id}/refund",
                "headers": {"Prefer": "return=representation"},
                "body": {
                    "amount": "=body.amount",
                    "custom_id": "=body.custom_id",
                    "invoice_id": "=body.invoice_id",
                    "note_to_payer": "=body.note_to_payer",
                },
                "required": ["payment_id", "amount.value", "amount.currency_code"],
                "key": {"header": "PayPal-Request-Id", "lifetime": KEPT},
            },
        },
        # Money on its way from PayPal to the bank.
        "payouts": _reported(NO_PAYOUT),
        "disputes": {
            "id": "dispute_id",
            "updated_at": {"at": "update_time"},
            "list": {
                "path": "/v1/customer/disputes",
                "records": "items || `[]`",
                # The invoice stands in the dispute itself alone.
                "partial": True,
                "paging": {
                    "style": "link",
                    "next": "links[?rel == 'next'] | [0].href",
                    "size": 50,
                    "size_param": "page_size",
                },
                "since": {"param": "update_time_after", "overlap": 300},
            },
            "fetch": {"path": "/v1/customer/disputes/{external_id}"},
        },
        "trackers": {
            "label": "Tracking numbers",
            "id": TRACKER_ID,
            "natural_key": TRACKER_ID,
            "updated_at": {"at": "last_updated_time"},
            "required": ["transaction_id", "status"],
            "fetch": {"path": "/v1/shipping/trackers/{external_id}"},
            "lookup": {"path": "/v1/shipping/trackers/{natural_key}"},
            "create": {
                "path": "/v1/shipping/trackers-batch",
                "body": {"trackers": ["=body"]},
                "answer": "tracker_identifiers[0]",
                "errors": [
                    {
                        "when": "errors[0].name",
                        "kind": "data",
                        "code": "=errors[0].details[0].issue || errors[0].name",
                        "said": "errors[0].details[0].description || errors[0].message",
                    }
                ],
            },
            "update": {
                "method": "PUT",
                "path": "/v1/shipping/trackers/{external_id}",
                "repeatable": True,
            },
        },
    },
    "webhook": {
        # The secret is the webhook's id; what is signed, and by which key, the connector checks itself.
        "signature": {"header": "PayPal-Transmission-Sig", "encoding": "base64"},
        "topic": "event_type",
        "delivery_id": "id",
        "occurred": {"at": "create_time"},
        "topics": TOPICS,
        "subscriptions": {
            "topics": list(TOPICS),
            "list": {"path": "/v1/notifications/webhooks", "records": "webhooks"},
            "address": "url",
            "topics_at": "event_types[].name",
            "secret": "id",
            "create": {
                "path": "/v1/notifications/webhooks",
                "body": {"url": "{address}", "event_types": "=topics[].{name: @}"},
            },
            "delete": {"path": "/v1/notifications/webhooks/{id}"},
        },
    },
}
