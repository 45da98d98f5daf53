"""A refresh token is good once: two workers that use the same one lose the access, so only one ever does."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.db import connection as database
from django.utils import timezone

from integrations.connectors.oauth import new_question
from integrations.exceptions import Failure, Kind, TokenExpired
from integrations.models import AccessToken, Connection, ErrorRecord, Health, JobState, SyncJob
from integrations.sync import connect, consent, faults
from integrations.sync.connect import renew_token, token_version, with_login
from integrations.sync.holder import this_process
from tests import factories
from tests.integrations.consent.conftest import BACK, connected, says
from tests.sandbox.running import SandboxProcess

pytestmark = pytest.mark.django_db(transaction=True)
# A process that has never been: its number is above all that there can be.
DEAD = "/".join([*this_process().split("/")[:4], "4194999", "1"])


def counts(sandbox: SandboxProcess) -> dict[str, int]:
    found: dict[str, int] = sandbox.control("GET", "/shop/consents")
    return found


def ends_now(shop: Connection) -> None:
    AccessToken.objects.filter(connection=shop).update(expires_at=timezone.now())


def read(shop: Connection) -> None:
    connector = connect.connect(shop)
    try:
        with_login(shop, connector, lambda: connector.read("orders", since=None, position=None))
    finally:
        connector.close()


def test_without_a_yes_nothing_is_called(shop: Connection, sandbox: SandboxProcess) -> None:
    with pytest.raises(Failure) as caught:
        connect.connect(shop)
    assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, "not_connected")
    assert "press Connect" in caught.value.sentence


def test_a_yes_lets_in_and_is_kept_encrypted(shop: Connection, sandbox: SandboxProcess) -> None:
    connected(shop)
    read(shop)
    kept = AccessToken.objects.get(connection=shop)
    assert kept.expires_at is not None
    with database.cursor() as cursor:
        cursor.execute("SELECT token FROM integrations_accesstoken")
        (text,) = cursor.fetchone()
    assert kept.token["access_token"] not in text
    assert kept.token["refresh_token"] not in text


def test_it_is_renewed_before_it_ends(shop: Connection, sandbox: SandboxProcess) -> None:
    connected(shop)
    ends_now(shop)
    read(shop)
    assert counts(sandbox) == {"given": 1, "renewed": 1, "burnt": 0, "unheard": 0}


@pytest.mark.postgres
def test_many_workers_at_the_same_moment_renew_it_once(shop: Connection, sandbox: SandboxProcess) -> None:
    connected(shop)
    ends_now(shop)
    began, failed = threading.Barrier(8, timeout=20), []

    def work() -> None:
        try:
            began.wait()
            read(shop)
        except Exception as error:  # noqa: BLE001  # told by the test's own thread
            failed.append(error)
        finally:
            database.close()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert failed == []
    assert counts(sandbox) == {"given": 1, "renewed": 1, "burnt": 0, "unheard": 0}


def test_a_worker_with_an_old_token_renews_the_newest(shop: Connection, sandbox: SandboxProcess) -> None:
    """It was built before another worker renewed the access, and its call is refused after that."""
    connected(shop)
    slow = connect.connect(shop)
    ends_now(shop)
    read(shop)
    renew_token(shop, slow, token_version(shop))
    assert counts(sandbox) == {"given": 1, "renewed": 2, "burnt": 0, "unheard": 0}
    slow.read("orders", since=None, position=None)
    slow.close()


def stands_still(shop: Connection, holder: str, since: timedelta) -> None:
    AccessToken.objects.filter(connection=shop).update(
        refreshing_until=timezone.now() - since, holder=holder, expires_at=timezone.now()
    )


def test_who_stands_still_while_renewing_is_not_overtaken(shop: Connection, sandbox: SandboxProcess) -> None:
    """It may go on at any moment, and would then use a token that was renewed meanwhile."""
    connected(shop)
    stands_still(shop, this_process(), timedelta(seconds=60))
    with pytest.raises(Failure) as caught:
        read(shop)
    assert (caught.value.kind, caught.value.code) == (Kind.TRANSIENT, "login_under_way")
    assert counts(sandbox)["renewed"] == 0


@pytest.mark.parametrize(
    ("holder", "since"), [(DEAD, timedelta(seconds=-20)), ("elsewhere/1/2/3/4/5", timedelta(minutes=10))]
)
def test_who_died_while_renewing_is_followed(
    shop: Connection, sandbox: SandboxProcess, holder: str, since: timedelta
) -> None:
    connected(shop)
    stands_still(shop, holder, since)
    read(shop)
    assert counts(sandbox) == {"given": 1, "renewed": 1, "burnt": 0, "unheard": 0}


def test_a_refusal_that_nobody_declared_is_renewed_first_and_a_person_is_asked_then(
    shop: Connection, sandbox: SandboxProcess
) -> None:
    """A 401 says the same of an access that has ended as of a wrong key, and here there is no key to correct."""
    words = dict(shop.settings["declaration"])
    words.pop("errors")
    Connection.objects.filter(pk=shop.pk).update(settings={"declaration": words})
    shop.refresh_from_db()
    connected(shop)
    sandbox.fault("shop", "expired_token", count=1)
    read(shop)
    assert counts(sandbox) == {"given": 1, "renewed": 1, "burnt": 0, "unheard": 0}
    sandbox.control("POST", "/shop/revoke")
    with pytest.raises(Failure) as caught:
        read(shop)
    assert (caught.value.kind, caught.value.code) == (Kind.CONFIG, "access_ended")
    assert "Reconnect" in caught.value.sentence


def test_an_access_that_was_taken_back_asks_for_a_person(shop: Connection, sandbox: SandboxProcess) -> None:
    connected(shop)
    sandbox.control("POST", "/shop/revoke")
    with pytest.raises(Failure) as caught:
        read(shop)
    failure = caught.value
    assert (failure.kind, failure.code, failure.connection_wide) == (Kind.CONFIG, "access_ended", True)
    assert "Reconnect" in failure.sentence
    kept = AccessToken.objects.get(connection=shop).token
    assert all(secret not in str(failure.evidence) for secret in kept.values())
    connected(shop)
    read(shop)


def test_a_fault_of_the_platform_is_not_taken_for_a_no(shop: Connection, sandbox: SandboxProcess) -> None:
    connected(shop)
    ends_now(shop)
    sandbox.control("POST", "/shop/down", {"mode": "refuse"})
    with pytest.raises(Failure) as caught:
        read(shop)
    assert caught.value.kind == Kind.TRANSIENT
    sandbox.control("POST", "/shop/up", {})
    read(shop)


def test_what_nobody_uses_is_kept_alive(shop: Connection, sandbox: SandboxProcess) -> None:
    connected(shop)
    consent.keep_alive()
    assert counts(sandbox)["renewed"] == 0
    AccessToken.objects.filter(connection=shop).update(obtained_at=timezone.now() - timedelta(days=8))
    consent.keep_alive()
    consent.keep_alive()
    assert counts(sandbox) == {"given": 1, "renewed": 1, "burnt": 0, "unheard": 0}


def test_a_keep_alive_that_is_refused_shows_at_the_connection(
    shop: Connection, sandbox: SandboxProcess
) -> None:
    connected(shop)
    sandbox.control("POST", "/shop/revoke")
    AccessToken.objects.filter(connection=shop).update(obtained_at=timezone.now() - timedelta(days=8))
    consent.keep_alive()
    shop.refresh_from_db()
    assert shop.health == Health.FAILING
    assert "Reconnect" in shop.health_sentence


def test_an_ended_session_alone_is_renewed_and_the_call_repeated(
    shop: Connection, sandbox: SandboxProcess
) -> None:
    connected(shop)
    connector = connect.connect(shop)
    sandbox.fault("shop", "expired_token", count=1)
    with pytest.raises(TokenExpired):
        connector.read("orders", since=None, position=None)
    with_login(shop, connector, lambda: connector.read("orders", since=None, position=None))
    connector.close()
    assert counts(sandbox)["burnt"] == 0


def test_what_was_given_is_kept_also_where_the_database_restarts_meanwhile(
    shop: Connection, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old refresh token is worth nothing by then."""
    connected(shop)
    ends_now(shop)
    kept, away = connect.keep_token, iter([OperationalError("away"), InterfaceError("away")])

    def keep(*arguments: Any) -> bool:
        for error in away:
            raise error
        return kept(*arguments)

    monkeypatch.setattr(connect, "keep_token", keep)
    read(shop)
    read(shop)
    assert counts(sandbox) == {"given": 1, "renewed": 1, "burnt": 0, "unheard": 0}


def test_a_yes_lets_the_jobs_go_on_that_waited_for_it_alone(
    shop: Connection, sandbox: SandboxProcess
) -> None:
    ended = Failure.config("access_ended", "The access has ended.", connection_wide=True)
    other = Failure.config("not_found", "There is no such list.")
    waits, torn, broken = (factories.job(source=shop, name=name) for name in ("waits", "torn", "broken"))
    for job, failure in ((waits, ended), (torn, ended), (broken, other)):
        faults.source_failed(job, failure)
    faults.destination_failed(torn, other)
    question = new_question(BACK)
    resumed = consent.accept(shop, question, says(consent.page(shop, question)))
    assert resumed == [waits]
    states = dict(SyncJob.objects.values_list("name", "state"))
    assert states == {"waits": JobState.ACTIVE, "torn": JobState.HALTED, "broken": JobState.HALTED}
    assert not ErrorRecord.objects.filter(job=waits, settled_at__isnull=True).exists()
