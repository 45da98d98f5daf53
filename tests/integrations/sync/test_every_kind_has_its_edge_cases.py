"""Jobs of every kind are tried on what goes wrong with that kind, by the sandbox's records and the jobs' own rules."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.configuration import drafts
from integrations.configuration.pairs import pairs
from integrations.demo import stage
from integrations.exceptions import Failure
from integrations.models import SyncJob
from integrations.sync.case_trial import Tried
from integrations.sync.draft_rules import rules_with
from integrations.sync.edge_cases import may_try, reads_sandbox, try_cases
from integrations.sync.edge_orders import ORDINARY, order
from integrations.sync.kind_cases import CASES
from integrations.sync.kind_samples import SAMPLES
from integrations.sync.mend import READ, WRITE
from integrations.sync.rules import JobRules, rules_of
from mappings.models import Mapping
from mappings.presets import PRESETS
from mappings.records import RECORD_KINDS
from mappings.translate import RuleData, compile_rules, read
from tests import factories
from tests.integrations.sync.test_edge_cases_go_through_a_jobs_mapping import ENVIRONMENT
from tests.test_connector_conformance import EXAMPLES, secrets_of

pytestmark = pytest.mark.django_db
SANDBOX = (
    "sandbox_shop",
    "sandbox_warehouse",
    "sandbox_crm",
    "sandbox_desk",
    "sandbox_mail",
    "sandbox_payments",
)
PARTS = ("source", "destination", "read_mapping", "write_mapping")


# Without the stock rule, which never goes below none.
BARE_FIGURE: dict[str, Any] = {
    "source": "on_hand",
    "transform": "minus",
    "arguments": {"minus": "= allocated", "as": "integer"},
}


@pytest.fixture
def stock(db: None) -> SyncJob:
    stage.configure(ENVIRONMENT)
    return SyncJob.objects.select_related(*PARTS).get(key="stock-to-shop")


def sandbox_job(kind: str, source: str, destination: str) -> SyncJob:
    """Between two systems of the sandbox, by their ready mappings."""
    shared: dict[str, Any] = {"settings": {"base_url": "https://x.example"}, "secrets": {"token": "x"}}
    ends = [
        factories.connection(key=name, name=name, platform=name, **shared) for name in (source, destination)
    ]
    pair = next(pair for pair in pairs(*ends) if pair.read.kind == kind)
    made = drafts.begin(ends[0], ends[1], pair.read, pair.write, factories.administrator())
    return SyncJob.objects.select_related(*PARTS).get(pk=made.pk)


def tried(job: SyncJob, rules: JobRules | None = None) -> dict[str, Tried]:
    return {one.title: one for one in try_cases(job, rules or rules_of(job))}


def wrong(found: dict[str, Tried]) -> set[str]:
    return {title for title, one in found.items() if one.is_good is False}


def with_rule(job: SyncJob, mapping: Mapping, target: str, **changed: Any) -> dict[str, Tried]:
    values = {"transform": "", "arguments": {}, "value_map": "", **changed}
    assert mapping.rules.filter(target=target).update(**values)
    return tried(job, rules_with(job, mapping, mapping.snapshot()))


def test_every_kind_of_record_has_cases() -> None:
    assert {"order", *CASES} == set(RECORD_KINDS)
    assert set(SAMPLES) == set(CASES)


@pytest.mark.parametrize("kind", sorted(SAMPLES))
def test_the_ordinary_record_is_read_without_a_problem(kind: str) -> None:
    sample = SAMPLES[kind]()
    for rules in (sample.preset.rules, sample.rules):
        translation = read(compile_rules(rules, "read", kind), sample.told())
        assert translation.problems == []
        assert translation.record is not None


def test_the_demos_jobs_pass(stock: SyncJob) -> None:
    for job in SyncJob.objects.select_related(*PARTS).exclude(kind="order"):
        assert may_try(job)
        assert {one.is_good for one in tried(job).values()} == {True}, job.name


@pytest.mark.parametrize(
    ("kind", "source", "destination"),
    [
        ("customer", "sandbox_shop", "sandbox_crm"),
        ("customer", "sandbox_shop", "sandbox_mail"),
        ("event", "sandbox_warehouse", "sandbox_mail"),
        ("shipment", "sandbox_warehouse", "sandbox_shop"),
    ],
)
def test_ready_mappings_of_the_sandbox_pass(kind: str, source: str, destination: str) -> None:
    job = sandbox_job(kind, source, destination)
    assert {title: one.told for title, one in tried(job).items() if one.is_good is not True} == {}


def test_ready_mappings_of_all_platforms_pass_or_say_who_alone_can_tell() -> None:
    """Written by what is read from a system that speaks another language than the sandbox."""
    source = factories.connection(name="Source", platform="rest", settings={"base_url": "https://x.example"})
    number = 0
    for key, preset in PRESETS.items():
        # Where files and tables are written, their own settings name the columns.
        if (
            preset.direction != "write"
            or preset.kind not in CASES
            or preset.platform in ("sql", "folder", "sftp")
        ):
            continue
        there = factories.connection(
            name=preset.platform,
            platform=preset.platform,
            settings=EXAMPLES[preset.platform].settings,
            secrets=secrets_of(preset.platform),
        )
        job = factories.job(
            source=source, destination=there, destination_resource=preset.resource, kind=preset.kind
        )
        in_use = rules_of(job)
        written = compile_rules(preset.rules, "write", preset.kind)
        found = tried(job, JobRules(in_use.read, written, in_use.version, in_use.owners, in_use.left_out))
        number += len(found)
        for title, one in found.items():
            assert one.is_good is True or one.told.startswith("Only "), (key, title, one.told)
    assert number > 300


# --- a rule that hides a case is seen -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "rule", "titles"),
    [
        ("available", BARE_FIGURE, {"Stock below zero"}),
        ("available", {"source": "`7`"}, {"Nothing left"}),
        ("sku", {"source": "", "default": "SANDBOX-CASE-MUG"}, {"Missing field: no SKU"}),
    ],
)
def test_of_stock(stock: SyncJob, target: str, rule: dict[str, Any], titles: set[str]) -> None:
    found = with_rule(stock, stock.write_mapping, target, **rule)
    assert titles <= wrong(found)
    mend = found[min(titles)].mend
    assert mend is not None
    assert (mend.side, mend.field) == (WRITE, target)


def test_of_shipments(stock: SyncJob) -> None:
    job = SyncJob.objects.select_related(*PARTS).get(key="shipments-to-shop")
    found = with_rule(job, job.write_mapping, "lines[].quantity", source="`2`")
    assert found["Partial shipment"].is_good is True, "the second line is not in the parcel"
    found = with_rule(job, job.write_mapping, "tracking_number", source="", default="T", required=False)
    assert found["Duplicate"].is_good is True
    found = with_rule(job, job.write_mapping, "lines[]", source='`[{"order_line_id": "71"}]`')
    assert "Partial shipment" in wrong(found)


def test_a_parcel_waits_for_its_order_alone_where_that_is_not_there(stock: SyncJob) -> None:
    found = tried(SyncJob.objects.select_related(*PARTS).get(key="shipments-to-shop"))
    assert "Waits for order" in found["The order is not there yet"].told
    assert not any(
        "Waits" in one.told for title, one in found.items() if title != "The order is not there yet"
    )


def test_of_customers() -> None:
    job = sandbox_job("customer", "sandbox_shop", "sandbox_mail")
    assert reads_sandbox(job), "its own reading rules are tried"
    found = with_rule(job, job.read_mapping, "email", source="", default="nobody@example.com")
    assert wrong(found) == {"Missing field: no e-mail address"}
    mend = found["Missing field: no e-mail address"].mend
    assert mend is not None
    assert (mend.side, mend.field, mend.do) == (READ, "email", "Change the rule that fills “email”.")


def test_an_emoji_that_is_lost_is_seen() -> None:
    job = sandbox_job("customer", "sandbox_shop", "sandbox_mail")
    short = {"transform": "truncate", "arguments": {"length": 3}}
    job.write_mapping.rules.filter(target="first_name").update(**short)
    assert wrong(with_rule(job, job.write_mapping, "last_name", source="last_name", **short)) == {
        "Odd letters and an emoji"
    }


def paying(reads: str, written: tuple[RuleData, ...], kind: str) -> dict[str, Tried]:
    """From the sandbox's payment provider to a place that takes everything."""
    source = factories.connection(key="pay", platform="sandbox_payments")
    there = factories.connection(
        platform="webhook_out", settings=EXAMPLES["webhook_out"].settings, secrets=secrets_of("webhook_out")
    )
    job = factories.job(
        source=source,
        source_resource=PRESETS[reads].resource,
        destination=there,
        destination_resource=PRESETS[f"webhook-out-{kind}s"].resource,
        kind=kind,
    )
    assert reads_sandbox(job)
    in_use = rules_of(job)
    reading, writing = (
        compile_rules(PRESETS[reads].rules, "read", kind),
        compile_rules(written, "write", kind),
    )
    return tried(job, JobRules(reading, writing, in_use.version, in_use.owners, in_use.left_out))


def test_of_payments() -> None:
    whole = PRESETS["webhook-out-payments"].rules
    assert wrong(paying("sandbox-payments", whole, "payment")) == set()


def test_a_payment_that_failed_is_not_told_as_paid() -> None:
    without = tuple(one for one in PRESETS["webhook-out-payments"].rules if "status" not in one.target)
    found = paying("sandbox-payments", without, "payment")
    assert wrong(found) == {"Failed payment"}
    mend = found["Failed payment"].mend
    assert mend is not None
    assert (mend.side, mend.field) == ("", "filter")


def test_a_refund_in_part_has_its_own_amount() -> None:
    rules = tuple(
        msgspec.structs.replace(one, source="`24`") if one.target == "amount" else one
        for one in PRESETS["webhook-out-refunds"].rules
    )
    found = paying("sandbox-payment-refunds", rules, "refund")
    assert "A refund in part" in wrong(found)


def test_a_currency_is_not_made_up() -> None:
    rules = tuple(
        msgspec.structs.replace(one, source="", default="EUR") if one.target == "currency" else one
        for one in PRESETS["webhook-out-variants"].rules
    )
    source = factories.connection(platform="rest", settings={"base_url": "https://x.example"})
    there = factories.connection(
        platform="webhook_out", settings=EXAMPLES["webhook_out"].settings, secrets=secrets_of("webhook_out")
    )
    job = factories.job(source=source, destination=there, destination_resource="variants", kind="variant")
    in_use = rules_of(job)
    written = compile_rules(rules, "write", "variant")
    found = tried(job, JobRules(in_use.read, written, in_use.version, in_use.owners, in_use.left_out))
    assert wrong(found) == {"Money without a currency"}
    assert "currency would be filled all the same: EUR." in found["Money without a currency"].told


def test_what_is_removed_goes_by_the_setting(stock: SyncJob) -> None:
    job = SyncJob.objects.select_related(*PARTS).get(key="shipments-to-shop")
    assert tried(job)["Deleted at the source"].should.startswith("It stays as it is")
    job.removed = "delete"
    gone = tried(job)["Deleted at the source"]
    assert gone.should.startswith("It is deleted over there")
    assert gone.is_good is False, "the shop has no call for it"
    assert gone.mend is not None
    assert (gone.mend.side, gone.mend.field) == ("", "removed")


def test_a_sku_that_a_fallback_skips_is_lost(stock: SyncJob) -> None:
    stock.fallbacks = [{"when": "refused", "then": "skip", "note": "Never mind."}]
    found = tried(stock)["A SKU that nobody knows over there"]
    assert found.is_good is False
    assert found.mend is not None
    assert found.mend.field == "fallbacks"


def test_a_filter_that_takes_none_of_them_is_said(stock: SyncJob) -> None:
    stock.filter = "sku == 'LAMP'"
    found = tried(stock)
    assert {one.is_good for one in found.values()} == {None}
    assert "takes none of the sandbox's records" in found["Duplicate"].told


def test_nothing_is_stored_by_the_cases(stock: SyncJob) -> None:
    with CaptureQueriesContext(connection) as queries:
        for job in SyncJob.objects.select_related(*PARTS).exclude(kind="order"):
            tried(job)
    assert [query["sql"] for query in queries if not query["sql"].lstrip("( ").startswith("SELECT")] == []


def test_nobody_is_named_in_what_is_told() -> None:
    job = sandbox_job("customer", "sandbox_shop", "sandbox_crm")
    told = " ".join(one.told for one in tried(job).values())
    assert order(ORDINARY)["email"] not in told
    assert order(ORDINARY)["shipping_address"]["name"] not in told


def test_a_destination_that_is_not_configured_is_a_failure(stock: SyncJob) -> None:
    stock.destination_resource = "nothing"
    with pytest.raises(Failure):
        try_cases(stock, rules_of(stock))
