"""The pages under “Money”: what is wrong, what to do, who decided what, and the same as CSV."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from integrations.models import BookedOrder
from monitoring.admin.mismatches import COLUMNS
from monitoring.models import FeeRate, PaymentCheck, PaymentMatch, PaymentMismatch
from monitoring.payments import card, decisions, keep
from monitoring.payments.listed import due_soon
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import (
    act,
    act_on_many,
    action_url,
    change_url,
    list_url,
    listed,
    result_count,
)
from tests.monitoring.payments.booked import Ledger

pytestmark = pytest.mark.django_db
LIST = "admin:monitoring_paymentmismatch_changelist"


@pytest.fixture
def boss() -> Client:
    return signed_in(factories.administrator())


@pytest.fixture
def looked(ledger: Ledger) -> Ledger:
    """Too little, paid twice as twins, and a payment of nobody's."""
    ledger.order("1042")
    ledger.payment("pay_1", "20.00", order_number="1042")
    for number in ("1050", "1051"):
        ledger.order(number, "60.00", person="p")
    ledger.payment("pay_twin", "60.00", person="p")
    ledger.payment("pay_lost", "1000", order_number="77", currency="JPY")
    keep.keep()
    return ledger


def get(client: Client, url: str) -> Any:
    response = client.get(url)
    assert response.status_code == 200, url
    return response


def streamed(client: Client, url: str) -> str:
    answer: Any = get(client, url)
    return b"".join(answer.streaming_content).decode()


def test_the_list_tells_what_to_do_with_its_sums_and_narrows(boss: Client, looked: Ledger) -> None:
    page = get(boss, reverse(LIST))
    assert {row.kind for row in listed(page)} == {"amount_differs", "choose_order", "paid_without_order"}
    text = page.content.decode()
    assert "20.00 were paid" in text
    assert "¥1,000" in text
    for query, number in (
        ("kind=choose_order", 1),
        ("currency=JPY", 1),
        (f"source={looked.provider.pk}", 3),
        ("age=1", 0),
        ("open=young", 0),
        ("open=all", 3),
    ):
        assert result_count(get(boss, f"{reverse(LIST)}?{query}")) == number, query


def test_every_number_on_the_page_leads_to_as_many_rows(boss: Client, looked: Ledger) -> None:
    page = get(boss, reverse(LIST))
    for entry in page.context_data["kinds"]:
        assert result_count(get(boss, entry["href"])) == entry["count"]
        assert sum(result_count(get(boss, href)) for _, href in entry["sums"]) == entry["count"]
    (tile,) = card.cards()
    assert result_count(get(boss, tile["main"].href)) == tile["main"].count == 3
    for _, number in tile["lines"]:
        assert result_count(get(boss, number.href)) == number.count


def test_a_row_leads_to_where_it_is_settled(boss: Client, looked: Ledger) -> None:
    for row in PaymentMismatch.objects.all():
        response = boss.get(change_url(row), follow=True)
        assert response.status_code == 200
        assert "pay_" in response.content.decode()


def dialog(client: Client, match: PaymentMatch) -> Any:
    response = client.get(action_url(match, "choose"), headers={"HX-Request": "true"})
    assert response.status_code == 200
    return response


def pk_of(number: str) -> str:
    return str(BookedOrder.objects.get(number=number).pk)


def test_a_twin_is_settled_by_choosing_among_its_candidates_the_likeliest_first(
    boss: Client, looked: Ledger
) -> None:
    looked.order("1050", "60.00", person="p", placed_at=timezone.now() - timedelta(hours=30))
    looked.order("1049", "60.00", person="p", placed_at=timezone.now() - timedelta(hours=4))
    keep.keep()
    match = PaymentMatch.objects.get(payment__external_id="pay_twin")
    text = dialog(boss, match).content.decode()
    shown = re.findall(r'type="radio"[^>]*name="candidate"|name="candidate"[^>]*type="radio"', text)
    assert len(shown) == 4, "three orders, and another one"
    told = [text.index(name) for name in ("#1051 of The shop", "#1049 of The shop", "#1050 of The shop")]
    assert told == sorted(told)
    assert "0.95: Amount and currency are equal: 60.00 EUR. The e-mail address is the same." in text
    assert re.search(rf'value="{pk_of("1051")}"[^>]*checked', text), "the likeliest is chosen already"
    response = act(boss, match, "choose", candidate=pk_of("1050"), reason="asked the customer")
    assert response.status_code == 204, response.content
    match.refresh_from_db()
    assert match.order is not None
    assert (match.order.number, match.is_decided) == ("1050", True)
    assert "asked the customer" in get(boss, change_url(match)).content.decode()
    assert not PaymentMismatch.objects.filter(kind="choose_order", settled_at__isnull=True).exists()


def test_another_order_than_the_candidates_is_chosen_by_its_number(boss: Client, looked: Ledger) -> None:
    match = PaymentMatch.objects.get(payment__external_id="pay_twin")
    response = act(boss, match, "choose", candidate="another", order_number="#1042", reason="by phone")
    assert response.status_code == 204, response.content
    match.refresh_from_db()
    assert match.order is not None
    assert match.order.number == "1042"


def test_a_payment_without_candidates_asks_for_the_number_alone(boss: Client, looked: Ledger) -> None:
    match = PaymentMatch.objects.get(payment__external_id="pay_lost")
    assert 'type="radio"' not in dialog(boss, match).content.decode()
    assert act(boss, match, "choose", order_number="1042", reason="x").status_code == 204


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"candidate": "another", "order_number": "9"}, "There is no order with this number"),
        ({"candidate": "another"}, "Enter the number of the order"),
        ({"candidate": "1050", "order_number": "1042"}, "An order is chosen above as well"),
        ({"candidate": "0"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_chosen_is_refused_with_what_to_do(
    boss: Client, looked: Ledger, told: dict[str, str], sentence: str
) -> None:
    match = PaymentMatch.objects.get(payment__external_id="pay_twin")
    if told["candidate"] == "1050":
        told = {**told, "candidate": pk_of("1050")}
    response = act(boss, match, "choose", **told, reason="x")
    assert sentence in response.content.decode()
    match.refresh_from_db()
    assert match.is_decided is False


@pytest.mark.parametrize(("verb", "order"), [("confirm", "1042"), ("undo", None)])
def test_a_match_is_confirmed_or_undone_with_a_reason(
    boss: Client, looked: Ledger, verb: str, order: str | None
) -> None:
    match = PaymentMatch.objects.get(payment__external_id="pay_1")
    assert act(boss, match, verb, reason="looked it up").status_code == 204
    match.refresh_from_db()
    assert (match.order.number if match.order else None, match.is_decided) == (order, True)
    assert act(boss, match, "release", reason="again").status_code == 204
    match.refresh_from_db()
    assert match.is_decided is False


def test_a_mismatch_is_set_aside_alone_or_with_others(boss: Client, looked: Ledger) -> None:
    first, *others = PaymentMismatch.objects.order_by("pk")
    assert act(boss, first, "set_aside", reason="paid in cash").status_code == 204
    act_on_many(boss, others, "set_aside_many", reason="test payments")
    assert result_count(get(boss, reverse(LIST))) == 0
    aside = get(boss, f"{reverse(LIST)}?open=aside")
    assert "paid in cash" in aside.content.decode()
    assert act(boss, first, "take_up").status_code == 204
    assert result_count(get(boss, reverse(LIST))) == 1


def test_who_may_only_look_decides_nothing(looked: Ledger) -> None:
    reader = signed_in(factories.user("monitoring.view_paymentmismatch", "monitoring.view_paymentmatch"))
    get(reader, reverse(LIST))
    match = PaymentMatch.objects.get(payment__external_id="pay_1")
    get(reader, change_url(match))
    assert act(reader, match, "undo", reason="x").status_code == 403
    assert act(reader, PaymentMismatch.objects.all()[0], "set_aside", reason="x").status_code == 403
    nobody = signed_in(factories.user())
    assert nobody.get(reverse(LIST)).status_code == 403
    assert nobody.get(reverse("admin:monitoring_paymentmismatch_export")).status_code == 403


def test_the_export_is_the_list_as_it_is_filtered(boss: Client, looked: Ledger) -> None:
    url = reverse("admin:monitoring_paymentmismatch_export")
    text = streamed(boss, f"{url}?currency=JPY")
    head, row = list(csv.reader(io.StringIO(text)))
    told = dict(zip(head, row, strict=True))
    assert (told["payment"], told["amount"], told["currency"], told["order"]) == (
        "pay_lost",
        "1000",
        "JPY",
        "",
    )
    assert told["kind"] == "Paid without an order"


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r"])
def test_a_spreadsheet_is_given_no_formula(boss: Client, ledger: Ledger, first: str) -> None:
    ledger.order(f"{first}1+1")
    ledger.payment(f"{first}SUM(1)", "20.00", order_number=f"{first}1+1")
    keep.keep()
    url = reverse("admin:monitoring_paymentmismatch_export")
    text = streamed(boss, url)
    _, row = list(csv.reader(io.StringIO(text, newline="")))
    told = dict(zip(COLUMNS, row, strict=True))
    assert (told["order"], told["payment"]) == (f"'{first}1+1", f"'{first}SUM(1)")


def test_a_dispute_is_pressing_in_its_last_three_days(ledger: Ledger) -> None:
    now = timezone.now()
    for name, days in (("dp_soon", 2), ("dp_later", 4)):
        ledger.dispute(name, "pay_x", due_by=now + timedelta(days=days))
    keep.keep()
    (soon,) = PaymentMismatch.objects.filter(due_soon(now))
    assert soon.due_by == now + timedelta(days=2)


def test_what_is_set_aside_or_settled_is_not_set_aside_again(boss: Client, looked: Ledger) -> None:
    first, second, third = PaymentMismatch.objects.order_by("pk")
    act(boss, first, "set_aside", reason="the first reason")
    PaymentMismatch.objects.filter(pk=second.pk).update(settled_at=timezone.now())
    assert decisions.set_aside(PaymentMismatch.objects.all(), "the second reason", None) == 1
    kept = dict(PaymentMismatch.objects.values_list("pk", "set_aside_reason"))
    assert kept == {first.pk: "the first reason", second.pk: "", third.pk: "the second reason"}


def test_the_lists_cost_as_many_queries_with_many_rows_as_with_few(boss: Client, looked: Ledger) -> None:
    def queries(url: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            get(boss, url)
        return len(seen)

    urls = (reverse(LIST), list_url(PaymentMatch), list_url(FeeRate))
    few = [queries(url) for url in urls]
    for number in range(30):
        looked.payment(f"more_{number}", "1000", order_number=f"88{number}", currency="JPY")
    keep.keep()
    assert [queries(url) for url in urls] == few


def test_fees_and_the_time_of_grace_are_entered(boss: Client, looked: Ledger) -> None:
    add = reverse("admin:monitoring_feerate_add")
    values = {
        "connection": looked.provider.pk,
        "currency": "EUR",
        "percent": "1.5",
        "fixed": "0.25",
        "tolerance": "0.02",
    }
    assert boss.post(add, values).status_code == 302
    assert str(FeeRate.objects.get()) == "1.5 % and 0.25 EUR"
    page = boss.get(list_url(PaymentCheck), follow=True)
    assert page.status_code == 200
    boss.post(change_url(PaymentCheck.objects.get()), {"grace_minutes": "5"})
    assert PaymentCheck.objects.get().grace_minutes == 5


def test_an_alarm_is_raised_where_a_recount_found_something(boss: Client, looked: Ledger) -> None:
    assert card.alarms() == []
    PaymentCheck.objects.update(recount_found=3)
    assert "recount of payments found 3 rows" in get(boss, reverse("admin:index")).content.decode()
