"""Sets of faults by name, for POST /control/faults/preset/{name} and `--faults`.

`after` spreads them over a run: they strike once the first orders have gone through, not all at once.
"demo" is for a portal that sends each order by itself, "demo-batches" for one that sends a hundred at a time.
"doorstep" befalls all that is written on an order's way: to the warehouse, for its label, to the shop, in the mail.
"""

from integrations.sandbox.store import Document

CREATE: Document = {"system": "warehouse", "method": "POST", "path": "^/orders"}
LIST: Document = {"system": "shop", "method": "GET", "path": "^/orders$"}


def _sending(step: int, times: int, at: Document = CREATE, seconds: float = 2) -> list[Document]:
    """Everything that can befall what is sent there, each kind `step` requests after the one before. Silence lasts for
    so many seconds."""
    kinds: list[Document] = [
        {"kind": "rate_limited", "retry_after": 1},
        {"kind": "error_before"},
        {"kind": "error_after"},
        {"kind": "no_answer_before", "seconds": seconds},
        {"kind": "no_answer", "seconds": seconds},
        {"kind": "cut"},
        {"kind": "malformed"},
        {"kind": "slow", "seconds": 0.5},
    ]
    return [
        {**at, "id": f"{at['system']}-{_dashed(rule['kind'])}", "after": place * step, "count": times, **rule}
        for place, rule in enumerate(kinds, start=1)
    ]


def _dashed(kind: str) -> str:
    return kind.replace("_", "-")


READING: list[Document] = [
    {
        **LIST,
        "id": "shop-rate-limited",
        "kind": "rate_limited",
        "count": 1,
        "after": 1,
        "retry_after_form": "date",
    },
    {**LIST, "id": "shop-duplicate-rows", "kind": "duplicate_rows", "count": 2},
    {**LIST, "id": "shop-shuffled-rows", "kind": "shuffled_rows", "count": 2},
]

WEBHOOKS: list[Document] = [
    {"system": "shop", "id": f"shop-{_dashed(kind)}", "kind": kind, "path": "^orders/updated$", "count": 2}
    for kind in ("webhook_duplicate", "webhook_reorder", "webhook_drop", "webhook_forge")
]

DOORS: list[Document] = [
    CREATE,
    {"system": "carrier", "method": "POST", "path": "^/labels"},
    {"system": "shop", "method": "POST", "path": "^/orders/[^/]+/fulfillments$"},
    {"system": "mail", "method": "POST", "path": "^/events$"},
]

PRESETS: dict[str, list[Document]] = {
    "demo": [*_sending(step=25, times=2), *READING],
    "demo-batches": [*_sending(step=1, times=1), *READING],
    "doorstep": [*(rule for door in DOORS for rule in _sending(3, 2, door, seconds=0.3)), *READING],
    "webhooks": WEBHOOKS,
}
