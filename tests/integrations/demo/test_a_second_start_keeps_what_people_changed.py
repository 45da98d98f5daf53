from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from integrations.demo import report, stage
from integrations.demo.sandbox_side import SYSTEMS, SandboxSide
from integrations.models import Connection, Partner, SyncJob

pytestmark = pytest.mark.django_db
FIRST = SandboxSide("http://127.0.0.1:4001", {name: f"t-{name}" for name in SYSTEMS})
MOVED = SandboxSide("http://127.0.0.1:4002", FIRST.tokens)


def again(side: SandboxSide = FIRST) -> int:
    return stage.complete(side.base, side.environment())


def test_what_an_operator_changed_stays() -> None:
    stage.configure(FIRST.environment())
    SyncJob.objects.filter(key="stock-to-shop").update(every_seconds=77, stock_buffer=9)
    Connection.objects.filter(key="warehouse").update(name="Our warehouse")

    assert again() == 0

    job = SyncJob.objects.get(key="stock-to-shop")
    assert (job.every_seconds, job.stock_buffer) == (77, 9)
    assert Connection.objects.get(key="warehouse").name == "Our warehouse"


def test_what_is_missing_is_added() -> None:
    stage.configure(FIRST.environment())
    Partner.objects.all().delete()
    SyncJob.objects.filter(key="stock-to-shop").delete()

    assert again() == 2

    assert SyncJob.objects.filter(key="stock-to-shop").exists()
    assert Partner.objects.get(key=stage.PARTNER).jobs.count() == 4


def test_a_sandbox_at_another_port_is_followed_and_nothing_else_changes() -> None:
    stage.configure(FIRST.environment())
    shop = Connection.objects.get(key="shop")
    shop.settings = {**shop.settings, "page_size": 7}
    shop.save()

    assert again(MOVED) == 0

    settings = {row.key: row.settings for row in Connection.objects.all()}
    assert settings["shop"] == {"base_url": "http://127.0.0.1:4002/shop", "page_size": 7}
    assert settings["market"]["base_url"] == "http://127.0.0.1:4002/shop2"
    assert settings["warehouse"]["declaration"]["base_url"] == "http://127.0.0.1:4002/warehouse"
    assert Connection.objects.get(key="shop").secret_values()["token"] == "t-shop"


def test_the_folder_is_fresh_until_the_sandbox_has_answered_in_it(settings: Any, tmp_path: Path) -> None:
    settings.VAR = tmp_path
    assert stage.is_fresh()
    (tmp_path / "demo" / "sandbox").mkdir()
    (tmp_path / "demo" / "sandbox" / "access.json").write_text("{}")
    assert not stage.is_fresh()


def test_the_start_says_what_became_of_the_configuration() -> None:
    assert report.configured(20, fresh=True) == "20 parts of the configuration applied"
    assert report.configured(0, fresh=False) == "the configuration is left as it is"
    assert report.configured(1, fresh=False) == (
        "1 missing part of the configuration added, the rest left as it is"
    )
