from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from integrations.models import SyncJob
from monitoring.alerts import telling
from monitoring.models import AlertChannel, AlertMessage
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import change_url, form_of
from tests.monitoring.alerting import MINUTE, email, fail, look, rule
from tests.monitoring.conftest import NOW
from tests.monitoring.letterbox import Letterbox

pytestmark = pytest.mark.django_db

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = {"quiet_from": time(22), "quiet_until": time(6)}


@pytest.fixture(autouse=True)
def berlin(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/Berlin"
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]


def at(day: int, hour: int, minute: int = 0, month: int = 5) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("moment", "ends"),
    [
        (at(4, 21, 59), None),
        (at(4, 22), at(5, 6)),
        (at(5, 0), at(5, 6)),
        (at(5, 5, 59), at(5, 6)),
        (at(5, 6), None),
        # The clock goes forward at 2, and back at 3: they end at 6 on the wall, 7 and 9 hours after 22.
        (at(28, 22, month=3), at(29, 6, month=3)),
        (at(24, 22, month=10), at(25, 6, month=10)),
    ],
)
def test_quiet_hours_go_over_midnight_by_the_clock_on_the_wall(
    moment: datetime, ends: datetime | None
) -> None:
    found = AlertChannel(**NIGHT).quiet_ends(moment)
    assert (found and found.timestamp()) == (ends and ends.timestamp())


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    noon = AlertChannel(quiet_from=time(12), quiet_until=time(13))
    assert [noon.quiet_ends(at(4, hour)) for hour in (11, 13)] == [None, None]
    assert noon.quiet_ends(at(4, 12, 30)) == at(4, 13)
    assert AlertChannel().quiet_ends(at(4, 3)) is None


def test_what_fires_at_night_is_told_in_the_morning_and_what_is_urgent_at_once(
    job: SyncJob, letterbox: Letterbox
) -> None:
    begin = (NOW - MINUTE).astimezone(BERLIN)
    channel = email(quiet_from=begin.time(), quiet_until=(begin + timedelta(hours=2)).time())
    other = email(name="Another", recipients="other@example.com")
    rule(channel, other, name="Orders fail")
    rule(channel, name="Money", is_urgent=True)
    fail(job)
    look(NOW)
    assert sorted(told(one) for one in letterbox.mails) == [
        ("Money", "duty@example.com"),
        ("Orders fail", "other@example.com"),
    ]
    telling.send_due(NOW + timedelta(hours=1))
    assert len(letterbox.mails) == 2
    telling.send_due(NOW + timedelta(hours=2))
    assert [told(one) for one in letterbox.mails[2:]] == [("Orders fail", "duty@example.com")]
    assert not AlertMessage.objects.exclude(state="sent").exists()


def told(one: str) -> tuple[str, str]:
    """Of a mail: which rule, and to whom."""
    heads = dict(line.split(": ", 1) for line in one.splitlines() if ": " in line)
    return heads["Subject"].rpartition("Alert: ")[2], heads["To"]


@pytest.mark.parametrize(
    ("begin", "end", "said"),
    [("22:00", "", "Quiet hours need both"), ("22:00", "22:00", "that end when they begin are none")],
)
def test_half_of_quiet_hours_is_refused(begin: str, end: str, said: str) -> None:
    channel = email()
    client: Client = signed_in(factories.administrator())
    values = {**form_of(client, channel), "quiet_from": begin, "quiet_until": end}
    page = client.post(
        change_url(channel), {key: value for key, value in values.items() if value is not None}
    )
    assert said in page.content.decode()
