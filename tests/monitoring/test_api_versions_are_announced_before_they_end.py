from __future__ import annotations

from datetime import UTC, date, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from integrations.connectors import registry
from integrations.connectors.facts import ApiVersion, Facts, Group, Verified
from integrations.connectors.native import PAIRS, native_of
from integrations.connectors.versions import Spoken, spoken_by
from mappings.records import RECORD_KINDS
from monitoring.alerts import watching
from monitoring.dashboards import overview
from monitoring.models import AlertEvent, AlertKind, AlertRule
from monitoring.versions import ending
from tests import factories
from tests.integrations.admin.conftest import signed_in
from tests.integrations.admin.pages import change_url

# Shopify keeps a version for twelve months from the first day of its quarter: 2026-07 until 1 July 2027.
ENDS = date(2027, 7, 1)


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
