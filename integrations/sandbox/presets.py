"""Sets of faults by name, for POST /control/faults/preset/{name}.

`after` spreads them over a run: they strike once the first orders have gone through, not all at once.
"""

from integrations.sandbox.store import Document

CREATE = {"system": "warehouse", "method": "POST", "path": "^/orders"}
LIST = {"system": "shop", "method": "GET", "path": "^/orders$"}

DEMO: list[Document] = [
    {
        **CREATE,
        "id": "warehouse-rate-limited",
        "kind": "rate_limited",
        "count": 2,
        "after": 20,
        "retry_after": 1,
    },
    {**CREATE, "id": "warehouse-error-before", "kind": "error_before", "count": 2, "after": 40},
    {**CREATE, "id": "warehouse-error-after", "kind": "error_after", "count": 2, "after": 60},
    {
        **CREATE,
        "id": "warehouse-no-answer-before",
        "kind": "no_answer_before",
        "count": 1,
        "after": 80,
        "seconds": 2,
    },
    {**CREATE, "id": "warehouse-no-answer", "kind": "no_answer", "count": 2, "after": 100, "seconds": 2},
    {**CREATE, "id": "warehouse-cut", "kind": "cut", "count": 2, "after": 140},
    {**CREATE, "id": "warehouse-malformed", "kind": "malformed", "count": 2, "after": 180},
    {**CREATE, "id": "warehouse-slow", "kind": "slow", "count": 5, "after": 220, "seconds": 0.5},
    {
        **LIST,
        "id": "shop-rate-limited",
        "kind": "rate_limited",
        "count": 1,
        "after": 1,
        "retry_after": 1,
        "retry_after_form": "date",
    },
    {**LIST, "id": "shop-duplicate-rows", "kind": "duplicate_rows", "count": 2},
    {**LIST, "id": "shop-shuffled-rows", "kind": "shuffled_rows", "count": 2},
]

WEBHOOKS: list[Document] = [
    {
        "system": "shop",
        "id": f"shop-{kind.replace('_', '-')}",
        "kind": kind,
        "path": "^orders/updated$",
        "count": 2,
    }
    for kind in ("webhook_duplicate", "webhook_reorder", "webhook_drop", "webhook_forge")
]

PRESETS: dict[str, list[Document]] = {"demo": DEMO, "webhooks": WEBHOOKS}
