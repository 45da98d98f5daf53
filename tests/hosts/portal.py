"""`python -m tests.hosts.portal configure URL CALLS | fill FROM TO | doors`: the portal's rows, in its environment."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import django

JOB = "orders"
AT_ONCE = 500
WEBHOOK_SECRET = "a word that the shop knows"
WEBHOOK = {
    "signature": {"header": "X-Signature", "encoding": "base64"},
    "topic_header": "X-Topic",
    "topics": {"orders/create": {"resource": "orders", "id": "id", "payload": "@"}},
}


def configure(url: str, calls: str) -> None:
    """CALLS: how many calls the destination allows at the same moment, and the job has under way on each host."""
    from integrations.configuration.apply import apply
    from integrations.configuration.plan import plan
    from tests.journeys.between import READ, WRITE

    allowed, by_host = calls.split("/")
    depot: dict[str, Any] = {
        "base_url": url,
        "limits": {"concurrent": int(allowed)},
        "resources": {
            "orders": {
                "create": {
                    "path": "/orders",
                    "id": "id",
                    "key": {"header": "Idempotency-Key"},
                    "replayed": "replayed",
                }
            }
        },
    }
    shop = {"base_url": url, "resources": {"orders": {"list": {"path": "/none"}}}, "webhook": WEBHOOK}
    data = {
        "connections": {
            key: {
                "name": f"The {key}",
                "platform": "rest",
                "settings": {"declaration": declaration},
                "secrets": {"webhook_secret": WEBHOOK_SECRET},
                "webhooks": key == "shop",
            }
            for key, declaration in {"shop": shop, "depot": depot}.items()
        },
        "mappings": {
            name: {
                "platform": "rest",
                "resource": "orders",
                "kind": "order",
                "direction": name,
                "rules": rules,
            }
            for name, rules in (("read", READ), ("write", WRITE))
        },
        "jobs": {
            JOB: {
                "source": "shop",
                "source_resource": "orders",
                "destination": "depot",
                "destination_resource": "orders",
                "read_mapping": "read",
                "write_mapping": "write",
                "every_seconds": 0,
                "accepts_pushes": True,
                "concurrent_calls": int(by_host),
            }
        },
    }
    apply(plan(json.dumps(data), {}))


def fill(first: str, last: str) -> None:
    """Orders FROM to TO (without it) come in, as a partner's would."""
    from integrations.connectors.base import Item
    from integrations.models import Door, SyncJob
    from integrations.sync import shared_clock
    from integrations.sync.accept import accept
    from tests.journeys.between import order

    job = SyncJob.objects.select_related("source", "destination", "read_mapping", "write_mapping").get(
        key=JOB
    )
    for start in range(int(first), int(last), AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, int(last)))
        accept(
            job,
            Door.PARTNER,
            [Item(str(n), order(n), version=f"{n:020}") for n in numbers],
            read_at=shared_clock.now(),
        )


def doors() -> None:
    """Prints what opens them: the webhook's address, and a partner's key."""
    from integrations.models import Connection, Partner, PartnerKey, SyncJob

    partner = Partner.objects.create(key="partner", name="A partner")
    SyncJob.objects.get(key=JOB).partners.add(partner)
    _, key = PartnerKey.issue(partner, ["push"])
    print(json.dumps({"webhook": Connection.objects.get(key="shop").webhook_address, "key": key}))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    commands: dict[str, Callable[..., None]] = {"configure": configure, "fill": fill, "doors": doors}
    commands[sys.argv[1]](*sys.argv[2:])
