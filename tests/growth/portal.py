"""The configuration that is measured: a shop's orders to a warehouse, as in the benchmark."""

from __future__ import annotations

from pathlib import Path

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from integrations.models import Connection, SyncJob

CONFIGURATION = Path(__file__).parent.parent / "benchmarks" / "portal.yaml"
JOB = "orders"
SECRET = "for-measurements"
NOWHERE = "http://127.0.0.1:9"


def the_job(shop: str = NOWHERE, warehouse: str = NOWHERE) -> SyncJob:
    """Made where there is none; its systems are at these addresses from now on."""
    environment = {
        "SHOP_URL": shop,
        "WAREHOUSE_URL": warehouse,
        "TOKEN": SECRET,
        "WEBHOOK_SECRET": SECRET,
    }
    apply(plan(CONFIGURATION.read_text("utf-8"), environment))
    _let_orders_change()
    jobs = SyncJob.objects.select_related("source", "destination", "read_mapping", "write_mapping")
    return jobs.get(key=JOB)


def _let_orders_change() -> None:
    """The benchmark's warehouse takes new orders only; this one takes changes as well."""
    warehouse = Connection.objects.get(key="warehouse")
    orders = warehouse.settings["declaration"]["resources"]["orders"]
    orders["update"] = {"method": "PUT", "path": "/shipments-orders/{external_id}"}
    orders["create"]["path"] = "/shipments-orders"
    warehouse.save()
