"""Sends what is due: each message is claimed first, so that it leaves once, whoever else sends.

Where it is sure that nothing arrived it is tried again, with the same id. Where the answer was lost, only a signed
webhook is tried again (its receiver drops what it knows by the id); a person is not written to twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F, QuerySet

from integrations.connectors.webhook_out import SignedCalls
from integrations.exceptions import Failure
from integrations.http.auth import nobody
from integrations.http.client import HttpClient, Request
from integrations.http.mail import MailFailed, send
from integrations.sync import shared_clock
from monitoring.models import AlertChannel, AlertMessage, ChannelKind, MessageState

MOST_TRIES = 5
FIRST_PAUSE = timedelta(minutes=1)
# Whoever claimed a message longer ago than this is taken for dead. Whether it was sent, nobody knows.
CLAIM_LASTS = timedelta(minutes=5)
AT_ONCE = 50


class NotSent(Exception):
    """Why it was not sent. `is_sure`: nothing has arrived. `again`: it may do so later."""

    def __init__(self, sentence: str, *, is_sure: bool, again: bool) -> None:
        super().__init__(sentence)
        self.is_sure, self.again = is_sure, again


@dataclass(frozen=True)
class Told:
    """What a channel is told. `id` is the same for each try."""

    id: str
    title: str
    text: str
    kind: str
    at: datetime
    rule: str
    link: str


def send_due(now: datetime | None = None) -> int:
    """Returns how many were sent."""
    moment = now or shared_clock.now()
    stale = AlertMessage.objects.filter(state=MessageState.SENDING, due_at__lt=moment - CLAIM_LASTS)
    stale.update(
        state=MessageState.UNKNOWN, sentence="The process that sent it ended before its answer came."
    )
    due = AlertMessage.objects.filter(state=MessageState.DUE, due_at__lte=moment).order_by("due_at", "pk")
    _keep_quiet(due, moment)
    return sum(_send(pk, moment) for pk in list(due.values_list("pk", flat=True)[:AT_ONCE]))


def _keep_quiet(due: QuerySet[AlertMessage], now: datetime) -> None:
    """What is not urgent waits until the channel's quiet hours are over."""
    for channel in AlertChannel.objects.filter(quiet_from__isnull=False).defer("address", "signing_secret"):
        ends = channel.quiet_ends(now)
        if ends is not None:
            waits = due.filter(channel=channel, event__rule__is_urgent=False).order_by()
            AlertMessage.objects.filter(pk__in=waits.values("pk")).update(due_at=ends)


def _send(pk: int, now: datetime) -> bool:
    claimed = AlertMessage.objects.filter(pk=pk, state=MessageState.DUE).update(
        state=MessageState.SENDING, tries=F("tries") + 1, due_at=now
    )
    if not claimed:
        return False
    message = AlertMessage.objects.select_related("event__rule", "channel").get(pk=pk)
    try:
        tell(message.channel, _told(message))
    except NotSent as reason:
        _put_off(message, reason, now)
        return False
    AlertMessage.objects.filter(pk=pk).update(state=MessageState.SENT, sent_at=now, sentence="")
    return True


def _put_off(message: AlertMessage, reason: NotSent, now: datetime) -> None:
    repeatable = reason.is_sure or message.channel.kind == ChannelKind.WEBHOOK
    if reason.again and repeatable and message.tries < MOST_TRIES:
        state = MessageState.DUE
    else:
        state = MessageState.FAILED if reason.is_sure else MessageState.UNKNOWN
    AlertMessage.objects.filter(pk=message.pk).update(
        state=state,
        due_at=now + FIRST_PAUSE * 2 ** (message.tries - 1),
        sentence=str(reason)[:300],
    )


def _told(message: AlertMessage) -> Told:
    event, rule = message.event, message.event.rule
    over = message.is_recovery
    return Told(
        id=f"alert-{event.pk}-{'recovered' if over else 'fired'}-{message.channel_id}",
        title=f"{'Over' if over else 'Alert'}: {rule.name}",
        text=f"It is over: {event.sentence}" if over else event.sentence,
        kind="alert.recovered" if over else "alert.fired",
        at=(event.recovered_at if over and event.recovered_at else event.fired_at),
        rule=rule.name,
        link=f"{settings.PORTAL_ADDRESS.rstrip('/')}{event.rows}" if event.rows else "",
    )


def tell(channel: AlertChannel, told: Told) -> None:
    """Raises NotSent."""
    if not channel.enabled:
        raise NotSent("The channel is switched off.", is_sure=True, again=False)
    if channel.kind == ChannelKind.EMAIL:
        _mail(channel, told)
    else:
        _call(channel, told)


def _mail(channel: AlertChannel, told: Told) -> None:
    if not channel.addresses():
        raise NotSent("The channel has no e-mail address.", is_sure=True, again=False)
    text = f"{told.text}\n\n{told.link}\n" if told.link else f"{told.text}\n"
    mail = EmailMessage(
        f"[Crossdock] {told.title}",
        text,
        to=channel.addresses(),
        headers={"Message-ID": f"<{told.id}@{_domain()}>"},
    )
    try:
        send(mail)
    except MailFailed as failed:
        raise NotSent(str(failed), is_sure=failed.is_sure, again=failed.again) from failed


def _domain() -> str:
    return str(settings.DEFAULT_FROM_EMAIL).rpartition("@")[2].strip("> ") or "localhost"


def _call(channel: AlertChannel, told: Told) -> None:
    address = str(channel.address or "")
    is_signed = channel.kind == ChannelKind.WEBHOOK
    if not address:
        raise NotSent("The channel has no address.", is_sure=True, again=False)
    secret = str(channel.signing_secret or "")
    if is_signed and not secret:
        raise NotSent("The channel has no signing secret.", is_sure=True, again=False)
    try:
        auth = SignedCalls([secret], "", "") if is_signed else nobody()
        client = HttpClient(_origin(address), auth, name="The receiver")
    except ValueError as error:
        raise NotSent("The address is none of http:// or https://.", is_sure=True, again=False) from error
    client.hide([address])
    try:
        client.check(client.send(_request(address, is_signed, told)))
    except Failure as failure:
        is_sure = not failure.in_doubt
        raise NotSent(failure.sentence, is_sure=is_sure, again=failure.kind == "transient") from failure
    finally:
        client.close()


def _request(address: str, is_signed: bool, told: Told) -> Request:
    if is_signed:
        data = {"rule": told.rule, "text": told.text, "link": told.link}
        body: dict[str, object] = {"type": told.kind, "timestamp": told.at.isoformat(), "data": data}
        return Request(
            "POST", address, headers={"webhook-id": told.id}, body=body, writes=True, is_json=False
        )
    text = f"*{told.title}*\n{told.text}" + (f"\n<{told.link}|See the rows>" if told.link else "")
    return Request("POST", address, body={"text": text}, writes=True, is_json=False)


def _origin(address: str) -> str:
    return "/".join(address.split("/")[:3])


def test_message(now: datetime, by: str) -> Told:
    return Told(
        id=f"alert-test-{int(now.timestamp() * 1000)}",
        title="Test",
        text=f"A test by {by}: alerts arrive here.",
        kind="alert.test",
        at=now,
        rule="Test",
        link=settings.PORTAL_ADDRESS,
    )
