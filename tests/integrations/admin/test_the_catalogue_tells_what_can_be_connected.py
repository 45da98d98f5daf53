"""Every system with what can be done there, for whoever may see connections."""

from __future__ import annotations

import io

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from integrations.connectors import catalogue, registry

pytestmark = pytest.mark.django_db
CATALOGUE = reverse("admin:integrations_connection_catalogue")


def page_of(client: Client, platform: str) -> str:
    response = client.get(reverse("admin:integrations_connection_platform", args=[platform]))
    assert response.status_code == 200
    return response.content.decode()


def test_every_platform_is_in_it_once_and_leads_to_its_page(admin_client: Client) -> None:
    page = admin_client.get(CATALOGUE).content.decode()
    for platform, kind in registry.platforms().items():
        address = reverse("admin:integrations_connection_platform", args=[platform])
        assert page.count(f'href="{address}"') == 1
        assert escape(kind.label) in page
    assert [entry.label for _, entries in catalogue.entries() for entry in entries].count("Stripe") == 1


@pytest.mark.parametrize("platform", sorted(registry.platforms()))
def test_a_platforms_page_says_what_to_do_and_how_far_it_was_tested(
    admin_client: Client, platform: str
) -> None:
    page = page_of(admin_client, platform)
    entry = catalogue.entry(platform)
    for told in (entry.facts.limits, *(resource.name for resource in entry.resources)):
        assert told in page.replace("&#x27;", "'").replace("&quot;", '"')
    assert f'href="{reverse("admin:integrations_connection_add")}?platform={platform}"' in page
    assert entry.facts.documentation in page


def test_what_settles_a_lost_answer_is_said_for_each_write() -> None:
    told = {
        (platform, resource.name, write.name): write.settled
        for platform in ("stripe", "sandbox_shop", "vendure")
        for resource in catalogue.entry(platform).resources
        for write in resource.writes
    }
    assert told == {
        ("stripe", "refunds", "create"): "sent again with the same key",
        ("sandbox_shop", "stock", "upsert"): "sent again with the same key",
        ("sandbox_shop", "fulfillments", "create"): "sent again with the same key",
        ("sandbox_shop", "fulfillments", "update"): "sent again with the same key",
        ("sandbox_shop", "products", "upsert"): "sent again with the same key",
        ("vendure", "stock", "upsert"): "done again, which is harmless",
        ("vendure", "fulfillments", "create"): "looked up there first",
    }


@pytest.mark.parametrize(
    ("words", "is_there", "is_not"),
    [
        ("strip", "Stripe", "Vendure"),
        ("REFUNDS pay", "Stripe", "Vendure"),
        ("shops orders", "Vendure", "Stripe"),
    ],
)
def test_it_is_searched_by_name_group_and_resource(
    admin_client: Client, words: str, is_there: str, is_not: str
) -> None:
    page = admin_client.get(CATALOGUE, {"q": words}).content.decode()
    assert f">{is_there}<" in page
    assert f">{is_not}<" not in page


def test_where_nothing_fits_it_says_what_else_to_do(admin_client: Client) -> None:
    page = admin_client.get(CATALOGUE, {"q": "<b>nothing"}).content.decode()
    assert "&lt;b&gt;nothing" in page
    assert reverse("admin:integrations_connection_platform", args=["rest"]) in page


def test_the_form_leads_to_how_the_credentials_are_had(admin_client: Client) -> None:
    form = admin_client.get(
        reverse("admin:integrations_connection_add") + "?platform=stripe"
    ).content.decode()
    assert f'href="{reverse("admin:integrations_connection_platform", args=["stripe"])}"' in form


def test_an_unknown_platform_is_not_found(admin_client: Client) -> None:
    address = reverse("admin:integrations_connection_platform", args=["nobody"])
    assert admin_client.get(address).status_code == 404


def test_it_is_for_those_who_may_see_connections(client: Client) -> None:
    user = User.objects.create_user("ada", password="x", is_staff=True)
    client.force_login(user)
    addresses = (CATALOGUE, reverse("admin:integrations_connection_platform", args=["stripe"]))
    assert [client.get(address).status_code for address in addresses] == [403, 403]
    user.user_permissions.add(Permission.objects.get(codename="view_connection"))
    assert [client.get(address).status_code for address in addresses] == [200, 200]
    assert "?platform=" not in client.get(addresses[1]).content.decode()


@pytest.mark.parametrize(
    ("platform", "label", "lead"),
    [
        ("xero", "Xero", ""),
        ("pipedrive", "Pipedrive", "If you choose OAuth: "),
        ("rest", "the system", "If your declaration has “oauth”: "),
    ],
)
def test_the_redirect_address_is_shown_before_there_is_a_connection(
    admin_client: Client, platform: str, label: str, lead: str
) -> None:
    """The vendor gives client id and secret only to who has entered it there."""
    form = admin_client.get(
        reverse("admin:integrations_connection_add") + f"?platform={platform}"
    ).content.decode()
    for page in (page_of(admin_client, platform), form):
        assert (
            f'<p class="mb-2">{lead}Enter this address at {label} as the redirect address, letter by letter.</p>'
            in page
        )
        assert (
            'id="redirect-address" tabindex="0">http://testserver/admin/integrations/connection/connected/<'
            in page
        )
        assert 'data-copy="#redirect-address"' in page


def test_where_nobody_is_asked_for_consent_there_is_no_redirect_address(admin_client: Client) -> None:
    form = admin_client.get(
        reverse("admin:integrations_connection_add") + "?platform=stripe"
    ).content.decode()
    assert "redirect address" not in form
    for platform in ("stripe", "folder"):
        assert "redirect address" not in page_of(admin_client, platform)


def test_the_table_of_writes_has_no_word_of_databases(admin_client: Client) -> None:
    page = page_of(admin_client, "sandbox_shop")
    assert "create or update" in page
    assert "upsert" not in page


def test_the_list_of_connectors_has_the_key_that_configuration_files_need() -> None:
    told = io.StringIO()
    call_command("connector", "list", stdout=told)
    words = set(told.getvalue().split())
    assert set(registry.platforms()) <= words


@pytest.mark.parametrize("platform", sorted(registry.platforms()))
def test_how_far_it_was_tested_is_a_sentence_that_the_page_ends(platform: str) -> None:
    assert not registry.get(platform).facts.verified_against.endswith(".")
