"""500 orders in two acts against systems that misbehave; compared from outside with ends written by hand."""

from __future__ import annotations

import pytest

from integrations.models import Delivery, Outcome, State
from integrations.sandbox.check import check

from .world import ALL, World

pytestmark = pytest.mark.slow


def test_every_order_ends_right_and_once_on_each_side(demo: World) -> None:
    demo.carry()
    first = check(demo.sandbox.base, demo.sandbox.tokens["control"], stock=False)
    assert first.differences == []
    demo.sandbox.control("POST", "/demo/act/2")
    demo.carry()
    demo.carry()
    second = check(demo.sandbox.base, demo.sandbox.tokens["control"])
    assert second.differences == []
    assert {error.code for error in demo.open_errors()} >= {"missing_field", "unknown_sku", "already_shipped"}
    before = (len(demo.sandbox.effects("warehouse")), len(demo.sandbox.effects("shop")))
    demo.carry()
    assert (len(demo.sandbox.effects("warehouse")), len(demo.sandbox.effects("shop"))) == before
    in_no_state = Delivery.objects.exclude(state__in=[*State.values]).count()
    assert in_no_state == 0
    assert Outcome.objects.filter(job__key__in=ALL, state=State.QUEUED).count() == 0
