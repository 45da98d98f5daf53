"""Who works in the portal: added with a group in one step, in plain words, and nobody makes more of themselves."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.integrations.admin.drafted_jobs import text_of

pytestmark = pytest.mark.django_db

PASSWORD = "a long word for this test"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def office() -> Client:
    """May keep users and is no administrator."""
    user = User.objects.create_user("office", is_staff=True)
    wanted = ("view_user", "add_user", "change_user", "delete_user")
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    return signed_in(user)


def test_a_colleague_is_added_with_a_group_and_may_work_at_once() -> None:
    client = signed_in(factories.administrator())
    group = Group.objects.create(name="Night shift")
    page = client.get(reverse("admin:auth_user_add"))
    assert page.context["adminform"].form["is_staff"].value() is True
    told = {
        "username": "colleague-night",
        "email": "colleague@example.com",
        "password1": PASSWORD,
        "password2": PASSWORD,
        "is_staff": "on",
        "groups": [group.pk],
    }
    answer = client.post(reverse("admin:auth_user_add"), told)
    user = User.objects.get(username="colleague-night")
    assert answer.status_code == 302
    assert (user.is_staff, user.is_superuser, list(user.groups.all())) == (True, False, [group])
    assert signed_in(user).get(reverse("admin:index")).status_code == 200


def test_the_page_speaks_of_what_somebody_may_do() -> None:
    user = User.objects.create_user("somebody", is_staff=True)
    page = text_of(
        signed_in(factories.administrator()).get(reverse("admin:auth_user_change", args=[user.pk]))
    )
    for words in ("Works in this portal", "May sign in", "Administrator", "Hardly anybody needs one"):
        assert words in page
    for words in ("Staff status", "Superuser status"):
        assert words not in page


def test_whoever_is_no_administrator_makes_none(office: Client) -> None:
    user = User.objects.create_user("somebody", is_staff=True)
    everything = Permission.objects.values_list("pk", flat=True)[:5]
    told = {
        "username": "somebody",
        "first_name": "Some",
        "is_active": "on",
        "is_staff": "on",
        "is_superuser": "on",
        "user_permissions": list(everything),
    }
    assert office.post(reverse("admin:auth_user_change", args=[user.pk]), told).status_code == 302
    user.refresh_from_db()
    assert (user.first_name, user.is_superuser, user.user_permissions.count()) == ("Some", False, 0)


def test_an_administrators_account_is_out_of_reach_of_others(office: Client) -> None:
    boss = factories.administrator()
    before = boss.password
    word = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    assert office.post(reverse("admin:auth_user_password_change", args=[boss.pk]), word).status_code == 403
    assert office.post(reverse("admin:auth_user_delete", args=[boss.pk]), {"post": "yes"}).status_code == 403
    assert (
        office.post(reverse("admin:auth_user_change", args=[boss.pk]), {"username": "x"}).status_code == 403
    )
    boss.refresh_from_db()
    assert boss.password == before
