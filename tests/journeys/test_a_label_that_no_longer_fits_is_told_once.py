"""An order that is changed or cancelled after its label was bought is told to a person, once."""

from __future__ import annotations

import copy
from collections import Counter

from integrations.models import ErrorRecord
from integrations.sync import retry

from .doorstep import LABELS, ORDERS, Doorstep


def no_voiding(doorstep: Doorstep) -> None:
    """A carrier that takes no label back over its API."""
    carrier = doorstep.connection("carrier")
    declaration = copy.deepcopy(carrier.settings["declaration"])
    del declaration["resources"]["labels"]["actions"]
    carrier.settings = {**carrier.settings, "declaration": declaration}
    carrier.save()


def settle(errors: list[ErrorRecord]) -> None:
    retry.ignore(ErrorRecord.objects.filter(pk__in=[error.pk for error in errors]), "Done.", None)


def test_an_address_edited_after_its_label_was_bought_is_told_once(doorstep: Doorstep) -> None:
    doorstep.order("1001")
    doorstep.go()
    doorstep.staff("/shop/orders/1001/edit", {"shipping_address": {"line1": "Domplatz 1"}})
    doorstep.carry(ORDERS, LABELS)
    (error,) = doorstep.open_errors()
    assert (error.kind, error.code) == ("data", "address_after_label")
    assert error.sentence == (
        "Order #1001: its address was changed in the shop after its label was bought. Give the label back at the "
        "carrier and buy another there for the new address; if the parcel has left, have it redirected. Then ignore "
        "this error."
    )
    assert doorstep.labels() == Counter({("1001", "bought"): 1})
    doorstep.staff("/shop/orders/1001/touch")
    doorstep.carry(LABELS)
    assert [one.pk for one in doorstep.open_errors()] == [error.pk], "still the same line"
    settle([error])
    doorstep.staff("/shop/orders/1001/touch")
    doorstep.carry(LABELS)
    assert doorstep.open_errors() == [], "told once"
    doorstep.staff("/shop/orders/1001/edit", {"shipping_address": {"line1": "Neumarkt 2"}})
    doorstep.carry(LABELS)
    assert [one.code for one in doorstep.open_errors()] == ["address_after_label"], "another change"
    doorstep.staff("/shop/orders/1001/edit", {"shipping_address": {"line1": "Lindenstraße 12"}})
    doorstep.carry(LABELS)
    assert doorstep.open_errors() == [], "the label is right again"


def test_an_edit_of_something_else_leaves_the_label_alone(doorstep: Doorstep) -> None:
    doorstep.order("1001", ("MUG", 3))
    doorstep.go()
    edit = {"lines": [{"sku": "MUG", "quantity": 2}], "shipping_address": {"phone": "+49 221 123"}}
    doorstep.staff("/shop/orders/1001/edit", edit)
    doorstep.carry(ORDERS, LABELS)
    assert doorstep.open_errors() == []


def test_cancelled_after_its_label_was_bought_where_no_label_is_taken_back_a_person_is_told_once(
    doorstep: Doorstep,
) -> None:
    no_voiding(doorstep)
    doorstep.order("1001")
    doorstep.carry(LABELS)
    doorstep.staff("/shop/orders/1001/cancel")
    doorstep.carry(LABELS)
    (error,) = doorstep.open_errors()
    assert (error.kind, error.code) == ("data", "cancelled_after_label")
    assert error.sentence == (
        "Order #1001: it was cancelled in the shop after its label was bought, and the carrier takes no label back "
        "from here. Give it back there; if the parcel has left, arrange a return. Then ignore this error."
    )
    settle([error])
    doorstep.staff("/shop/orders/1001/touch")
    doorstep.carry(LABELS)
    assert doorstep.open_errors() == []
    assert doorstep.labels() == Counter({("1001", "bought"): 1})
