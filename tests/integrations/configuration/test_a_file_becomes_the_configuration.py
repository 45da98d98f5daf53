from __future__ import annotations

from typing import Any

import pytest
import yaml
from django.db import DatabaseError
from django.db.models import Model
from django.utils import timezone

from integrations.configuration import apply as applying
from integrations.configuration.environment import fill
from integrations.configuration.export import as_yaml
from integrations.configuration.problems import BadConfiguration
from integrations.configuration.read import read
from integrations.configuration.state import (
    CONNECTION_FIELDS,
    JOB_FIELDS,
    JOB_REFERENCES,
    PARTNER_FIELDS,
    WORKFLOW_FIELDS,
    load,
)
from integrations.models import Connection, Partner, SyncJob, Workflow

from .conftest import ENVIRONMENT, FILE, applied, planned

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_mappings")]


def test_everything_in_it_is_made() -> None:
    applied(FILE)

    shop, job = Connection.objects.get(key="shop"), SyncJob.objects.get(key="orders-to-warehouse")
    assert (shop.name, shop.platform, shop.environment) == ("The shop", "sandbox-shop", "production")
    assert shop.settings == {"base_url": "https://shop.example.com/api", "page_size": 50}
    assert shop.secret_values() == {"token": "t-secret-1"}
    assert len(shop.webhook_address or "") >= 32
    assert (job.source.key, job.destination.key) == ("shop", "warehouse")
    assert (job.read_mapping.key, job.write_mapping.key, job.kind) == ("orders-in", "orders-out", "order")
    assert (job.every_seconds, job.accepts_pushes) == (60, True)
    assert job.workflow == Workflow.objects.get(key="order-to-doorstep")
    assert [held.key for held in Partner.objects.get(key="fulfilment").jobs.all()] == ["orders-to-warehouse"]


def test_what_is_not_told_gets_its_default_and_a_name_from_its_key() -> None:
    applied(FILE)

    warehouse, job = Connection.objects.get(key="warehouse"), SyncJob.objects.get()
    assert (warehouse.name, warehouse.environment, warehouse.enabled) == ("Warehouse", "sandbox", True)
    assert warehouse.webhook_address is None
    assert (job.name, job.rollout_percent, job.removed) == ("Orders to warehouse", 100, "ignore")


def test_applied_again_it_changes_nothing() -> None:
    applied(FILE)
    before = list(Connection.objects.order_by("pk").values("updated_at", "webhook_address"))

    assert applied(FILE).changes == []
    assert list(Connection.objects.order_by("pk").values("updated_at", "webhook_address")) == before


def test_a_dry_run_changes_nothing() -> None:
    assert len(planned(FILE).changes) == 5
    assert not Connection.objects.exists()


def test_only_what_is_told_changes() -> None:
    applied(FILE)
    SyncJob.objects.update(rollout_percent=20)

    applied("jobs:\n  orders-to-warehouse:\n    every_seconds: 30\n")

    job = SyncJob.objects.get()
    assert (job.every_seconds, job.rollout_percent, job.accepts_pushes) == (30, 20, True)
    assert Connection.objects.count() == 2


def test_the_next_read_follows_the_new_rhythm() -> None:
    applied(FILE)
    SyncJob.objects.update(next_read_at=timezone.now())

    applied("jobs:\n  orders-to-warehouse:\n    every_seconds: 30\n")

    assert SyncJob.objects.get().next_read_at is None


def test_a_change_of_the_file_leaves_the_positions_alone() -> None:
    applied(FILE)
    watermark = timezone.now()
    SyncJob.objects.update(watermark=watermark, position_version=7, resume_position={"at": 1})

    applied("jobs:\n  orders-to-warehouse:\n    name: Orders\n")

    job = SyncJob.objects.get()
    assert (job.watermark, job.position_version, job.resume_position) == (watermark, 7, {"at": 1})


def test_settings_are_replaced_as_a_whole() -> None:
    applied(FILE)

    made = applied("connections:\n  shop:\n    settings: {base_url: 'https://shop.example.com/api'}\n")

    assert Connection.objects.get(key="shop").settings == {"base_url": "https://shop.example.com/api"}
    assert str(made.changes[0]) == "~ connections.shop\n    settings.page_size: 50 → (taken out)"


def test_a_job_can_leave_its_workflow() -> None:
    applied(FILE)

    applied("jobs:\n  orders-to-warehouse:\n    workflow: null\n")

    assert SyncJob.objects.get().workflow is None


def test_a_webhook_address_stays_until_it_is_given_up() -> None:
    applied(FILE)
    address = Connection.objects.get(key="shop").webhook_address
    applied("connections:\n  shop:\n    name: Another name\n    webhooks: true\n")
    assert Connection.objects.get(key="shop").webhook_address == address

    applied("connections:\n  shop:\n    webhooks: false\n")

    assert Connection.objects.get(key="shop").webhook_address is None


def test_the_diff_names_each_field_and_shows_no_secret() -> None:
    applied(FILE)

    made = applied(FILE.replace("every_seconds: 60", "every_seconds: 90"), SHOP_TOKEN="t-secret-2")

    assert [str(change) for change in made.changes] == [
        "~ connections.shop\n    secrets.token: (secret changed)",
        "~ connections.warehouse\n    secrets.token: (secret changed)",
        "~ jobs.orders-to-warehouse\n    every_seconds: 60 → 90",
    ]
    assert Connection.objects.get(key="shop").secret_values() == {"token": "t-secret-2"}
    assert "t-secret" not in repr(made)


def test_a_new_row_is_shown_without_its_secret() -> None:
    made = planned(FILE)

    assert "    secrets.token: (secret set)" in str(made.changes[0])
    assert "t-secret" not in repr(made)


def test_true_and_one_are_not_the_same_setting() -> None:
    one = FILE.replace("page_size: 50", "page_size: 1")
    applied(one)
    settings = {"base_url": "https://shop.example.com/api", "page_size": True}
    Connection.objects.filter(key="shop").update(settings=settings)

    (change,) = planned(one).changes

    assert str(change) == "~ connections.shop\n    settings.page_size: true → 1"


def test_an_export_applied_again_changes_nothing() -> None:
    applied(FILE)
    text = as_yaml(load())

    assert applied(text).changes == []
    assert applied(text, WAREHOUSE_TOKEN="t-secret-1").changes == []


def test_an_export_holds_no_secret_but_its_placeholder() -> None:
    applied(FILE)
    text = as_yaml(load())

    assert "t-secret" not in text
    assert yaml.safe_load(text)["connections"]["shop"]["secrets"] == {"token": "${SHOP_TOKEN}"}
    assert str(Connection.objects.get(key="shop").webhook_address) not in text


def test_an_export_makes_the_same_configuration_elsewhere() -> None:
    applied(FILE)
    text = as_yaml(load())
    SyncJob.objects.all().delete()
    Connection.objects.all().delete()
    Workflow.objects.all().delete()
    Partner.objects.all().delete()

    applied(text, WAREHOUSE_TOKEN="t-secret-1")

    assert as_yaml(load()) == text


def test_a_secret_whose_variable_is_not_set_is_kept_if_it_is_stored() -> None:
    applied(FILE)

    made = applied("connections:\n  warehouse:\n    secrets: {token: '${WAREHOUSE_TOKEN}'}\n")

    assert (made.changes, made.kept) == ([], ["warehouse.token"])
    assert Connection.objects.get(key="warehouse").secret_values() == {"token": "t-secret-1"}


def test_a_variable_of_another_name_must_be_set_though_the_secret_is_stored() -> None:
    applied(FILE)

    with pytest.raises(BadConfiguration, match="NEW_TOKEN is not set"):
        planned("connections:\n  warehouse:\n    secrets: {token: '${NEW_TOKEN}'}\n")


def test_texts_that_yaml_would_change_survive_the_way_out_and_in() -> None:
    odd = [
        "no",
        "1",
        "1.0",
        "null",
        "2026-11-23",
        "${NOT_A_VARIABLE}",
        "$${X}",
        "a\nb\n",
        " lead",
        "ü",
        "'",
        '"',
        "#",
    ]
    applied(FILE)
    settings = {"odd": odd, "no": 1, "1": None, "deep": {"empty": {}, "list": []}}
    Connection.objects.filter(key="shop").update(settings=settings)

    told = read(as_yaml(load())).value["connections"]["shop"]["settings"]

    assert fill(told, ("connections", "shop", "settings"), {}) == settings


def test_when_one_row_cannot_be_written_nothing_is(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise DatabaseError("the disk is full")

    monkeypatch.setitem(applying._WRITERS, "partners", fail)

    with pytest.raises(DatabaseError):
        applied(FILE)

    assert not Connection.objects.exists()
    assert not SyncJob.objects.exists()


def test_what_was_applied_stands_in_the_history_of_the_job() -> None:
    applied(FILE)

    assert SyncJob.objects.get().history.get().history_change_reason == "applied from a file"


def test_nothing_but_the_environment_given_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_TOKEN", "of the process")

    applied(FILE)

    assert Connection.objects.get(key="shop").secret_values() == {"token": ENVIRONMENT["SHOP_TOKEN"]}


@pytest.mark.parametrize(
    ("model", "named", "kept_out"),
    [
        (
            SyncJob,
            {*JOB_FIELDS, *JOB_REFERENCES},
            # Where it stands, and what happened to it: facts, not configuration.
            {
                "state",
                "state_reason",
                "launched_at",
                "released_percent",
                "stock_counted",
                "resume_position",
                "watermark",
                "position_version",
                "read_started_at",
                "read_since",
                "last_complete_read_at",
                "next_read_at",
            },
        ),
        (
            Connection,
            {*CONNECTION_FIELDS, "settings", "secrets"},
            {
                "health",
                "health_sentence",
                "health_checked_at",
                "announced_end",
                "announced_said",
                "announced_at",
                "webhook_address",
                "webhook_secret_before",
            },
        ),
        (Workflow, set(WORKFLOW_FIELDS), {"launched_at", "launched_by"}),
        (Partner, {*PARTNER_FIELDS, "jobs"}, set()),
    ],
)
def test_every_field_is_in_files_or_kept_out_on_purpose(
    model: type[Model], named: set[str], kept_out: set[str]
) -> None:
    fields = {field.name for field in (*model._meta.fields, *model._meta.many_to_many)}

    assert fields - {"id", "key", "created_at", "updated_at"} == named | kept_out


def test_a_partners_jobs_in_another_order_are_no_change() -> None:
    applied(FILE)
    job = SyncJob.objects.get(key="orders-to-warehouse")
    job.pk, job.key = None, "a-second-one"
    job.save()
    partner = Partner.objects.get(key="fulfilment")
    partner.jobs.add(job)

    told = yaml.safe_load(FILE)
    told["partners"]["fulfilment"]["jobs"] = ["orders-to-warehouse", "a-second-one"]

    assert planned(yaml.safe_dump(told)).changes == []
