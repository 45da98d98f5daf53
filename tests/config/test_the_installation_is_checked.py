"""What `manage.py check` says of settings that would fail later."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import checks
from pytest_django import Settings

IN_CLEAR = (
    "BIND is 0.0.0.0:8000, which others can reach, and HTTPS is not set: passwords would travel in clear."
)
SOUND: dict[str, Any] = {
    "SALT_KEY": ["a long enough salt for this test"],
    "PRIVATE_NETWORKS": ["10.1.0.0/16", "192.168.7.20/32 8069"],
    "WORKERS": 1,
    "KEEP_OUTCOMES_DAYS": 0,
    "LEASE_SECONDS": 60.0,
    "STALLED_AFTER_MINUTES": 10,
    "HTTPS": False,
    "BIND": "127.0.0.1:8000",
}


def told(settings: Settings, **changes: Any) -> list[str]:
    for name, value in {**SOUND, **changes}.items():
        setattr(settings, name, value)
    return [f"{message.id}: {message.msg}" for message in checks.run_checks(tags=["crossdock"])]


def test_a_sound_installation_is_told_nothing(settings: Settings) -> None:
    assert told(settings) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"SALT_KEY": []},
            "crossdock.E001: SALT_KEY is not set: no secret of a connection can be stored or read.",
        ),
        (
            {"SALT_KEY": ["long enough for this", "short"]},
            "crossdock.E002: A key in SALT_KEY is shorter than 16 characters.",
        ),
        ({"WORKERS": 0}, "crossdock.E004: WORKERS is 0: nothing would be delivered."),
        (
            {"KEEP_EVENTS_DAYS": -1},
            "crossdock.E005: KEEP_EVENTS_DAYS is -1: days cannot be fewer than none.",
        ),
        (
            {"KEEP_OUTCOMES_DAYS": 30},
            "crossdock.E006: KEEP_OUTCOMES_DAYS is 30: the dashboard shows 31 days.",
        ),
        (
            {"LEASE_SECONDS": 4.5},
            "crossdock.E007: LEASE_SECONDS is 4.5: a worker would lose its batch while it still sends.",
        ),
        (
            {"STALLED_AFTER_MINUTES": 0},
            "crossdock.E008: STALLED_AFTER_MINUTES is 0: every run would be told as stalled.",
        ),
        (
            {"BIND": "0.0.0.0:8000"},
            f"crossdock.W001: {IN_CLEAR}",
        ),
    ],
)
def test_what_would_fail_later_is_told(settings: Settings, changes: dict[str, Any], expected: str) -> None:
    assert told(settings, **changes) == [expected]


def test_a_network_that_is_none_is_named(settings: Settings) -> None:
    (message,) = told(settings, PRIVATE_NETWORKS=["10.1.0.0/16", "10.1.0.7/16"])

    assert message.startswith("crossdock.E003: PRIVATE_NETWORKS: 10.1.0.7/16")


def test_others_may_reach_it_by_https(settings: Settings) -> None:
    assert told(settings, BIND="0.0.0.0:8000", HTTPS=True) == []
