"""From a Connection row to a connector that can speak, with its session token kept for all workers."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connections, router

from integrations.connectors import registry
from integrations.connectors.base import Connector, SettingField, TestReport, Token
from integrations.exceptions import Failure, TokenExpired
from integrations.models import AccessToken, Connection, Health

from . import breaker, budget, faults, shared_clock
from .gate import Gate
from .holder import is_proven_dead, this_process

Result = TypeVar("Result")

# A login takes no longer than the longest call and this, in seconds: then another worker may try.
LOGIN_MARGIN = 5.0
# ... and who finds it under way waits so long for its end, and looks so often, in seconds.
LOGIN_PATIENCE, LOGIN_LOOK = 2.0, 0.1
# Seconds for which nobody takes the place of one who renews a person's access and was not seen to die.
STANDS_STILL = 300.0
# What a login gave is kept also where the database is away for so long, in seconds: nobody else knows it.
KEEP_PATIENCE, KEEP_LOOK = 30.0, 0.2
# So long before a person's yes ends that is told.
TOLD_BEFORE, ENDS_SOON = timedelta(days=7), "access_ends_soon"


def connect(connection: Connection) -> Connector:
    """A connector for this connection, logged in if it needs to be. Network only when a login is due."""
    row = _token_row(connection)
    connector = registry.connect(
        connection.platform,
        settings=connection.settings,
        secrets=_secrets_of(connection),
        environment=connection.environment,
        token=_token_of(row),
        name=connection.name,
    )
    if connector.needs_login():
        if connector.consent is not None and row.token is None:
            connector.close()
            raise Failure.config(
                "not_connected",
                f"{connection.name} has not given access to Crossdock yet. Open the connection and press Connect.",
                connection_wide=True,
            )
        _log_in(connection, connector, row.version)
    return connector


def _secrets_of(connection: Connection) -> dict[str, Any]:
    """With the webhook secret that was replaced, while it still counts: whoever signs what it sends uses both."""
    earlier = connection.earlier_webhook_secret()
    return {**connection.secret_values(), **({"webhook_secret_before": earlier} if earlier else {})}


def _log_in(connection: Connection, connector: Connector, seen_version: int) -> None:
    """Jobs that begin together find one login under way, which is soon over: no cause for a failure."""
    ends = time.monotonic() + LOGIN_PATIENCE
    while True:
        try:
            return renew_token(connection, connector, seen_version)
        except Failure as failure:
            if failure.code != "login_under_way" or time.monotonic() > ends:
                raise
        time.sleep(LOGIN_LOOK)


def settings_fields(platform: str) -> list[SettingField]:
    return list(registry.get(platform).settings_fields)


def test(connection: Connection) -> TestReport:
    """Tries the connection and keeps what was found as its health. Network: call it outside any transaction.

    A person waits for it: its calls have their turn before those of a backfill, and also where the breaker is open.
    """
    try:
        report = _try(connection)
    except Failure as failure:
        report = TestReport.failed("Connecting", failure.sentence)
    connection.health = Health.WORKING if report.ok else Health.FAILING
    connection.health_sentence = "" if report.ok else report.sentence()[:500]
    connection.health_checked_at = shared_clock.now()
    # What was saved meanwhile (other credentials, another address) was not tested by this.
    Connection.objects.filter(pk=connection.pk, updated_at=connection.updated_at).update(
        health=connection.health,
        health_sentence=connection.health_sentence,
        health_checked_at=connection.health_checked_at,
    )
    if report.ok:
        faults.reached(connection.pk)
    return report


def _try(connection: Connection) -> TestReport:
    breaker.try_now(connection.pk)
    connector = connect(connection)
    gate = Gate(connection, connector, 1, urgent=True)
    connector.pace(gate.turn)
    try:
        if connector.consent is not None:
            # That it can be renewed is a part of the test, and what a renewal gives is kept.
            renew_token(connection, connector, token_version(connection))
        return connector.test()
    finally:
        gate.close()
        connector.close()


def renew_token(connection: Connection, connector: Connector, seen_version: int) -> None:
    """Logs in, unless another worker has done so since `seen_version` was read.

    1. Whoever moves `refreshing_until` by conditional UPDATE does the login; one at a time.
    2. A worker that finds it taken uses the newer token if there is one, and otherwise fails as transient:
       its records go back to the queue for a moment.
    3. What is renewed is always the token of the row: on many platforms one that was renewed before is worth nothing,
       and its use ends the access altogether.
    """
    if not _claimed(connection, connector, seen_version):
        row = _token_row(connection)
        if row.version == seen_version:
            raise Failure.transient(
                "login_under_way",
                f"Another worker is logging in to {connection.name} at this moment. It goes on by itself.",
                retry_after=2.0,
            )
        token = _token_of(row)
        if token is not None:
            connector.use_token(token)
        return
    kept = _token_of(_token_row(connection))
    if kept is not None:
        connector.use_token(kept)
    budget.owe(connection, connector.limit(), 1)
    try:
        token = connector.login()
    except BaseException:
        AccessToken.objects.filter(connection=connection, version=seen_version).update(refreshing_until=None)
        raise
    _keep_also_without_database(connection, token, seen_version)
    connector.use_token(token)


def _keep_also_without_database(connection: Connection, token: Token, seen_version: int) -> None:
    """A database that restarts is waited for: where a refresh token is good once, the old one is worth nothing now,
    and with the new one lost a person would have to say yes again."""
    ends = time.monotonic() + KEEP_PATIENCE
    while True:
        try:
            keep_token(connection, token, seen_version)
            return
        except (InterfaceError, OperationalError):
            database = connections[router.db_for_write(AccessToken)]
            if database.in_atomic_block or time.monotonic() > ends:
                raise
            database.close()
        time.sleep(KEEP_LOOK)


def _claimed(connection: Connection, connector: Connector, seen_version: int) -> bool:
    """Where a person gave the access, one whose holder only stands still is waited for some minutes more: when it goes
    on it would use a token that has been renewed meanwhile. One that is seen to be dead is not waited for."""
    now = shared_clock.now()
    row = AccessToken.objects.filter(connection=connection, version=seen_version).first()
    if row is None or (row.refreshing_until is not None and not _is_over(row, connector, now)):
        return False
    return bool(
        AccessToken.objects.filter(
            pk=row.pk, version=seen_version, refreshing_until=row.refreshing_until
        ).update(
            refreshing_until=now + timedelta(seconds=connector.timeout_seconds + LOGIN_MARGIN),
            holder=this_process()[:200],
        )
    )


def _is_over(row: AccessToken, connector: Connector, now: datetime) -> bool:
    if row.refreshing_until is None or is_proven_dead(row.holder):
        return True
    stands_still = timedelta(seconds=STANDS_STILL) if connector.consent is not None else timedelta(0)
    return row.refreshing_until + stands_still <= now


def keep_token(connection: Connection, token: Token, seen_version: int) -> bool:
    """False where another one was kept since `seen_version` was read: that one counts."""
    ends_at = token.consent_ends_at
    if ends_at is None or ends_at > shared_clock.now() + TOLD_BEFORE:
        faults.over_for_connection(connection.pk, ENDS_SOON)
    return bool(
        AccessToken.objects.filter(connection=connection, version=seen_version).update(
            token=token.value,
            expires_at=token.expires_at,
            consent_ends_at=token.consent_ends_at,
            obtained_at=shared_clock.now(),
            version=seen_version + 1,
            refreshing_until=None,
        )
    )


def token_version(connection: Connection) -> int:
    return _token_row(connection).version


def with_login(connection: Connection, connector: Connector, call: Callable[[], Result]) -> Result:
    """Runs `call`; where the vendor says that the session expired, logs in once and runs it again."""
    version = token_version(connection)
    try:
        return call()
    except TokenExpired:
        renew_token(connection, connector, version)
        return call()


def _token_row(connection: Connection) -> AccessToken:
    row, _ = AccessToken.objects.get_or_create(connection=connection)
    return row


def _token_of(row: AccessToken) -> Token | None:
    value: Any = row.token
    return Token(value=value, expires_at=row.expires_at) if value else None
