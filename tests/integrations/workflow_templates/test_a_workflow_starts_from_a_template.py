"""A template becomes mappings and jobs between an operator's own connections."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations.configuration import templates as shelf
from integrations.configuration.apply import apply
from integrations.configuration.plan import Plan, plan
from integrations.configuration.problems import BadConfiguration
from integrations.models import SyncJob, Workflow
from mappings.models import Mapping, ValueMap
from mappings.presets import PRESETS
from tests import factories

pytestmark = pytest.mark.django_db

TEMPLATE = """\
title: Two ways
about: Orders one way, stock the other.
problem: Two lists are kept by hand.
owner: Operations
targets: {processing_minutes: 5}
guide: docs/workflows/two-ways.md
roles:
  shop: {label: Shop}
  depot: {label: Depot, about: Owns the stock.}
  channel: {label: Sales channel, many: true, optional: true}
value_maps:
  "carriers-of-{depot}": {entries: {d: DHL}}
jobs:
  orders:
    name: "Orders from {shop} to {depot}"
    kind: order
    source: shop
    destination: depot
    filter: status == 'open'
    counts_units_in_flight: true
  stock:
    name: "Stock to {channel}"
    kind: stock_level
    source: depot
    destination: channel
    destination_resource: [inventory, stock]
    every_seconds: 60
"""
FILE = """\
workflows:
  mine:
    template: two-ways
    with: {shop: s1, depot: karrio, channel: [s1, s2]}
    mappings: {stock.read: depot-stock}
    resources: {stock.read: stock}
mappings:
  depot-stock:
    {direction: read, platform: karrio, resource: stock, kind: stock_level,
     rules: [{target: id, source: id, required: true}]}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "two-ways.yaml").write_text(TEMPLATE, encoding="utf-8")
    monkeypatch.setattr(shelf, "FOLDER", tmp_path)
    shelf.templates.cache_clear()
    yield
    shelf.templates.cache_clear()


@pytest.fixture(autouse=True)
def connections(folder: None) -> None:
    for key in ("s1", "s2"):
        settings = {"base_url": "https://shop.example.com"}
        factories.connection(key=key, name=f"Shop {key}", settings=settings)
    declaration = {
        "base_url": "https://depot.example.com",
        "resources": {
            "orders": {"create": {"path": "/orders"}},
            "stock": {"list": {"path": "/stock", "records": "rows"}},
        },
    }
    factories.connection(
        key="depot", name="The depot", platform="rest", settings={"declaration": declaration}
    )


def started(text: str = "", **options: Any) -> Plan:
    made = plan(text or file(**options), {})
    apply(made)
    return made


def file(
    with_: str = "{shop: s1, depot: depot, channel: [s1, s2]}", more: str = "", key: str = "mine"
) -> str:
    return f"""\
workflows:
  {key}:
    template: two-ways
    with: {with_}
    mappings: {{orders.write: sandbox-warehouse-orders, stock.read: sandbox-warehouse-stock}}
{more}"""


def refused(text: str) -> list[str]:
    with pytest.raises(BadConfiguration) as caught:
        plan(text, {})
    return [str(problem) for problem in caught.value.problems]


def test_jobs_are_made_between_the_connections_that_are_named() -> None:
    started()
    jobs = {job.key: job for job in SyncJob.objects.select_related("source", "destination")}
    assert sorted(jobs) == ["mine-orders", "mine-stock-s1", "mine-stock-s2"]
    orders = jobs["mine-orders"]
    assert (orders.source.key, orders.destination.key) == ("s1", "depot")
    assert orders.name == "Orders from Shop s1 to The depot"
    assert (orders.filter, orders.counts_units_in_flight) == ("status == 'open'", True)
    assert (orders.source_resource, orders.destination_resource) == ("orders", "orders")
    stock = jobs["mine-stock-s2"]
    assert (stock.source.key, stock.destination.key, stock.every_seconds) == ("depot", "s2", 60)
    assert {job.workflow.key for job in jobs.values() if job.workflow} == {"mine"}


def test_each_connection_has_its_own_copy_of_a_preset() -> None:
    started()
    assert set(Mapping.objects.values_list("key", flat=True)) == {
        "s1-sandbox-shop-orders",
        "depot-sandbox-warehouse-orders",
        "depot-sandbox-warehouse-stock",
        "s1-sandbox-shop-stock",
        "s2-sandbox-shop-stock",
    }
    made = Mapping.objects.get(key="s2-sandbox-shop-stock")
    assert made.rule_data() == list(PRESETS["sandbox-shop-stock"].rules)
    assert made.name == "Sandbox shop: stock (Shop s2)"


def test_the_workflow_gets_the_templates_words_where_the_file_has_none_of_its_own() -> None:
    started(file(more="    owner: The night shift\n"))
    workflow = Workflow.objects.get()
    assert (workflow.name, workflow.problem) == ("Two ways", "Two lists are kept by hand.")
    assert workflow.owner == "The night shift"


def test_what_a_person_changed_stays_when_the_template_is_applied_again() -> None:
    started()
    SyncJob.objects.filter(key="mine-stock-s1").update(every_seconds=7, name="My stock")
    Workflow.objects.update(owner="Somebody else")
    Mapping.objects.filter(key="s1-sandbox-shop-stock").update(name="Mine")
    assert [str(change) for change in started().changes] == []
    job = SyncJob.objects.get(key="mine-stock-s1")
    assert (job.every_seconds, job.name) == (7, "My stock")
    assert Workflow.objects.get().owner == "Somebody else"


def test_one_more_channel_is_one_more_job() -> None:
    started(file("{shop: s1, depot: depot, channel: s1}"))
    made = started()
    assert [change.key for change in made.changes if change.section == "jobs"] == ["mine-stock-s2"]


def test_an_optional_role_that_is_not_filled_leaves_its_jobs_out() -> None:
    started(file("{shop: s1, depot: depot}"))
    assert list(SyncJob.objects.values_list("key", flat=True)) == ["mine-orders"]


def test_what_the_file_says_of_a_job_goes_before_the_template() -> None:
    started(file(more="jobs:\n  mine-stock-s2: {every_seconds: 900, stock_buffer: 3}\n"))
    job = SyncJob.objects.get(key="mine-stock-s2")
    assert (job.every_seconds, job.stock_buffer, job.kind) == (900, 3, "stock_level")


def test_other_sections_speak_of_connections_by_their_roles() -> None:
    started()
    assert list(ValueMap.objects.values_list("key", flat=True)) == ["carriers-of-depot"]


def test_connections_may_stand_in_the_same_file() -> None:
    text = file("{shop: s9, depot: depot}") + (
        "connections:\n  s9: {name: New, platform: sandbox_shop, secrets: {token: t}, "
        "settings: {base_url: 'https://n.example.com'}}\n"
    )
    started(text)
    assert SyncJob.objects.get().name == "Orders from New to The depot"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (file("{shop: s1}"), "line 4: workflows.mine.with: Say which connection is the depot: depot."),
        (
            file("{shop: s1, depot: depott}"),
            "line 4: workflows.mine.with.depot: There is no 'depott' among the connections.",
        ),
        (
            file("{shop: [s1, s2], depot: depot}"),
            "line 4: workflows.mine.with.shop: One connection is the shop. Name only one.",
        ),
        (
            file("{shop: s1, depot: depot, dock: s1}"),
            "line 4: workflows.mine.with.dock: 'two-ways' has no role 'dock'. It has: shop, depot, channel.",
        ),
        (
            file().replace("two-ways", "two-way"),
            "line 3: workflows.mine.template: There is no template 'two-way'. Did you mean 'two-ways'?",
        ),
        (
            file().replace("stock.read:", "stocks.read:"),
            "line 5: workflows.mine.mappings.stocks.read: There is no such job.",
        ),
        (
            file().replace("sandbox-warehouse-stock", "sandbox-warehous-stock"),
            "no preset 'sandbox-warehous-stock'. Did you mean 'sandbox-warehouse-stock'?",
        ),
        (
            file().replace("orders.write: sandbox-warehouse-orders, ", ""),
            "writes records of the kind order. Say which mapping or preset does: orders.write.",
        ),
        ("workflows: {mine: {with: {shop: s1}}}", "Say which template."),
    ],
)
def test_what_does_not_fit_is_told_with_its_line_and_changes_nothing(text: str, sentence: str) -> None:
    assert any(sentence in told for told in refused(text)), refused(text)
    assert not Workflow.objects.exists()


def test_jobs_that_run_already_are_not_bent_to_other_connections() -> None:
    started(file("{shop: s1, depot: depot}"))
    told = refused(file("{shop: s2, depot: depot}"))
    assert "line 4: workflows.mine.with.shop: The job 'mine-orders' is there already, with 's1'" in told[0]


def test_what_the_checks_find_in_an_expanded_job_is_told_at_its_workflow() -> None:
    text = file().replace("sandbox-warehouse-stock", "sandbox-shop-stock")
    assert any("line 2: jobs.mine-stock-s1.read_mapping" in told for told in refused(text))


def test_a_template_starts_from_the_command_line() -> None:
    out = StringIO()
    options = {
        "template": "two-ways",
        "key": "by-hand",
        "with_": ["shop=s1", "depot=depot", "channel=s1", "channel=s2"],
        "mapping_": ["orders.write=sandbox-warehouse-orders", "stock.read=sandbox-warehouse-stock"],
    }
    call_command("apply", dry_run=True, stdout=out, **options)
    assert not SyncJob.objects.exists()
    call_command("apply", stdout=out, **options)
    assert sorted(SyncJob.objects.values_list("key", flat=True)) == [
        "by-hand-orders",
        "by-hand-stock-s1",
        "by-hand-stock-s2",
    ]


def test_the_command_line_says_what_is_missing() -> None:
    err = StringIO()
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("apply", template="two-ways", with_=["shop=s1"], stderr=err)
    assert "workflows.two-ways.with: Say which connection is the depot: depot." in err.getvalue()
    with pytest.raises(CommandError, match="one of the two"):
        call_command("apply")
    with pytest.raises(CommandError, match="write a name, = and a value"):
        call_command("apply", template="two-ways", with_=["shop"])


def test_long_keys_are_shortened_so_that_rows_stay_apart() -> None:
    started(file("{shop: s1, depot: depot, channel: [s1, s2]}", key="k" * 58))
    keys = list(SyncJob.objects.values_list("key", flat=True))
    assert len(keys) == len(set(keys)) == 3
    assert max(len(key) for key in keys) <= 60
