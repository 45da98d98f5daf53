"""Calls per minute and partner, over all its keys and all web processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from integrations.models import Partner, PartnerKey
from integrations.partner_api import throttling

from .calls import Api, problem_of

# The first second of a minute, so that the sliding window is easy to follow.
MINUTE = 1_800_000_000 - 1_800_000_000 % 60


class Clock:
    now = float(MINUTE)

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    cache.clear()
    clock = Clock()
    monkeypatch.setattr(throttling, "time", clock)
    yield clock
    cache.clear()


@pytest.fixture
def three_a_minute(partner: Partner) -> None:
    Partner.objects.filter(pk=partner.pk).update(calls_per_minute=3)


@pytest.mark.django_db
@pytest.mark.usefixtures("three_a_minute")
def test_more_calls_than_allowed_are_refused_with_how_long_to_wait(api: Api, clock: Clock) -> None:
    assert [api.get("/api/v1/jobs").status_code for _ in range(3)] == [200, 200, 200]

    answer = api.get("/api/v1/jobs")

    assert problem_of(answer, 429)["code"] == "throttled"
    assert answer["Retry-After"] == "80"


@pytest.mark.django_db
@pytest.mark.usefixtures("three_a_minute")
def test_after_the_wait_one_more_call_fits(api: Api, clock: Clock) -> None:
    for _ in range(4):
        wait = api.get("/api/v1/jobs").get("Retry-After")
    clock.now += int(wait) - 2
    assert api.get("/api/v1/jobs").status_code == 429
    clock.now += 2

    assert api.get("/api/v1/jobs").status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("three_a_minute")
def test_two_keys_of_one_partner_share_its_calls(api: Api, clock: Clock, partner: Partner) -> None:
    _, second = PartnerKey.issue(partner, ["read"])
    for _ in range(3):
        api.get("/api/v1/jobs")

    assert Api(second).get("/api/v1/jobs").status_code == 429


@pytest.mark.django_db
@pytest.mark.usefixtures("three_a_minute")
def test_another_partner_has_its_own_calls(api: Api, other_api: Api, clock: Clock) -> None:
    for _ in range(4):
        api.get("/api/v1/jobs")

    assert other_api.get("/api/v1/jobs").status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("three_a_minute")
def test_refused_calls_do_not_count(api: Api, clock: Clock) -> None:
    for _ in range(30):
        api.get("/api/v1/jobs")
    clock.now += 80

    assert api.get("/api/v1/jobs").status_code == 200
