"""What real platforms do, from the declaration's word to what stands at the other side: once, and right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from integrations.models import ErrorRecord, Intent, SyncJob
from integrations.sync import pull, retry, steer
from tests.integrations.answering import Asked, Platform, Says

from .between import JOB, Between, Words, order

LIST: Words = {"path": "/orders", "records": "orders"}


def ago(seconds: float = 0.0) -> str:
    return (datetime.now(UTC) - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_without_a_since_all_is_read_and_only_what_changed_is_sent(between: Between) -> None:
    rows = [order(n) for n in range(1, 6)]
    between.shop.on("/orders", lambda asked: Says({"orders": rows}))
    between.configure({"list": LIST})
    between.carry()
    assert len(between.depot.told) == 5
    rows[2]["state"] = "paid"
    run = between.carry()
    assert between.depot.told[5:] == [("update", "A3", "paid")]
    assert (run.read, run.accepted) == (5, 1)
    assert [notice for notice in run.notices if "all 5 were read" in notice]


def test_a_since_that_is_silently_ignored_is_reported_and_nothing_goes_twice(between: Between) -> None:
    rows = [order(n, at=ago(9_000)) for n in range(1, 4)]
    between.shop.on("/orders", lambda asked: Says({"orders": rows}))
    between.configure({"updated_at": {"at": "at"}, "list": {**LIST, "since": {"param": "since"}}})
    assert between.carry().notices == []
    rows.append(order(4, at=ago()))
    run = between.carry()
    assert "since" in between.shop.asked[-1].params
    assert [told[1] for told in between.depot.told] == ["A1", "A2", "A3", "A4"]
    assert [notice for notice in run.notices if "ignores the time" in notice]


def test_a_strictly_later_since_on_whole_seconds_loses_nobody_of_that_second(between: Between) -> None:
    """The second order is placed right after the first was shown, in the second in which that read began."""
    rows: list[Words] = []

    def answer(asked: Asked) -> Says:
        if not rows:
            rows.extend([order(1, at=ago()), order(2, at=ago())])
            return Says({"orders": rows[:1]})
        return Says({"orders": [row for row in rows if row["at"] > asked.params.get("since", "")]})

    between.shop.on("/orders", answer)
    since = {"param": "since", "granularity": 1, "strict": True}
    listing = {**LIST, "since": since}
    between.configure({"updated_at": {"at": "at"}, "list": listing}, job={"read_overlap_seconds": 0})
    between.carry()
    between.carry()
    between.carry()
    assert [told[1] for told in between.depot.told] == ["A1", "A2"]


def test_a_state_that_moves_without_its_time_is_seen_by_reading_again_what_is_not_final(
    between: Between,
) -> None:
    rows = [order(1, at=ago(5_000)), order(2, "done", at=ago(5_000))]

    def answer(asked: Asked) -> Says:
        found = [row for row in rows if row["at"] > asked.params.get("since", "")]
        if asked.params.get("state"):
            found = [row for row in found if row["state"] == asked.params["state"]]
        return Says({"orders": found})

    between.shop.on("/orders", answer)
    listing = {**LIST, "since": {"param": "since"}}
    not_final = {"params": {"state": "open"}}
    between.configure({"updated_at": {"at": "at"}, "list": listing, "not_final": not_final})
    between.carry()
    rows[0]["lines"] = [{"sku": "MUG", "quantity": 7}]
    between.carry()
    assert sorted(told[:2] for told in between.depot.told) == [
        ("create", "A1"),
        ("create", "A2"),
        ("update", "A1"),
    ]
    assert between.depot.orders["1"]["items"] == [{"sku": "MUG", "quantity": "7"}]


def test_a_newest_first_list_is_left_where_it_gets_old(between: Between) -> None:
    rows = [order(n, at=ago(60_000 + n)) for n in range(1, 31)]

    def answer(asked: Asked) -> Says:
        shown = sorted(rows, key=lambda row: str(row["at"]), reverse=True)
        start = (int(asked.params["page"]) - 1) * 5
        return Says({"orders": shown[start : start + 5], "total": len(shown)})

    between.shop.on("/orders", answer)
    paging = {"style": "page", "param": "page", "size": 5, "total": "total", "order": "stable"}
    listing = {**LIST, "newest_first": True, "since": {}, "paging": paging}
    between.configure({"updated_at": {"at": "at"}, "list": listing})
    between.carry()
    assert len(between.depot.told) == 30
    asked = len(between.shop.asked)
    rows[20] |= {"state": "paid", "at": ago(-1)}
    between.carry()
    assert between.depot.told[30:] == [("update", "A21", "paid")]
    assert len(between.shop.asked) - asked == 1


class Door:
    """Lets in with the newest token only, and turns it invalid after so many calls."""

    def __init__(self, platform: Platform, calls: int) -> None:
        self.logins, self.calls, self.left = 0, calls, 0
        platform.on("POST /login", self._login)

    def _login(self, asked: Asked) -> Says:
        self.logins += 1
        self.left = self.calls
        return Says({"token": f"session-{self.logins}"})

    def is_shut(self, asked: Asked) -> bool:
        self.left -= 1
        return self.left < 0 or asked.headers.get("authorization") != f"Bearer session-{self.logins}"


LOGIN: Words = {
    "auth": {
        "kind": "login",
        "path": "/login",
        "body": {"user": "{username}", "password": "{password}"},
        "token": "token",
    },
    "errors": [{"when": "error == 'expired'", "kind": "expired"}],
}
SECRETS = {"username": "crossdock", "password": "very-secret"}


def test_a_session_that_ends_between_pages_and_between_writes(between: Between) -> None:
    rows = [order(n) for n in range(1, 13)]
    shop_door, depot_door = Door(between.shop, 2), Door(between.depot.platform, 3)
    expired = Says({"error": "expired", "data": None})

    def listed(asked: Asked) -> Says:
        start = int(asked.params["skip"])
        return expired if shop_door.is_shut(asked) else Says({"orders": rows[start : start + 3], "total": 12})

    between.shop.on("/orders", listed)
    between.depot.platform.on(
        "POST /orders",
        lambda asked: expired if depot_door.is_shut(asked) else between.depot.create(asked.json),
    )
    paging = {"style": "offset", "param": "skip", "size": 3, "total": "total", "order": "stable"}
    words = {"shop": LOGIN, "depot": LOGIN, "secrets": SECRETS}
    between.configure({"list": {**LIST, "paging": paging}}, **words)
    between.carry()
    # While the session of one is renewed, the next may overtake it.
    assert sorted(told[1] for told in between.depot.told) == sorted(f"A{n}" for n in range(1, 13))
    assert (shop_door.logins, depot_door.logins) == (2, 4)
    assert between.errors() == []


BATCH: Words = {
    "batch": {
        "operation": "create",
        "path": "/orders/batch",
        "items": "create",
        "size": 10,
        "results": "create",
        "failed": "error",
    }
}


def batched(between: Between, asked: Asked) -> Says:
    """Each is answered for itself, all inside HTTP 200."""
    results = []
    for body in asked.json["create"]:
        says = between.depot.create(body)
        results.append(
            says.body if says.status < 300 else {"error": {"code": "no", "message": "not accepted"}}
        )
    return Says({"create": results})


def test_one_that_is_refused_in_a_batch_answer_of_200_fails_alone(between: Between) -> None:
    rows = [order(n) for n in range(1, 8)]
    between.shop.on("/orders", lambda asked: Says({"orders": rows}))
    between.depot.platform.on("POST /orders/batch", lambda asked: batched(between, asked))
    between.depot.refuses = {"A3", "A6"}
    between.configure({"list": LIST}, BATCH)
    between.carry()
    assert [asked.path for asked in between.depot.platform.asked] == ["/orders/batch"]
    assert [told[1] for told in between.depot.told] == ["A1", "A2", "A4", "A5", "A7"]
    assert {name for name, state in between.states().items() if state == "failed"} == {
        "Order #A3",
        "Order #A6",
    }
    assert ["not accepted" in error.sentence for error in between.errors()] == [True, True]
    between.depot.refuses = set()
    assert retry.retry(ErrorRecord.objects.all(), None) == 2
    between.carry()
    assert sorted(told[1] for told in between.depot.told) == [f"A{n}" for n in range(1, 8)]
    assert between.errors() == []
    assert not Intent.objects.filter(settled_at__isnull=True).exists()


def test_lines_of_a_call_of_their_own_arrive_and_one_refusal_concerns_one_order(between: Between) -> None:
    rows = [order(n) for n in range(1, 5)]
    for row in rows:
        row.pop("lines")
        between.shop.on(f"/orders/{row['id']}", Says(row))
        between.shop.on(f"/orders/{row['id']}/lines", Says([{"sku": f"S{row['id']}", "quantity": 2}]))
    between.shop.on("/orders", lambda asked: Says({"orders": rows}))
    between.shop.on("/orders/3/lines", Says({"message": "cannot be shown"}, 422))
    details = [{"path": "/orders/{external_id}/lines", "into": "lines"}]
    fetch = {"path": "/orders/{external_id}", "details": details}
    between.configure({"list": {**LIST, "details": details}, "fetch": fetch})
    between.carry()
    assert [told[1] for told in between.depot.told] == ["A1", "A2", "A4"]
    assert between.depot.orders["1"]["items"] == [{"sku": "S1", "quantity": "2"}]
    (error,) = between.errors()
    assert "cannot be shown" in error.sentence


def test_rows_that_are_good_for_their_id_alone_are_fetched_when_they_changed(between: Between) -> None:
    rows = [order(n, at=ago(9_000)) for n in range(1, 4)]
    rows.append(order(4, at=ago(1)))
    for row in rows:
        between.shop.on(f"/orders/{row['id']}", lambda asked, row=row: Says(row))  # type: ignore[misc]  # mypy cannot infer it
    between.shop.on(
        "/orders", lambda asked: Says({"orders": [{"id": row["id"], "at": row["at"]} for row in rows]})
    )
    listing = {**LIST, "partial": True}
    between.configure(
        {"updated_at": {"at": "at"}, "list": listing, "fetch": {"path": "/orders/{external_id}"}}
    )
    between.carry()
    assert [told[1] for told in between.depot.told] == ["A1", "A2", "A3", "A4"]
    asked = len(between.shop.asked)
    rows[1] |= {"state": "paid", "at": ago()}
    between.carry()
    # The fourth was so young that it may have changed again in the same second.
    assert [call.path for call in between.shop.asked[asked:]] == ["/orders", "/orders/2", "/orders/4"]
    assert between.depot.told[4:] == [("update", "A2", "paid")]


def test_what_is_listed_and_not_there_alone_is_told_and_never_taken_for_removed(between: Between) -> None:
    """The address to fetch by is wrong: with `removed: cancel` all orders would be cancelled."""
    row = order(1, at=ago(9_000))
    between.shop.on("/orders", lambda asked: Says({"orders": [row]}))
    between.shop.on("/orders/1", lambda asked: Says(row))
    words: Words = {"updated_at": {"at": "at"}, "list": {**LIST, "partial": True}}
    cancel = {"when": "record.status == 'gone'", "path": "/orders/{external_id}/cancel"}
    for fetched_by in ("/orders/{external_id}", "/order/{external_id}"):
        between.configure(
            {**words, "fetch": {"path": fetched_by}},
            {"actions": {"cancel": cancel}},
            job={"removed": "cancel"},
        )
        row["at"] = ago()
        between.carry()
    assert between.depot.told == [("create", "A1", "open")]
    assert [asked.path for asked in between.depot.platform.asked] == ["/orders"]
    (error,) = between.errors()
    assert "not there when it is asked for alone" in error.sentence


def test_a_list_with_details_keeps_to_the_rate_that_is_declared(between: Between) -> None:
    rows = [order(n) for n in range(1, 5)]
    between.shop.on("/orders", lambda asked: Says({"orders": rows}))
    times: list[datetime] = []

    def lines(asked: Asked) -> Says:
        times.append(datetime.now(UTC))
        return Says([{"sku": "MUG", "quantity": 1}])

    for row in rows:
        between.shop.on(f"/orders/{row['id']}/lines", lines)
    details = [{"path": "/orders/{external_id}/lines", "into": "lines"}]
    between.configure({"list": {**LIST, "details": details}}, shop={"limits": {"requests_per_second": 10}})
    between.carry()
    assert len(between.depot.told) == 4
    # Four calls of 0.1 s each; the clock of the budget may round a little.
    assert (times[-1] - times[0]).total_seconds() > 0.25


def test_a_change_in_the_hour_that_the_clock_shows_twice_is_not_taken_for_an_older_one(
    between: Between,
) -> None:
    row = order(1, at="2026-10-25 02:40:00")
    between.shop.on("/orders", lambda asked: Says({"orders": [row]}))
    between.configure({"updated_at": {"at": "at", "zone": "Europe/Berlin"}, "list": LIST})
    between.carry()
    # Half an hour later, by the clock half an hour earlier.
    row |= {"state": "paid", "at": "2026-10-25 02:10:00"}
    between.carry()
    assert between.depot.told == [("create", "A1", "open"), ("update", "A1", "paid")]


def test_large_ids_lead_back_to_their_own_order(between: Between) -> None:
    first = 2**53 + 1
    rows = [order(first), order(first + 1)]
    between.shop.on("/orders", lambda asked: Says({"orders": rows}))
    between.configure({"list": LIST})
    between.carry()
    rows[1]["state"] = "paid"
    between.carry()
    assert between.depot.told[2:] == [("update", f"A{first + 1}", "paid")]


def test_what_is_not_told_overwrites_nothing(between: Between) -> None:
    row: dict[str, Any] = order(1)
    between.shop.on("/orders", lambda asked: Says({"orders": [row]}))
    between.configure({"list": LIST})
    between.carry()
    del row["state"]
    row["lines"] = [{"sku": "MUG", "quantity": 2}]
    between.carry()
    assert between.depot.orders["1"] == {"reference": "A1", "items": [{"sku": "MUG", "quantity": "2"}]}
    row["state"] = None
    between.carry()
    assert between.depot.orders["1"]["state"] is None


def test_the_wrong_page_with_status_200_stops_the_job_and_says_so_once(between: Between) -> None:
    between.shop.on("/orders", Says(raw=b"<html>Maintenance</html>", headers={"Content-Type": "text/html"}))
    between.configure({"list": LIST})
    job = SyncJob.objects.get(key=JOB)
    for _ in range(3):
        steer.run_now(job)
        pull.pull(job.pk, 1e12)
        SyncJob.objects.filter(pk=job.pk).update(next_read_at=None)
    (error,) = between.errors()
    assert "web page instead of data" in error.sentence
