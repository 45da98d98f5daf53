"""Our Records as they are, for a receiver of one's own: every field that a Record has, under its own name.

What a source does not tell is left out, what it tells to be empty is null. Rules that a receiver must not have (names,
addresses) are taken out of the copy. `extra` is not carried, since what is in it differs from source to source.
"""

from __future__ import annotations

from mappings.targets import target_fields
from mappings.translate import RuleData

from .preset import Preset, rule

# The resource, the Record, and what its events are called.
_KINDS = (
    ("orders", "order", "order"),
    ("customers", "customer", "customer"),
    ("stock", "stock_level", "stock"),
    ("variants", "variant", "variant"),
    ("fulfillments", "shipment", "fulfillment"),
    ("payments", "payment", "payment"),
    ("refunds", "refund", "refund"),
    ("tickets", "ticket", "ticket"),
    ("events", "event", "event"),
)
# By what a record is known where its source has no id for it.
_IDS = {"stock_level": "id || join('/', [sku, location || ''])"}


def _rules(kind: str) -> tuple[RuleData, ...]:
    paths = [field.path for field in target_fields(kind) if field.path.rpartition(".")[2] != "extra"]
    return tuple(_rule(kind, path) for path in paths)


def _rule(kind: str, path: str) -> RuleData:
    """Within a list a rule is worked out on each of its items."""
    if path == "id":
        return rule(path, _IDS.get(kind, "id"), required=True)
    source = path.removesuffix("[]").rpartition("[].")[2]
    return rule(path, source, "to_time" if path.endswith("_at") else "")


PRESETS: dict[str, Preset] = {
    f"webhook-out-{resource}": Preset(
        name=f"Signed webhook: {resource}",
        direction="write",
        platform="webhook_out",
        resource=resource,
        kind=kind,
        rules=_rules(kind),
        description=f"The receiver gets it as the data of {event}.created, {event}.updated or {event}.deleted (of the "
        "last the id alone). Amounts and quantities are texts with their decimal places, times are in UTC.",
    )
    for resource, kind, event in _KINDS
}
