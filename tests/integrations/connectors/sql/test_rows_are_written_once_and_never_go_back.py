"""One effect for each write, whatever is repeated, overtaken, refused beside it, or cut off in the middle."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from integrations.connectors.base import Answer, Call, WriteContext
from integrations.connectors.sql import SqlConnector
from integrations.exceptions import Failure, Kind
from tests.integrations.connectors.sql.databases import ORDERS, Database, call, write, write_all

KINDS = {"lines[].sku": "text"}


@pytest.fixture
def connector(database: Database) -> Iterator[SqlConnector]:
    made = database.connector(ORDERS)
    yield made
    made.close()


def statuses(database: Database) -> dict[str, str]:
    return dict(database.rows("SELECT id, status FROM orders"))


def test_what_is_sent_again_has_the_effect_of_once(database: Database, connector: SqlConnector) -> None:
    sent = call(connector, {"id": "1", "status": "open", "lines": [{"sku": "A"}]}, version="1", kinds=KINDS)
    stored = Call.from_json(sent.to_json())
    assert sent.is_repeatable
    for _ in range(3):
        assert connector.send(stored) == Answer(external_id="1")
    assert connector.send_batch([sent, stored]) == [Answer(external_id="1")] * 2
    assert database.rows("SELECT count(*) FROM orders")[0][0] == 1
    assert database.rows("SELECT count(*) FROM orders_lines")[0][0] == 1


@pytest.mark.parametrize(
    ("first", "second", "wins"),
    [
        (("2", 1.0), ("1", 9.0), "first"),
        (("1", 9.0), ("2", 1.0), "second"),
        (("1", 2.0), ("1", 1.0), "first"),
        (("1", 1.0), ("1", 1.0), "second"),
        (("", 2.0), ("", 1.0), "first"),
        (("5", 1.0), ("", 2.0), "second"),
        (("5", 2.0), ("", 1.0), "first"),
        (("", 1.0), ("5", 2.0), "second"),
        (("2026-11-23T06:45:00.000001Z", 1.0), ("2026-11-23T06:45:00.000000Z", 9.0), "first"),
        (("B", 1.0), ("a", 0.5), "second"),
    ],
)
def test_an_older_version_never_overwrites_a_newer_one(
    database: Database,
    connector: SqlConnector,
    first: tuple[str, float],
    second: tuple[str, float],
    wins: str,
) -> None:
    """As the engine decides it: by the versions where both have one, letter by letter, else by the time of the read."""
    for status, (version, read_at) in (("first", first), ("second", second)):
        body = {"id": "1", "status": status, "lines": [{"sku": status}]}
        write(connector, body, version=version, read_at=read_at, kinds=KINDS)
    assert statuses(database) == {"1": wins}
    assert database.rows("SELECT sku FROM orders_lines") == [(wins,)]


def test_what_is_not_told_stays_as_it_is(database: Database, connector: SqlConnector) -> None:
    write(connector, {"id": "1", "status": "open", "note": "ring twice"})
    write(connector, {"id": "1", "status": "paid"})
    assert database.rows("SELECT status, note FROM orders") == [("paid", "ring twice")]
    write(connector, {"id": "1", "note": None})
    assert database.rows("SELECT status, note FROM orders") == [("paid", None)]


def test_a_batch_has_rows_of_different_columns_and_one_key_twice(
    database: Database, connector: SqlConnector
) -> None:
    bodies = [
        {"id": "2", "status": "b"},
        {"id": "1", "note": "x"},
        {"id": "2", "status": "c"},
        {"id": "1", "status": "a"},
    ]
    assert write_all(connector, bodies) == [Answer(external_id=str(body["id"])) for body in bodies]
    assert sorted(database.rows("SELECT id, status, note FROM orders")) == [("1", "a", "x"), ("2", "c", None)]


def test_a_refused_row_keeps_none_of_its_batch_from_arriving(database: Database) -> None:
    database.run(
        "CREATE TABLE orders (id VARCHAR(20) NOT NULL PRIMARY KEY, status VARCHAR(20) CHECK (status <> 'bad'))"
    )
    connector = database.connector(ORDERS)
    results = write_all(connector, [{"id": str(n), "status": "bad" if n == 3 else "good"} for n in range(6)])
    refused = results[3]
    assert isinstance(refused, Failure)
    assert (refused.kind, refused.code, refused.in_doubt) == (Kind.DATA, "refused", False)
    assert [result for n, result in enumerate(results) if n != 3] == [
        Answer(external_id=str(n)) for n in (0, 1, 2, 4, 5)
    ]
    assert set(statuses(database)) == {"0", "1", "2", "4", "5"}
    connector.close()


def test_rows_with_a_key_of_several_columns(database: Database) -> None:
    connector = database.connector({"orders": {"key": ["shop", "id"], "write": {}}})
    bodies = [{"shop": shop, "id": "1", "lines": [{"sku": shop}]} for shop in ("a/b", "c")]
    answers = write_all(connector, bodies, version="1", kinds=KINDS)
    assert [answer.external_id for answer in answers if isinstance(answer, Answer)] == ["a%2Fb/1", "c/1"]
    assert sorted(database.rows("SELECT orders_shop, orders_id, sku FROM orders_lines")) == [
        ("a/b", "1", "a/b"),
        ("c", "1", "c"),
    ]
    connector.send(connector.prepare("orders", WriteContext("delete", {}, "a%2Fb/1"), 0, ""))
    assert database.rows("SELECT shop, id FROM orders") == [("c", "1")]
    assert database.rows("SELECT sku FROM orders_lines") == [("c",)]
    connector.close()


def test_what_was_removed_in_the_source_is_taken_out_unless_a_newer_write_was_faster(
    database: Database, connector: SqlConnector
) -> None:
    def delete(key: str, version: str) -> Answer:
        return connector.send(
            connector.prepare("orders", WriteContext("delete", {}, key, version=version), 0, "")
        )

    delete("1", "1")
    write_all(
        connector,
        [{"id": key, "status": "x", "lines": [{"sku": key}]} for key in "123"],
        version="5",
        kinds=KINDS,
    )
    delete("1", "6")
    delete("2", "4")
    assert sorted(statuses(database)) == ["2", "3"]
    assert sorted(database.rows("SELECT sku FROM orders_lines")) == [("2",), ("3",)]
    assert delete("1", "6").external_id == "1"


def test_two_writers_of_the_same_rows_wait_for_each_other(database: Database) -> None:
    """Forwards and backwards at the same time, again and again: each row ends in the newest version."""
    keys = [str(n) for n in range(30)]
    setup = database.connector(ORDERS)
    write_all(
        setup,
        [{"id": key, "status": "0", "lines": [{"sku": "0"}]} for key in keys],
        version="000",
        kinds=KINDS,
    )
    failed: list[Failure] = []

    def work(backwards: bool, versions: range) -> None:
        connector = database.connector(ORDERS)
        for version in versions:
            bodies = [{"id": key, "status": str(version), "lines": [{"sku": str(version)}]} for key in keys]
            calls = bodies[::-1] if backwards else bodies
            for _ in range(20):
                try:
                    write_all(connector, calls, version=str(version).zfill(3), kinds=KINDS)
                    break
                except Failure as failure:
                    if failure.kind != Kind.TRANSIENT or failure.in_doubt:
                        failed.append(failure)
                        break
        connector.close()

    threads = [
        threading.Thread(target=work, args=(backwards, range(1 + backwards, 21, 2)))
        for backwards in (False, True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert set(statuses(database).values()) == {"20"}
    assert database.rows("SELECT count(*), min(sku), max(sku) FROM orders_lines") == [(30, "20", "20")]
    setup.close()


def kill(database: Database, connection: Any) -> None:
    driver = connection.connection.driver_connection
    if database.kind == "postgresql":
        database.run(f"SELECT pg_terminate_backend({driver.info.backend_pid})")
    else:
        database.run(f"KILL {driver.thread_id()}")


@contextmanager
def killed_after(database: Database, connector: SqlConnector, said: str) -> Iterator[None]:
    """The connection is ended by the database right behind the first statement that begins so."""
    done: list[str] = []

    def after(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(said) and not done:
            done.append(statement)
            kill(database, connection)

    event.listen(connector._sessions.engine, "after_cursor_execute", after)
    yield
    event.remove(connector._sessions.engine, "after_cursor_execute", after)
    assert done


SERVERS = pytest.mark.parametrize(
    "database",
    [pytest.param("postgresql", marks=pytest.mark.postgres), pytest.param("mysql", marks=pytest.mark.mysql)],
    indirect=True,
)


@SERVERS
def test_a_connection_killed_in_the_middle_leaves_nothing_and_no_doubt(
    database: Database, connector: SqlConnector
) -> None:
    body = {"id": "1", "status": "open", "lines": [{"sku": "A"}]}
    write(connector, {**body, "id": "0"}, kinds=KINDS)
    with killed_after(database, connector, "INSERT"), pytest.raises(Failure) as caught:
        write(connector, body, kinds=KINDS)
    failure = caught.value
    assert (failure.kind, failure.code, failure.in_doubt) == (Kind.TRANSIENT, "host_down", False)
    assert set(statuses(database)) == {"0"}
    write(connector, body, kinds=KINDS)
    assert set(statuses(database)) == {"0", "1"}
    assert database.rows("SELECT count(*) FROM orders_lines")[0][0] == 2


@SERVERS
def test_a_connection_killed_in_place_of_the_answer_is_in_doubt_and_the_repeat_settles_it(
    database: Database, connector: SqlConnector
) -> None:
    write(connector, {"id": "0", "status": "open"})
    with killed_after(database, connector, "INSERT"), pytest.raises(Failure) as caught:
        write(connector, {"id": "1", "status": "open"})
    failure = caught.value
    assert (failure.kind, failure.code, failure.in_doubt) == (Kind.TRANSIENT, "lost_answer", True)
    write(connector, {"id": "1", "status": "open"})
    assert set(statuses(database)) == {"0", "1"}


def test_rows_that_others_hold_are_waited_for_a_moment_and_then_later(
    database: Database, connector: SqlConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(connector, {"id": "1", "status": "open"})
    with database._opened() as cursor:
        cursor.execute("BEGIN IMMEDIATE" if database.kind == "sqlite" else "BEGIN")
        cursor.execute("UPDATE orders SET status = 'held'")
        with pytest.raises(Failure) as caught:
            write(connector, {"id": "1", "status": "paid"})
        cursor.execute("ROLLBACK")
    failure = caught.value
    assert (failure.kind, failure.in_doubt, failure.connection_wide) == (Kind.TRANSIENT, False, False)
    assert failure.code in ("locked", "too_slow")
    write(connector, {"id": "1", "status": "paid"})
    assert statuses(database) == {"1": "paid"}


@SERVERS
def test_a_statement_that_takes_too_long_is_ended_there(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.connectors.sql_places.STATEMENT", 1.0)
    sleep = "pg_sleep(20)" if database.kind == "postgresql" else "sleep(20)"
    database.run(f"CREATE VIEW slow AS SELECT 1 AS id, cast({sleep} AS char(5)) AS waited")
    connector = database.connector({"slow": {"key": "id", "read": {}}})
    with pytest.raises(Failure) as caught:
        connector.read("slow", since=None, position=None)
    assert (caught.value.kind, caught.value.code) == (Kind.TRANSIENT, "too_slow")
    connector.close()
