"""Channels and rules of alerts, and what makes a rule fire."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

from integrations.models import SyncJob
from monitoring.alerts import telling, watching
from monitoring.models import (
    AlertChannel,
    AlertKind,
    AlertRule,
    ChannelKind,
)
from tests import factories
from tests.integrations.answering import Platform
from tests.monitoring.conftest import NOW

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
KEY = b"thirty-two bytes that sign alerts"[:32]
SECRET = f"whsec_{base64.b64encode(KEY).decode()}"


def email(**values: Any) -> AlertChannel:
    return AlertChannel.objects.create(
        **{"name": "On duty", "kind": ChannelKind.EMAIL, "recipients": "duty@example.com", **values}
    )


def webhook(hook: Platform, kind: str = ChannelKind.WEBHOOK) -> AlertChannel:
    return AlertChannel.objects.create(
        name=kind, kind=kind, address=f"{hook.base}/alerts", signing_secret=SECRET
    )


def rule(*channels: AlertChannel, **values: Any) -> AlertRule:
    known = {"name": "Orders fail", "kind": AlertKind.FAILURES, "threshold": 0, "window_minutes": 60}
    made = AlertRule.objects.create(**{**known, **values})
    made.channels.set(channels)
    AlertRule.objects.filter(pk=made.pk).update(created_at=factories.LONG_AGO)
    return made


def fail(job: SyncJob, at: datetime = NOW - 10 * MINUTE) -> None:
    factories.failure(factories.delivery(job), at)


def look(now: datetime) -> None:
    watching.watch(now)
    telling.send_due(now)
