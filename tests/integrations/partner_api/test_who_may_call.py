"""Keys: who they let in, and what they let him see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integrations.models import Partner, PartnerKey

from .calls import Api, problem_of

pytestmark = pytest.mark.django_db


def test_a_right_key_is_let_in(api: Api) -> None:
    assert api.get("/api/v1/jobs").status_code == 200


def test_without_a_key_nobody_is_let_in(client: Client) -> None:
    answer = client.get("/api/v1/jobs")

    assert problem_of(answer, 401)["code"] == "not_authenticated"
    assert answer["WWW-Authenticate"] == 'Bearer realm="crossdock"'


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer cd00000000.unknown",
        "Bearer nodot",
        "Bearer .x",
        "Bearer cd\u00e9.x",
        "Bearer " + "x" * 5000,
        "Basic Y2Q6eA==",
        "cd00000000.unknown",
    ],
)
def test_a_wrong_key_is_refused(client: Client, header: str) -> None:
    answer = client.get("/api/v1/jobs", headers={"Authorization": header})

    assert problem_of(answer, 401)["code"] == "authentication_failed"


def test_the_right_prefix_with_another_secret_is_refused(client: Client, key_text: str) -> None:
    wrong = key_text.partition(".")[0] + ".wrong"

    answer = client.get("/api/v1/jobs", headers={"Authorization": f"Bearer {wrong}"})

    assert problem_of(answer, 401)["detail"].startswith("This key is not known.")


def test_an_expired_key_is_refused(api: Api, key: PartnerKey) -> None:
    PartnerKey.objects.filter(pk=key.pk).update(expires_at=timezone.now())

    assert problem_of(api.get("/api/v1/jobs"), 401)["detail"].startswith("This key has expired.")


def test_a_key_that_expires_later_is_let_in(api: Api, key: PartnerKey) -> None:
    PartnerKey.objects.filter(pk=key.pk).update(expires_at=timezone.now() + timedelta(minutes=1))

    assert api.get("/api/v1/jobs").status_code == 200


def test_a_revoked_key_is_refused(api: Api, key: PartnerKey) -> None:
    PartnerKey.objects.filter(pk=key.pk).update(revoked_at=timezone.now())

    assert problem_of(api.get("/api/v1/jobs"), 401)["detail"].startswith("This key was revoked.")


def test_the_key_of_a_partner_that_is_switched_off_is_refused(api: Api, partner: Partner) -> None:
    Partner.objects.filter(pk=partner.pk).update(enabled=False)

    assert problem_of(api.get("/api/v1/jobs"), 401)["detail"] == "The store has switched this partner off."


def test_the_secret_itself_is_not_stored(key: PartnerKey, key_text: str) -> None:
    secret = key_text.partition(".")[2]

    stored = PartnerKey.objects.filter(pk=key.pk).values().get()

    assert all(secret not in str(value) for value in stored.values())


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("get", "/api/v1/jobs", "read"),
        ("get", "/api/v1/errors", "read"),
        ("post", "/api/v1/jobs/orders/records", "push"),
        ("post", "/api/v1/errors/1/retry", "retry"),
    ],
)
def test_a_key_does_only_what_its_scopes_say(
    api: Api, key: PartnerKey, method: str, path: str, scope: str
) -> None:
    others = [other for other in PartnerKey.SCOPES if other != scope]
    PartnerKey.objects.filter(pk=key.pk).update(scopes=others)

    answer = api.post(path, {}) if method == "post" else api.get(path)

    assert f"'{scope}'" in problem_of(answer, 403)["detail"]


def test_the_last_use_is_written_once_a_minute(api: Api, key: PartnerKey) -> None:
    api.get("/api/v1/jobs")
    key.refresh_from_db()
    first = key.last_used_at
    with CaptureQueriesContext(connection) as captured:
        api.get("/api/v1/jobs")
    key.refresh_from_db()

    assert first is not None
    assert key.last_used_at == first
    assert not [query for query in captured if not query["sql"].startswith("SELECT")]


def test_the_last_use_is_written_again_after_a_minute(api: Api, key: PartnerKey) -> None:
    before = timezone.now() - timedelta(seconds=61)
    PartnerKey.objects.filter(pk=key.pk).update(last_used_at=before)

    api.get("/api/v1/jobs")

    key.refresh_from_db()
    assert key.last_used_at is not None
    assert key.last_used_at > before
