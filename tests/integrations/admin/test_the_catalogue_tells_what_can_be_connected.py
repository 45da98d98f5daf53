"""Every system with what can be done there, for whoever may see connections."""

from __future__ import annotations

import io
from datetime import date
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from integrations.connectors import catalogue, registry
from integrations.connectors.facts import NativeIntegration
from integrations.connectors.native import PAIRS

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


def test_a_native_integration_was_read_on_a_page_of_its_vendor_or_its_reader_is_warned(
    admin_client: Client,
) -> None:
    told = page_of(admin_client, "shopify").partition("When you do not need Crossdock for it")[2]
    with_klaviyo = told.partition("<dt>With Klaviyo</dt>")[2].partition("</div>")[0]
    assert (
        'href="https://help.klaviyo.com/hc/en-us/articles/115005080447" rel="noreferrer noopener"'
        in with_klaviyo
    )
    assert ">Vendor's page</a>, checked on 26 Nov 2026" in with_klaviyo
    assert "general knowledge" not in with_klaviyo
    with_shippo = told.partition("<dt>With Shippo</dt>")[2].partition("</div>")[0]
    assert "From general knowledge: look at the vendor&#x27;s page before you decide." in with_shippo
    assert "<a " not in with_shippo
    assert "checked on" not in with_shippo


def test_the_command_says_it_too() -> None:
    out = io.StringIO()
    call_command("connector", "list", "shopify", stdout=out)
    (klaviyo,) = [line for line in out.getvalue().splitlines() if "with Klaviyo: " in line]
    assert klaviyo.endswith("checked on 26 Nov 2026: https://help.klaviyo.com/hc/en-us/articles/115005080447")
    (shippo,) = [line for line in out.getvalue().splitlines() if "with Shippo: " in line]
    assert shippo.endswith("From general knowledge: look at the vendor's page before you decide.")


def test_every_page_that_was_read_is_an_https_address_with_the_day() -> None:
    read = [pair for pair in PAIRS if pair.source]
    assert read
    for pair in read:
        address = urlsplit(pair.source)
        assert (address.scheme, bool(address.hostname)) == ("https", True), pair.source
        assert pair.checked is not None, pair.source
        assert pair.checked >= date(2026, 11, 26), pair.source
    assert all(pair.checked is None for pair in PAIRS if not pair.source)


@pytest.mark.parametrize(
    ("source", "checked", "said"),
    [
        ("http://vendor.example/app", date(2026, 11, 26), "not an https address"),
        ("javascript:alert(1)", date(2026, 11, 26), "not an https address"),
        ("https://vendor.example/app", None, "needs an address and the day"),
        ("", date(2026, 11, 26), "needs an address and the day"),
    ],
)
def test_an_address_that_is_not_https_or_stands_without_its_day_is_refused(
    source: str, checked: date | None, said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        NativeIntegration("klaviyo", ("order",), "If it is enough, use it.", source, checked)


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
