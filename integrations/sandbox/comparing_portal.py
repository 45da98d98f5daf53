"""What the portal says of each order against the seed: its state, its id in the warehouse, its open errors."""

import re

from integrations.sandbox.comparing import Difference
from integrations.sandbox.store import Document

SETTLED_WELL = ("delivered", "unchanged", "superseded")
_NUMBER = re.compile(r"#(\w+)")


def compare_portal(
    expected: list[Document], books: Document, records: list[Document], errors: list[Document]
) -> list[Difference]:
    """`records` of the job that carries orders to the warehouse; `errors` all that are open."""
    by_shop_id = {identity: record for record in records for identity in record["external_ids"]}
    shop_ids = {order["number"]: order["id"] for order in books["systems"]["shop"].get("orders", [])}
    in_warehouse: dict[str, list[str]] = {}
    for order in books["systems"]["warehouse"].get("orders", []):
        in_warehouse.setdefault(order["reference"], []).append(order["id"])
    open_errors: dict[str, list[Document]] = {}
    found: list[Difference] = []
    for error in errors:
        named = _NUMBER.search(error["subject"] or error["sentence"])
        open_errors.setdefault(named.group(1) if named else error["subject"], []).append(error)
    for row in expected:
        record = by_shop_id.get(shop_ids[row["number"]])
        found += _compare_record(row, record, sorted(in_warehouse.get(row["number"], [])))
        found += _compare_errors(row, open_errors.pop(row["number"], []))
    for subject, others in open_errors.items():
        sentences = [error["sentence"] for error in others]
        found.append(Difference(subject or "The portal", "open errors (nobody expects one)", [], sentences))
    return found


def _compare_record(row: Document, record: Document | None, ids: list[str]) -> list[Difference]:
    subject = f"Order #{row['number']}"
    if row["end"] == "not_sent":
        if record is None or (record["state"] == "filtered" and not record["destination_ids"]):
            return []
        return [Difference(subject, "state in the portal", "filtered", record["state"])]
    if record is None:
        return [Difference(subject, "records in the portal", 1, 0)]
    if row["end"] == "error":
        good = record["state"] in SETTLED_WELL
        return [Difference(subject, "state in the portal", "failed", record["state"])] if good else []
    found = []
    if row["error"] is None and record["state"] not in SETTLED_WELL:
        found.append(Difference(subject, "state in the portal", "delivered", record["state"]))
    if sorted(record["destination_ids"]) != ids:
        found.append(
            Difference(subject, "id in the warehouse, by the portal", ids, record["destination_ids"])
        )
    return found


def _compare_errors(row: Document, errors: list[Document]) -> list[Difference]:
    """An expected error names the field's last part; "" stands for any. Its sentence must name the order."""
    subject, wanted = f"Order #{row['number']}", row["error"]
    if wanted is None:
        sentences = [error["sentence"] for error in errors]
        return [Difference(subject, "open errors", [], sentences)] if errors else []
    told = [(error["field"], error["kind"]) for error in errors]
    fitting = [error for error in errors if _fits(error, wanted)]
    if not fitting:
        return [Difference(subject, "open error (field, kind)", (wanted["field"], wanted["kind"]), told)]
    return [
        Difference(subject, "sentence", f"one that names #{row['number']}", error["sentence"])
        for error in fitting
        if f"#{row['number']}" not in error["sentence"]
    ]


def _fits(error: Document, wanted: Document) -> bool:
    last = re.split(r"[.\[\]]+", error["field"].rstrip("]"))[-1]
    return bool(error["kind"] == wanted["kind"] and wanted["field"] in ("", last))
