"""Which targets of a writing mapping a job may not fill, because another system owns what they are made of."""

from __future__ import annotations

from mappings.owners import Owners, Ownership, left_out
from mappings.records import Address, Customer, Order, OrderLine
from mappings.translate import RuleData, compile_rules, write


def owners(**fields: str) -> Owners:
    return Owners(Ownership(name, owner) for name, owner in fields.items())


def rules(**sources: str) -> list[RuleData]:
    return [RuleData(target=target, source=source) for target, source in sources.items()]


def test_a_field_of_another_system_is_left_out_and_one_of_the_source_is_not() -> None:
    found = left_out(rules(tel="phone", mail="email"), owners(phone="crm", email="shop"), "shop")
    assert found.targets == {"tel": "crm"}


def test_a_field_that_nobody_owns_is_written_by_everybody() -> None:
    assert not left_out(rules(tel="phone", mail="email"), owners(phone="shop"), "shop").targets
    assert left_out(rules(mail="email"), owners(phone="crm"), "shop").targets == {}


def test_all_others_belong_to_the_owner_of_the_star() -> None:
    found = left_out(
        rules(tel="phone", mail="email"), Owners([Ownership("*", "shop"), Ownership("phone", "crm")]), "crm"
    )
    assert found.targets == {"mail": "shop"}


def test_what_only_names_the_record_is_nobodys() -> None:
    found = left_out(
        rules(reference="id", tel="phone", at="updated_at"), Owners([Ownership("*", "crm")]), "shop"
    )
    assert found.targets == {"tel": "crm"}


def test_a_part_of_a_field_may_have_an_owner_of_its_own() -> None:
    ours = Owners([Ownership("address", "shop"), Ownership("address.city", "crm")])
    found = left_out(rules(town="address.city", street="address.line1"), ours, "shop")
    assert found.targets == {"town": "crm"}


def test_an_expression_counts_by_every_field_that_it_reads() -> None:
    told = [RuleData(target="full", source="join(' ', [first_name, last_name])")]
    assert left_out(told, owners(last_name="crm"), "shop").targets == {"full": "crm"}


def test_an_argument_that_is_worked_out_on_the_record_counts_too() -> None:
    told = [
        RuleData(target="left", source="total", transform="minus", arguments={"amount": "=discount_total"})
    ]
    assert left_out(told, owners(discount_total="erp"), "shop").targets == {"left": "erp"}


def test_a_target_made_of_ours_and_theirs_is_told() -> None:
    told = [RuleData(target="full", source="join(' ', [first_name, last_name])")]
    found = left_out(told, owners(first_name="shop", last_name="crm"), "shop")
    assert found.mixed == ((0, "full", "last_name", "first_name", "crm"),)


def test_fields_of_lines_are_left_out_one_by_one() -> None:
    told = rules(**{"items[]": "lines", "items[].id": "id", "items[].sku": "sku", "items[].sent": "shipped"})
    ours = Owners([Ownership("lines", "shop"), Ownership("lines[].shipped", "warehouse")])
    assert left_out(told, ours, "shop").targets == {"items[].sent": "warehouse"}
    assert left_out(told, ours, "warehouse").targets == {"items[].sku": "shop"}


def test_a_list_of_which_only_names_would_be_left_is_not_written() -> None:
    told = rules(**{"items[]": "lines", "items[].id": "id", "items[].sku": "sku"})
    found = left_out(told, owners(lines="shop"), "warehouse")
    assert found.targets == {"items[].sku": "shop", "items[]": "shop"}
    body = write(
        compile_rules(told, "write", "order", {}, found.targets),
        Order(id="1", lines=[OrderLine(id="7", sku="MUG")]),
    ).body
    assert body == {}


def test_what_is_left_out_is_not_in_the_body() -> None:
    told = rules(mail="email", town="address.city", **{"name.last": "last_name"})
    gone = left_out(told, Owners([Ownership("*", "crm"), Ownership("email", "shop")]), "shop").targets
    record = Customer(id="1", email="a@example.com", last_name="X", address=Address(city="Y"))
    assert write(compile_rules(told, "write", "customer", {}, gone), record).body == {"mail": "a@example.com"}
