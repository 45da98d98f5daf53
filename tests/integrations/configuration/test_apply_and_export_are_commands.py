from __future__ import annotations

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from integrations.models import Connection

from .conftest import ENVIRONMENT, FILE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_mappings")]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "portal.yaml"
    path.write_text(FILE)
    return path


def run(command: str, *arguments: str) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    call_command(command, *arguments, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_apply_prints_what_changes(file: Path) -> None:
    printed, _ = run("apply", str(file))

    assert printed.startswith("+ connections.shop\n    name: The shop\n    platform: sandbox-shop\n")
    assert printed.endswith("5 new, 0 changed.\n")
    assert run("apply", str(file))[0] == "Nothing to change.\n"


def test_a_dry_run_prints_the_same_and_changes_nothing(file: Path) -> None:
    printed, _ = run("apply", "--dry-run", str(file))

    assert printed.endswith("5 new, 0 changed (dry run: nothing was changed).\n")
    assert not Connection.objects.exists()


def test_no_secret_is_ever_printed(file: Path) -> None:
    printed = run("apply", str(file))[0] + run("export")[0]

    assert ENVIRONMENT["SHOP_TOKEN"] not in printed


def test_the_export_can_be_applied_as_it_is(file: Path, tmp_path: Path) -> None:
    run("apply", str(file))
    exported = tmp_path / "exported.yaml"
    exported.write_text(run("export")[0])

    printed, _ = run("apply", str(exported))

    assert printed == (
        "Kept as stored, since their variables are not set: warehouse.token.\nNothing to change.\n"
    )


def test_under_another_key_nothing_is_exported_and_secrets_are_entered_anew(file: Path) -> None:
    run("apply", str(file))
    with override_settings(SALT_KEY=["another salt, and long enough"]):
        with pytest.raises(CommandError, match="Put the old key back into SALT_KEY"):
            run("export")
        printed, _ = run("apply", str(file))

        assert "secrets.token: (secret set)" in printed
        assert Connection.objects.get(key="shop").secret_values() == {"token": ENVIRONMENT["SHOP_TOKEN"]}
        assert run("apply", str(file))[0] == "Nothing to change.\n"


def test_what_changes_beside_an_unreadable_secret_leaves_it_as_it_is(tmp_path: Path, file: Path) -> None:
    run("apply", str(file))
    renamed = tmp_path / "renamed.yaml"
    renamed.write_text("connections:\n  shop: {name: Our shop, secrets: {token: new}}\n")
    with override_settings(SALT_KEY=["another salt, and long enough"]):
        run("apply", str(renamed))
    warehouse = Connection.objects.get(key="warehouse")

    assert warehouse.secret_values() == {"token": ENVIRONMENT["SHOP_TOKEN"]}


def test_a_job_under_a_new_key_is_told_to_be_a_second_one(file: Path) -> None:
    run("apply", str(file))
    file.write_text(FILE.replace("orders-to-warehouse", "orders-to-store"))

    printed, _ = run("apply", "--dry-run", str(file))

    assert "Note: jobs.orders-to-store carries what jobs.orders-to-warehouse carries already" in printed
    file.write_text(f"{FILE}".replace("every_seconds: 60", "every_seconds: 90"))
    assert "Note:" not in run("apply", str(file))[0]


def test_a_bad_file_is_told_line_by_line_and_ends_with_an_error(file: Path) -> None:
    file.write_text(FILE.replace("source: shop", "source: shed"))

    err = io.StringIO()
    with pytest.raises(CommandError, match=r"Nothing was changed\."):
        call_command("apply", str(file), stderr=err)

    assert err.getvalue() == (
        f"{file}, line 25: jobs.orders-to-warehouse.source: There is no 'shed' among the connections.\n"
    )


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"cannot be read: No such file"):
        run("apply", str(tmp_path / "none.yaml"))


def test_it_reads_the_standard_input(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(FILE))

    run("apply", "-")

    assert Connection.objects.count() == 2
