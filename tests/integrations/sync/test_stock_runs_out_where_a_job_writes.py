"""Out of stock and backorder: the job's own writes, in a warehouse of the sandbox that stands in for the real one."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from integrations.connectors.base import Call
from integrations.demo import stage
from integrations.exceptions import Failure
from integrations.http.client import Request
from integrations.models import State, SyncJob
from integrations.sync import case_trial, stand_in, stock_cases
from integrations.sync.case import Case, Ending
from integrations.sync.draft_rules import unplugged
from integrations.sync.edge_cases import Tried, try_cases
from integrations.sync.rules import rules_of
from tests import factories
from tests.integrations.sync.test_edge_cases_go_through_a_jobs_mapping import ENVIRONMENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(db: None) -> SyncJob:
    stage.configure(ENVIRONMENT)
    return SyncJob.objects.select_related("source", "destination", "read_mapping", "write_mapping").get(
        key="orders-to-warehouse"
    )


def tried(job: SyncJob) -> tuple[Tried, Tried]:
    by_title = {one.title: one for one in try_cases(job, rules_of(job))}
    return by_title["Out of stock"], by_title["Backorder"]


def test_an_order_out_of_stock_asks_a_person_and_is_made_once_when_there_is_stock(job: SyncJob) -> None:
    out_of_stock, _ = tried(job)
    assert out_of_stock.is_good is True
    assert "CLOCK-WALL-OAK is out of stock." in out_of_stock.told
    assert out_of_stock.told.startswith("A person is asked.")
    assert out_of_stock.told.endswith("Retried once there is stock, 1 order is there.")


def test_the_warehouse_of_the_catalogue_is_stood_in_for_too(job: SyncJob) -> None:
    job.destination.platform = "sandbox_warehouse"
    job.destination.settings = {"base_url": "https://warehouse.example"}
    out_of_stock, backorder = tried(job)
    assert (out_of_stock.is_good, backorder.is_good) == (True, True)
    assert "CLOCK-WALL-OAK is out of stock." in out_of_stock.told


def test_a_backorder_that_ships_later_is_there_once(job: SyncJob) -> None:
    _, backorder = tried(job)
    assert backorder.is_good is True
    assert backorder.told == (
        "It is made, and waits there for the goods. Told again when it has shipped: nothing is sent. 1 order is there."
    )


def test_what_is_made_a_second_time_is_seen(job: SyncJob, monkeypatch: pytest.MonkeyPatch) -> None:
    """As a job would that had forgotten what it delivered."""
    weigh = case_trial.Trial.weigh

    def forgetful(self: Any, *told: Any) -> Case:
        return weigh(self, *told[:3])

    monkeypatch.setattr(case_trial.Trial, "weigh", forgetful)
    _, backorder = tried(job)
    assert backorder.is_good is False
    assert "2 orders are there" in backorder.told


def test_a_change_that_makes_a_second_one_is_seen(job: SyncJob) -> None:
    """The declaration says that a change is made by the very call that makes an order."""
    declared = job.destination.settings["declaration"]["resources"]["orders"]
    declared["update"] = {**declared["create"], "repeatable": True}
    job.read_mapping.rules.filter(target="note").update(source="fulfillment_status")
    job.read_mapping.publish(None)
    _, backorder = tried(job)
    assert "is asked: update" in backorder.told
    assert "2 orders are there." in backorder.told
    assert backorder.is_good is False


def test_a_change_that_the_warehouse_refuses_after_it_shipped_asks_somebody(job: SyncJob) -> None:
    """The mapping tells of the parcel, and what has shipped is not changed there any more."""
    job.read_mapping.rules.filter(target="note").update(source="fulfillment_status")
    job.read_mapping.publish(None)
    _, backorder = tried(job)
    assert backorder.is_good is False
    assert "has shipped and cannot be changed any more" in backorder.told


def test_what_becomes_of_a_refusal_is_decided_where_a_real_run_decides_it(
    job: SyncJob,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        case_trial, "after_failure", lambda *told, **more: Ending(State.HELD, "Held until tomorrow.")
    )
    out_of_stock, _ = tried(job)
    assert out_of_stock.is_good is True
    assert out_of_stock.told == "It is held. Held until tomorrow. Once there is stock, 1 order is there."


def test_the_jobs_fallback_decides_as_in_a_real_run(job: SyncJob) -> None:
    job.fallbacks = [{"when": "refused", "then": "skip", "note": "Sold in the shop."}]
    out_of_stock, _ = tried(job)
    assert out_of_stock.is_good is False, "a paid order would be lost"
    assert "It is skipped. Sold in the shop." in out_of_stock.told
    job.fallbacks = [{"when": "out_of_stock", "tries": 5}]
    out_of_stock, _ = tried(job)
    assert out_of_stock.is_good is True
    assert out_of_stock.told.startswith("It is tried again by itself.")


def test_what_another_job_makes_is_not_lost(job: SyncJob) -> None:
    other = factories.job(
        source=job.source,
        source_resource=job.source_resource,
        kind=job.kind,
        key="dropshipper",
        name="To the dropshipper",
        takes_handed_over=True,
    )
    assert other.destination_id != job.destination_id
    job.fallbacks = [{"when": "out_of_stock", "then": "hand_over", "to": "dropshipper"}]
    out_of_stock, _ = tried(job)
    assert out_of_stock.is_good is True
    assert out_of_stock.told.startswith("Another job makes it.")
    assert "it is handed over to To the dropshipper." in out_of_stock.told


def test_what_is_left_out_for_good_is_lost(job: SyncJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_trial, "after_failure", lambda *told, **more: Ending(State.IGNORED, "Left out."))
    assert tried(job)[0].is_good is False


def test_any_other_destination_is_asked_what_it_makes_of_a_refusal(job: SyncJob) -> None:
    job.write_mapping.platform = "another"
    out_of_stock, backorder = tried(job)
    assert out_of_stock.is_good is True
    assert out_of_stock.told.startswith("If The warehouse refuses it as out of stock: A person is asked.")
    assert backorder.is_good is True
    assert backorder.told == "It is made as any other. Told again when it has shipped: nothing is sent."


def test_where_nothing_is_ever_refused_it_is_not_tried(job: SyncJob, monkeypatch: pytest.MonkeyPatch) -> None:
    job.write_mapping.platform = "another"
    monkeypatch.setattr("integrations.connectors.rest.RestConnector.refusal", lambda *told: None)
    out_of_stock, _ = tried(job)
    assert out_of_stock.is_good is None
    assert "does not look at stock" in out_of_stock.told


def test_a_login_that_the_sandbox_does_not_have_is_tried_as_any_other(
    job: SyncJob,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stock_cases, "is_logged_in", lambda connector: False)
    assert tried(job)[0].told.startswith("If The warehouse refuses it")


def test_the_stand_in_knows_no_secret_and_reaches_nothing_else(job: SyncJob) -> None:
    with stand_in.empty_warehouse() as there, socket.create_server(("127.0.0.1", 0)) as neighbour:
        connector: Any = there.connector(job)
        assert job.destination.secret_values()["token"] not in connector.secrets.values()
        for address in (f"http://127.0.0.1:{neighbour.getsockname()[1]}", "https://1.1.1.1"):
            elsewhere = connector._client(address, None)
            with pytest.raises(Failure) as refused:
                elsewhere.send(Request("GET", "/orders"))
            assert refused.value.code == "host_not_allowed"
        connector.close()


def test_the_stand_in_is_gone_afterwards() -> None:
    with stand_in.empty_warehouse() as there:
        port = int(there.address.rpartition(":")[2].partition("/")[0])
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_refusal_is_read_as_the_declaration_reads_it(job: SyncJob) -> None:
    connector = unplugged(job)
    call = Call(resource="orders", operation="create", step=0, method="POST", path="orders")
    said = {
        "errors": [{"code": "unknown_sku", "message": "SKU A is not stocked here.", "field": "items.0.sku"}]
    }
    failure = connector.refusal(call, 422, said)
    assert failure is not None
    assert (failure.code, failure.field) == ("unknown_sku", "items.0.sku")
    assert connector.refusal(call, 201, {"id": "1"}) is None
