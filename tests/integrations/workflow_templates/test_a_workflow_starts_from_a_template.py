"""A template becomes mappings and jobs between an operator's own connections."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations.configuration.apply import apply
from integrations.configuration.plan import Plan, plan
from integrations.configuration.problems import BadConfiguration
from integrations.models import SyncJob, Workflow
from mappings.models import Mapping, ValueMap
from mappings.presets import PRESETS

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("connections")]


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
    assert (workflow.name, workflow.problem) == ("Two ways (mine)", "Two lists are kept by hand.")
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
            "Say which mapping or preset does: orders.write, on the command line as --mapping orders.write=NAME.",
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
