"""Payloads become Records, Records become bodies, and every problem is told."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from mappings import records
from mappings.content_hash import content_hash
from mappings.records import ABSENT, Order
from mappings.sentences import sentence_for
from mappings.translate import (
    Problem,
    RuleData,
    Rules,
    compile_rules,
    missing_in_body,
    read,
    write,
)


def rules(*found: RuleData, direction: str = "read", kind: str = "order", maps: Any = None) -> Rules:
    return compile_rules(found, direction, kind, maps)


def rule(target: str, source: str = "", transform: str = "", **more: Any) -> RuleData:
    return RuleData(target=target, source=source, transform=transform, **more)


def order(record: object) -> Order:
    assert isinstance(record, Order)
    return record


def test_what_is_not_told_is_absent_and_what_is_empty_is_none() -> None:
    found = order(read(rules(rule("note", "note"), rule("email", "email")), {"note": None}).record)
    assert found.note is None
    assert found.email is ABSENT


def test_numbers_keep_their_places() -> None:
    found = order(read(rules(rule("total", "total", "decimal")), {"total": "12.50"}).record)
    assert str(found.total) == "12.50"


def test_a_number_as_json_number_is_exact() -> None:
    assert order(read(rules(rule("total", "total")), {"total": 0.1}).record).total == Decimal("0.1")


@pytest.mark.parametrize(
    ("currency", "minor", "amount"),
    [
        ("EUR", 1250, "12.50"),
        ("EUR", -1250, "-12.50"),
        ("JPY", 1250, "1250"),
        ("KWD", 12500, "12.500"),
        # People write these without places; who counts in minor units does not.
        ("RSD", 123456, "1234.56"),
        ("IQD", 12500, "12.500"),
    ],
)
def test_minor_units_follow_the_currency(currency: str, minor: int, amount: str) -> None:
    compiled = rules(rule("total", "total", "from_minor_units", arguments={"currency": "= currency"}))
    found = order(read(compiled, {"total": minor, "currency": currency}).record)
    assert str(found.total) == amount


def test_the_places_of_a_currency_that_there_is_not_are_never_guessed() -> None:
    compiled = rules(rule("total", "total", "from_minor_units", arguments={"currency": "= currency"}))
    (problem,) = read(compiled, {"total": 1250, "currency": "QQQ"}).problems
    assert (problem.code, problem.field) == ("bad_value", "total")


def test_a_sum_is_exact_and_may_be_less_another_number() -> None:
    """As floating point numbers these are 0.9000000000000001."""
    total = rule("total", "[net, tax, nothing]", "sum", arguments={"minus": "= discount"})
    told = {"net": 0.1, "tax": 1.1, "nothing": None, "discount": 0.3}
    assert order(read(rules(total), told).record).total == Decimal("0.9")
    assert order(read(rules(total), {"net": 0.1, "tax": 0.2}).record).total == Decimal("0.3")


@pytest.mark.parametrize("transform", ["", "decimal", "integer"])
@pytest.mark.parametrize("value", ["1e999999", "1e-999999", "9" * 50])
def test_a_number_that_would_fill_the_memory_is_a_problem(transform: str, value: str) -> None:
    (problem,) = read(rules(rule("total", "total", transform)), {"total": value}).problems
    assert (problem.code, problem.field) == ("bad_value", "total")


@pytest.mark.parametrize("total", ["92233720368547758.08", "-92233720368547758.08"])
def test_minor_units_that_no_json_reader_keeps_are_a_problem(total: str) -> None:
    source = {"total": total, "currency": "EUR"}
    record = read(rules(rule("total", "total"), rule("currency", "currency")), source).record
    assert record is not None
    minor = [rule("cents", "total", "to_minor_units", arguments={"currency": "= currency"})]
    assert [problem.code for problem in write(compile_rules(minor, "write", "order"), record).problems] == [
        "bad_value"
    ]


def test_an_amount_as_people_write_it_needs_its_locale() -> None:
    german = rules(rule("total", "total", "decimal", arguments={"locale": "de"}))
    assert order(read(german, {"total": "-1.234,56"}).record).total == Decimal("-1234.56")
    assert [problem.code for problem in read(german, {"total": "1,234.56"}).problems] == ["bad_value"]
    assert [problem.code for problem in read(rules(rule("total", "total")), {"total": "1.234,56"}).problems]


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-10-25T01:30:00", datetime(2026, 10, 24, 23, 30, tzinfo=UTC)),
        # Shown twice that night: the first of them is meant.
        ("2026-10-25T02:30:00", datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        ("2026-10-25T03:30:00", datetime(2026, 10, 25, 2, 30, tzinfo=UTC)),
        ("2026-10-25T02:30:00+01:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_times_without_a_zone_are_the_shops_also_when_the_clock_is_turned_back(
    text: str, utc: datetime
) -> None:
    compiled = rules(rule("placed_at", "at", "time", arguments={"zone": "Europe/Berlin"}))
    assert order(read(compiled, {"at": text}).record).placed_at == utc


def test_a_time_without_any_zone_is_a_problem_and_never_a_guess() -> None:
    found = read(rules(rule("placed_at", "at", "time")), {"at": "2026-01-01T00:00:00"})
    assert [(problem.code, problem.field) for problem in found.problems] == [("bad_value", "placed_at")]
    assert order(found.record).placed_at is ABSENT


def test_lists_are_gone_through_item_by_item_and_can_reach_the_whole() -> None:
    compiled = rules(
        rule("lines[]", "items"),
        rule("lines[].sku", "sku"),
        rule("lines[].title", "root.title"),
        rule("lines[].ordered", "qty"),
    )
    found = order(
        read(compiled, {"title": "T", "items": [{"sku": "A", "qty": 2}, {"sku": "B", "qty": 1}]}).record
    )
    lines = records.told(found.lines)
    assert [(line.sku, line.title, line.ordered) for line in lines] == [("A", "T", 2), ("B", "T", 1)]


def test_the_currency_of_a_line_may_be_that_of_the_whole() -> None:
    compiled = rules(
        rule("lines[]", "items"),
        rule("lines[].unit_price", "price", "from_minor_units", arguments={"currency": "= root.currency"}),
    )
    found = order(read(compiled, {"currency": "KWD", "items": [{"price": 1500}]}).record)
    assert [str(line.unit_price) for line in records.told(found.lines)] == ["1.500"]


def test_all_problems_are_told_not_only_the_first() -> None:
    compiled = rules(
        rule("number", "number", required=True),
        rule("total", "total", "decimal"),
        rule("status", "status", value_map="statuses"),
        maps={"statuses": {"new": "open"}},
    )
    found = read(compiled, {"total": "twelve", "status": "odd"})
    assert [(problem.code, problem.field) for problem in found.problems] == [
        ("missing_field", "number"),
        ("bad_value", "total"),
        ("unknown_value", "status"),
    ]


def test_a_default_fills_what_is_missing_and_settles_the_requirement() -> None:
    compiled = rules(rule("currency", "currency", default="EUR", on_missing="default", required=True))
    found = read(compiled, {})
    assert found.problems == []
    assert order(found.record).currency == "EUR"


def test_a_missing_field_is_told_in_words_for_a_shopkeeper() -> None:
    compiled = rules(rule("ship_to.postal_code", "shipping_address.postal_code"), direction="write")
    record = Order(number="#1042", shipping_address=records.Address(city="Ghent"))
    problems = missing_in_body(compiled, write(compiled, record).body, ["ship_to.postal_code"])
    said = sentence_for(problems[0], records.subject(record), "The shop", "The warehouse")
    assert len(problems) == 1
    assert said == (
        "Order #1042: the shipping address has no postal code. The warehouse requires one. "
        "Add it in the shop, or set a default in the mapping."
    )


def test_missing_fields_inside_a_list_are_told_by_their_place() -> None:
    compiled = rules(rule("items[]", "lines"), rule("items[].sku", "sku"), direction="write")
    problems = missing_in_body(compiled, {"items": [{"sku": "A"}, {"sku": None}]}, ["items[].sku"])
    assert [(problem.source, problem.field) for problem in problems] == [("items.1.sku", "lines[].sku")]
    said = sentence_for(problems[0], "Order #1", "The shop", "The warehouse")
    assert said.startswith("Order #1: one of its lines has no SKU. The warehouse requires one.")


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("items", "it has no items. The warehouse requires at least one."),
        ("number", "it has no number. The warehouse requires one."),
        ("address", "it has no address. The warehouse requires one."),
    ],
)
def test_what_the_thing_itself_lacks_is_told_of_it(field: str, said: str) -> None:
    problem = Problem("missing_field", field, field)
    assert said in sentence_for(problem, "Order #1", "The shop", "The warehouse")


def test_an_argument_that_is_not_there_is_never_written_as_a_word() -> None:
    before = rules(rule("number", "number", "concat", arguments={"before": "= prefix", "after": "= suffix"}))
    assert order(read(before, {"number": "7", "prefix": None}).record).number == "7"
    lost = rules(rule("number", "number", "replace", arguments={"find": "= prefix"}))
    assert [problem.code for problem in read(lost, {"number": "7"}).problems] == ["bad_value"]


def test_absent_is_never_written() -> None:
    compiled = rules(rule("note", "note"), rule("email", "email"), direction="write")
    assert write(compiled, Order(email=None)).body == {"email": None}


def test_equal_numbers_hash_alike_and_other_content_does_not() -> None:
    assert content_hash({"a": Decimal("1.0")}) == content_hash({"a": Decimal("1.00")})
    assert content_hash({"a": 1, "b": 2}) == content_hash({"b": 2, "a": 1})
    assert content_hash({"a": None}) != content_hash({"a": ""})


def test_units_of_an_order_are_those_still_to_be_shipped() -> None:
    line = records.OrderLine(sku="MUG", ordered=Decimal(5), cancelled=Decimal(1), shipped=Decimal(2))
    paid = Order(status="open", payment_status="paid", lines=[line])
    assert records.units(paid) == [("MUG", 2)]
    assert records.units(Order(status="cancelled", payment_status="paid", lines=[line])) == []
    assert records.units(Order(status="open", payment_status="failed", lines=[line])) == []


def test_the_last_written_state_holds_nothing_personal() -> None:
    record = Order(
        status="open",
        email="someone@example.com",
        note="ring twice",
        shipping_address=records.Address(name="N", line1="L"),
        lines=[records.OrderLine(id="1", sku="MUG", ordered=Decimal(2))],
    )
    assert records.state_view(record) == {
        "status": "open",
        "lines": [{"id": "1", "sku": "MUG", "ordered": "2"}],
    }
