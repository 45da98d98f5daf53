"""What only orders have is refused of other jobs; hours, zone and holidays are told by field."""

from __future__ import annotations

from typing import Any

import pytest

from integrations.configuration.check import job_problems
from tests import factories

pytestmark = pytest.mark.django_db


def problems(**changes: Any) -> dict[str, str]:
    shop, depot = (factories.connection(settings={"base_url": "https://shop.example.com"}) for _ in range(2))
    made = factories.job(source=shop, destination=depot)
    plain = {
        "name": "Orders",
        "kind": "order",
        "source": made.source.key,
        "source_resource": "orders",
        "destination": made.destination.key,
        "destination_resource": "fulfillments",
        "read_mapping": made.read_mapping.key,
        "write_mapping": made.write_mapping.key,
        **changes,
    }
    return dict(job_problems("a-new-one", plain))


def test_hours_that_make_sense_are_taken() -> None:
    found = problems(
        checks_address=True,
        pick_up_hours="mon-fri 16:00",
        pick_up_zone="Europe/Berlin",
        pick_up_holidays="DE-BY",
    )
    assert not {name for name in found if name.startswith(("pick_up", "checks"))}


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"pick_up_hours": "daily"}, "pick_up_hours", "Write: mon-fri 16:00"),
        ({"pick_up_hours": "mon 16:00"}, "pick_up_zone", "time zone"),
        ({"pick_up_hours": "mon 16:00", "pick_up_zone": "Berlin"}, "pick_up_zone", "no time zone"),
        (
            {"pick_up_hours": "mon 16:00", "pick_up_zone": "Europe/Berlin", "pick_up_holidays": "Bavaria"},
            "pick_up_holidays",
            "DE-BY",
        ),
        ({"kind": "shipment", "checks_address": True}, "checks_address", "Only orders"),
        ({"kind": "shipment", "pick_up_hours": "mon 16:00"}, "pick_up_hours", "Only orders"),
    ],
)
def test_what_makes_no_sense_is_told_at_its_field(changes: dict[str, Any], field: str, words: str) -> None:
    assert words in problems(**changes)[field]
