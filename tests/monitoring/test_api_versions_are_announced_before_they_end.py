from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from integrations.connectors import registry
from integrations.connectors.facts import ApiVersion, Facts, Group, Verified
from integrations.connectors.native import PAIRS, native_of
from integrations.connectors.versions import Spoken, spoken_by
from integrations.http.notices import Notice, notice_of
from integrations.models import Connection
from integrations.sync import connect
from mappings.records import RECORD_KINDS
from monitoring.alerts import watching
from monitoring.dashboards import overview
from monitoring.models import AlertEvent, AlertKind, AlertRule
from monitoring.versions import ending
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import change_url
from tests.integrations.answering import Platform, Says

# Shopify keeps a version for twelve months from the first day of its quarter: 2026-07 until 1 July 2027.
ENDS = date(2027, 7, 1)


@pytest.fixture
def platform(settings: LazySettings) -> Iterator[Platform]:
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]
    served = Platform()
    yield served
    served.close()


def facts(version: ApiVersion | None) -> Facts:
    return Facts(Group.SHOP, "", (), Verified.CONTRACT, "", "", api_version=version)


@pytest.mark.parametrize(
    ("version", "settings", "spoken"),
    [
        (None, {}, None),
        (ApiVersion("2026-07", months=12), {}, Spoken("2026-07", date(2027, 7, 1), False)),
        (ApiVersion("2026-07-15", months=24), {}, Spoken("2026-07-15", date(2028, 7, 15), False)),
        (ApiVersion("v3"), {}, Spoken("v3", None, False)),
        (ApiVersion("v3", ends=date(2027, 1, 31)), {}, Spoken("v3", date(2027, 1, 31), False)),
        (
            ApiVersion("2026-07", setting="version", months=12),
            {"version": "2025-10"},
            Spoken("2025-10", date(2026, 10, 1), True),
        ),
        (
            ApiVersion("v3", ends=date(2027, 1, 31), setting="version"),
            {"version": "v2"},
            Spoken("v2", None, True),
        ),
        (
            None,
            {"declaration": {"graphql_path": "/admin/api/2025-04/graphql.json"}},
            Spoken("2025-04", date(2026, 4, 1), True),
        ),
    ],
)
def test_the_end_is_what_the_vendor_says_or_its_rule(
    version: ApiVersion | None, settings: dict[str, object], spoken: Spoken | None
) -> None:
    assert spoken_by(facts(version), settings) == spoken


@pytest.mark.django_db
def test_the_front_page_tells_it_ninety_days_before(monkeypatch: pytest.MonkeyPatch) -> None:
    shop = factories.connection(platform="shopify", name="The shop")
    factories.connection(platform="shopify", enabled=False)
    factories.connection(platform="stripe")

    assert ending(date(2027, 4, 1)) == []
    (found,) = ending(date(2027, 4, 2))
    assert found.connection == shop
    assert found.sentence == (
        "The shop speaks version 2026-07 of its API, which ends on 01 Jul 2027. "
        "Bring Crossdock up to date before that day."
    )
    told = overview("24h", datetime(2027, 4, 2, 12, tzinfo=UTC))["versions_ending"]
    assert [one.sentence for one in told] == [found.sentence]
    assert "which ended on 01 Jul 2027" in ending(date(2027, 7, 2))[0].sentence


@pytest.mark.django_db
def test_an_alert_tells_it_as_many_days_before_as_was_asked() -> None:
    job = factories.job(source=factories.connection(platform="shopify"))
    factories.connection(platform="shopify")
    rule = AlertRule.objects.create(name="Versions", kind=AlertKind.API_VERSION, threshold=30, job=job)

    watching.watch(datetime(2027, 5, 31, 12, tzinfo=UTC))
    assert not AlertEvent.objects.exists()
    watching.watch(datetime(2027, 6, 1, 12, tzinfo=UTC))
    event = AlertEvent.objects.get(rule=rule)
    assert event.sentence.startswith(f"{job.source} speaks version 2026-07")
    assert event.rows == change_url(job.source)


@pytest.mark.django_db
def test_it_stands_on_the_connection_and_in_the_catalogue() -> None:
    shop = factories.connection(platform="shopify")
    client = signed_in(factories.administrator())

    assert (
        "2026-07 (spoken by Crossdock), kept at least until 01 Jul 2027"
        in client.get(change_url(shop)).content.decode()
    )
    page = client.get(reverse("admin:integrations_connection_platform", args=["shopify"])).content.decode()
    assert "kept by the vendor at least until 1 July 2027" in page
    assert "With Klaviyo" in page
    assert "Come back when a second channel sells" in page


def test_the_command_tells_all_that_is_known_of_one() -> None:
    out = StringIO()
    call_command("connector", "list", "shopify", stdout=out)
    told = out.getvalue()
    assert "Version of its API: 2026-07, kept at least until 2027-07-01" in told
    assert "Without Crossdock, with ShipBob: ShipBob's own app" in told
    with pytest.raises(CommandError, match="There is no connector 'shoppify'"):
        call_command("connector", "list", "shoppify")


def test_each_end_of_a_native_integration_tells_of_it() -> None:
    platforms = registry.platforms()
    for pair in PAIRS:
        assert {pair.one, pair.other} <= set(platforms)
        assert set(pair.carries) <= set(RECORD_KINDS)
        assert "use it" in pair.suffices_when
        assert "ome back" in pair.suffices_when
    for platform, kind in platforms.items():
        assert kind.facts.native_integrations == native_of(platform), platform
    assert len({frozenset((pair.one, pair.other)) for pair in PAIRS}) == len(PAIRS)


# --- what answers announce ------------------------------------------------------------------------------------------

# 1 July 2027 and 11 November 2026, as the two documents have them.
SUNSET = "Thu, 01 Jul 2027 00:00:00 GMT"
SINCE = "@1794355200"


@pytest.mark.parametrize(
    ("headers", "notice"),
    [
        ({}, None),
        ({"sunset": SUNSET}, Notice(date(2027, 7, 1), "")),
        ({"deprecation": SINCE}, Notice(None, "deprecated since 11 Nov 2026")),
        ({"deprecation": "true"}, None),
        ({"deprecation": SINCE, "sunset": SUNSET}, Notice(date(2027, 7, 1), "deprecated since 11 Nov 2026")),
        ({"deprecation": "Wed, 11 Nov 2026 00:00:00 GMT"}, Notice(None, "deprecated since 11 Nov 2026")),
        ({"x-shopify-api-deprecated-reason": "Shop.products"}, Notice(None, "Shop.products")),
        ({"sunset": "soon", "deprecation": "@99999999999999"}, None),
        ({"deprecation": "@999999999999"}, None),
    ],
)
def test_headers_are_read_as_their_documents_say(headers: dict[str, str], notice: Notice | None) -> None:
    assert notice_of(headers) == notice


@pytest.mark.django_db
def test_an_end_that_answers_announce_is_told_ninety_days_before(platform: Platform) -> None:
    """A real answer with the headers: noted at the connection, told on the front page and by an alert, on its own page,
    and over a fortnight after it was announced last."""
    headers = {"Sunset": SUNSET, "X-Shopify-API-Deprecated-Reason": "Order.totalPrice"}
    platform.on("/orders", Says([], headers=headers))
    shop = _any_json(platform)
    assert not ending(date(2027, 6, 30))

    report = connect.test(shop)
    assert report.ok, report

    shop.refresh_from_db()
    assert (shop.announced_end, shop.announced_said) == (date(2027, 7, 1), "Order.totalPrice")
    Connection.objects.update(announced_at=datetime(2027, 4, 1, 12, tzinfo=UTC))
    assert ending(date(2027, 4, 1)) == []
    (found,) = ending(date(2027, 4, 2))
    assert found.sentence == (
        f"{shop} says in its answers that what Crossdock calls there (Order.totalPrice) ends on 01 Jul 2027. "
        "Bring Crossdock up to date before that day."
    )
    rule = AlertRule.objects.create(name="Versions", kind=AlertKind.API_VERSION, threshold=90)
    watching.watch(datetime(2027, 4, 2, 12, tzinfo=UTC))
    assert AlertEvent.objects.get(rule=rule).sentence == found.sentence
    assert ending(date(2027, 4, 16)) == []
    Connection.objects.update(announced_at=timezone.now())
    page = signed_in(factories.administrator()).get(change_url(shop)).content.decode()
    assert "is on its way out, it ends on 01 Jul 2027: Order.totalPrice" in page


@pytest.mark.django_db
def test_an_answer_without_a_notice_takes_none_back(platform: Platform) -> None:
    platform.on("/orders", Says([], headers={"Sunset": SUNSET}))
    shop = _any_json(platform)
    connect.test(shop)
    platform.on("/orders", Says([]))

    connect.test(shop)

    shop.refresh_from_db()
    assert shop.announced_end == date(2027, 7, 1)


@pytest.mark.parametrize(
    ("platform", "name", "ends"),
    [
        # https://developers.hubspot.com/changelog/legacy-apis-and-legacy-apps-whats-going-unsupported-and-when
        ("hubspot", "v3 and 2026-03", date(2027, 9, 1)),
        # https://developer.shipbob.com/v2.0/versioning
        ("shipbob", "2026-01", date(2028, 1, 31)),
        # https://shopify.dev/docs/api/usage/versioning
        ("shopify", "2026-07", date(2027, 7, 1)),
        # https://developers.klaviyo.com/en/docs/api_versioning_and_deprecation_policy
        ("klaviyo", "2026-07-15", date(2028, 7, 15)),
    ],
)
def test_ends_are_those_of_the_vendors_pages(platform: str, name: str, ends: date) -> None:
    spoken = spoken_by(registry.get(platform).facts, {})
    assert spoken == Spoken(name, ends, False)


def test_who_names_a_version_names_its_page() -> None:
    for platform, kind in registry.platforms().items():
        known = kind.facts.api_version
        assert known is None or known.source.startswith("https://"), platform


def _any_json(platform: Platform) -> Connection:
    declaration = {
        "base_url": platform.base,
        "test": {"path": "/orders"},
        "resources": {"orders": {"list": {"path": "/orders", "records": "@"}}},
    }
    return factories.connection(platform="rest", name="Any shop", settings={"declaration": declaration})
