"""Access that a person gives on a page of the platform: asked for, kept, and kept alive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from integrations.connectors import registry
from integrations.connectors.consent import Consent
from integrations.connectors.http import DeclaredConnector
from integrations.connectors.oauth import Question
from integrations.exceptions import Failure
from integrations.models import AccessToken, Connection, ErrorRecord, JobState, SyncJob

from . import faults, shared_clock, steer
from .connect import ENDS_SOON, TOLD_BEFORE, keep_token, renew_token, token_version

# What a job is halted with where access is missing: a person's yes mends it.
_WAITS_FOR_ACCESS = ("not_connected", "access_ended", "unauthorized")
# Nothing is renewed more often than this for want of use.
SHORTEST_KEEP_ALIVE = timedelta(hours=1)


def page(connection: Connection, question: Question) -> str:
    """The address of the platform's page that asks the person. Raises Failure where the connection has none."""
    connector, consent = _connector(connection)
    try:
        return consent.page(question)
    finally:
        connector.close()


def accept(connection: Connection, question: Question, told: Mapping[str, str]) -> list[SyncJob]:
    """Keeps what the person's yes is worth, and resumes the jobs that waited for nothing else; returns those.

    `told` is what came back with their browser.

    Raises Failure for a no and for a code that the platform does not take, SignatureRefused for what it did not send.
    Network: call it outside any transaction.
    """
    connector, consent = _connector(connection)
    try:
        connector.check_consent(told)
        if told.get("error") or not told.get("code"):
            raise Failure.config("not_given", _refusal(connection, told))
        version = token_version(connection)
        keep_token(connection, consent.exchange(told["code"], question), version)
    finally:
        connector.close()
    faults.reached(connection.pk)
    waited = _jobs_that_wait_for(connection)
    for job in waited:
        steer.resume(job)
    return waited


def _jobs_that_wait_for(connection: Connection) -> list[SyncJob]:
    of_jobs = ErrorRecord.objects.filter(
        delivery__isnull=True, settled_at__isnull=True, place__in=("read", "send")
    )
    of_this_access = of_jobs.filter(connection=connection, code__in=_WAITS_FOR_ACCESS)
    others = of_jobs.exclude(pk__in=of_this_access.values("pk"))
    return list(
        SyncJob.objects.filter(state=JobState.HALTED, pk__in=of_this_access.values("job"))
        .exclude(pk__in=others.filter(job__isnull=False).values("job"))
        .order_by("pk")
    )


def is_asked_for(connection: Connection) -> bool:
    """Whether a person has to give access, with the secrets as they are now."""
    try:
        connector, _ = _connector(connection)
        connector.close()
    except Failure:
        return False
    return True


def button(connection: Connection) -> str:
    """What stands on the button that asks a person: it differs where access was given before."""
    given = AccessToken.objects.filter(connection=connection, token__isnull=False).exists()
    return "Reconnect" if given else "Connect"


def tell_what_ends_soon() -> None:
    """Once for each: the day before which somebody must press Reconnect."""
    ends = AccessToken.objects.filter(
        token__isnull=False,
        connection__enabled=True,
        consent_ends_at__lt=shared_clock.now() + TOLD_BEFORE,
    )
    for row in ends.select_related("connection"):
        if row.consent_ends_at is None or faults.is_told_of_connection(row.connection_id, ENDS_SOON):
            continue
        faults.tell_of_connection(
            row.connection,
            ENDS_SOON,
            f"The access that {row.connection.name} gave ends on {row.consent_ends_at:%d %B %Y}. Open the connection "
            "and press Reconnect before that day; until then everything goes on.",
        )


def keep_alive() -> None:
    """Renews what nobody has used for so long that the platform may end it. A no is the connection's failure."""
    now = shared_clock.now()
    unused = AccessToken.objects.filter(
        token__isnull=False, connection__enabled=True, obtained_at__lt=now - SHORTEST_KEEP_ALIVE
    )
    for row in unused.select_related("connection"):
        try:
            connector, consent = _connector(row.connection)
        except Failure:
            continue
        try:
            assert row.obtained_at is not None
            seconds = consent.keep_alive_seconds
            if seconds and row.obtained_at + timedelta(seconds=seconds) <= now:
                renew_token(row.connection, connector, row.version)
        except Failure as failure:
            faults.access_failed(row.connection_id, failure)
        finally:
            connector.close()


def _connector(connection: Connection) -> tuple[DeclaredConnector, Consent]:
    """Without a login. Raises Failure where no person is asked."""
    made = registry.connect(
        connection.platform,
        settings=connection.settings,
        secrets=connection.secret_values(),
        environment=connection.environment,
        name=connection.name,
    )
    if isinstance(made, DeclaredConnector) and made.consent is not None:
        return made, made.consent
    made.close()
    raise Failure.config(
        "no_consent",
        f"{connection.name} needs no Connect: it is called with the secrets that are entered. "
        "To connect by consent, enter client id and client secret instead.",
    )


def _refusal(connection: Connection, told: Mapping[str, str]) -> str:
    if told.get("error") == "access_denied":
        return f"{connection.name} was not connected: access was not given. Press {button(connection)} to try again."
    return (
        f"{connection.name} was not connected. Its page came back without a yes"
        f"{' (' + told['error'][:60] + ')' if told.get('error') else ''}. Check client id and redirect address there."
    )
