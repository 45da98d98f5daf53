"""`manage.py sync JOB`: to the end, with an exit code that a script can go by."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.db import OperationalError
from django.test import override_settings

from integrations.connectors.base import Abilities
from integrations.models import Batch, Delivery, ErrorRecord, Intent, JobState, SyncJob, SyncRun, Thing

from .in_memory import InMemory


def sync(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """(exit code, what was printed, what was complained)"""
    with pytest.raises(SystemExit) as ended:
        call_command("sync", *arguments)
    printed = capsys.readouterr()
    return int(str(ended.value.code)), printed.out, printed.err


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    code, printed, _ = sync(capsys, "orders", "--json", *arguments)
    answer: dict[str, Any] = json.loads(printed)
    return code, answer


def test_it_reads_all_and_delivers_all(
    job: SyncJob, shop: InMemory, warehouse: InMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(5):
        shop.add(number)

    code, answer = told(capsys)

    assert code == 0
    assert sorted(warehouse.taken) == ["0", "1", "2", "3", "4"]
    assert {name: answer[name] for name in ("accepted", "delivered", "left", "open_errors")} == {
        "accepted": 5,
        "delivered": 5,
        "left": 0,
        "open_errors": 0,
    }
    assert SyncRun.objects.get(pk=answer["run"]).finished_at is not None


def test_run_again_it_delivers_nothing_twice(
    job: SyncJob, shop: InMemory, warehouse: InMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.add(1)
    told(capsys)

    code, answer = told(capsys)

    assert (code, warehouse.writes) == (0, 1)
    assert (answer["known"], answer["delivered"]) == (1, 0)


def test_it_reads_on_from_where_it_was_and_in_full_from_the_beginning(
    job: SyncJob, shop: InMemory, warehouse: InMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.add(1)
    told(capsys)
    told(capsys)
    told(capsys, "--full")

    assert [since is None for since in shop.reads] == [True, False, True]
    assert warehouse.writes == 1


def test_open_errors_are_told_and_the_exit_code_is_1(
    job: SyncJob, shop: InMemory, warehouse: InMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.add(1)
    shop.add(2)
    warehouse.refused = {"2"}

    code, printed, _ = sync(capsys, "orders")

    assert code == 1
    assert sorted(warehouse.taken) == ["1"]
    assert "1 open errors:" in printed
    assert "The warehouse has no room." in printed


def test_a_job_that_is_not_there_is_told_with_those_that_are(
    job: SyncJob, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, complaint = sync(capsys, "order")

    assert code == 2
    assert complaint == "There is no job 'order'. There are: orders.\n"


def test_a_paused_job_does_not_run(job: SyncJob, capsys: pytest.CaptureFixture[str]) -> None:
    SyncJob.objects.update(state=JobState.PAUSED, state_reason="Stock-taking.")

    code, answer = told(capsys)

    assert code == 2
    assert answer == {
        "could_not_run": "The job 'orders' is paused: Stock-taking. Mend the cause, then resume it."
    }


def test_a_secret_under_another_key_is_told_and_the_exit_code_is_2(
    job: SyncJob, capsys: pytest.CaptureFixture[str]
) -> None:
    with override_settings(SALT_KEY=["another salt, and long enough"]):
        code, answer = told(capsys)

    assert code == 2
    assert answer["could_not_run"].startswith("This secret cannot be read with the present key.")


@pytest.mark.parametrize(
    ("cause", "sentence"),
    [
        (OperationalError("no such table"), "The database cannot be used: no such table"),
        (ZeroDivisionError(), "Something that nobody foresaw ended it (ZeroDivisionError)"),
    ],
)
def test_what_nobody_foresaw_is_no_open_error(
    job: SyncJob,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    cause: Exception,
    sentence: str,
) -> None:
    """Python's own exit code would be 1, which says that errors are open."""

    def fail(*_: Any) -> None:
        raise cause

    monkeypatch.setattr("integrations.management.commands.sync.run_to_end", fail)
    code, answer = told(capsys)

    assert code == 2
    assert answer["could_not_run"].startswith(sentence)
    assert bool(caplog.records) == isinstance(cause, ZeroDivisionError)


def test_an_installation_that_its_checks_refuse_runs_nothing(
    job: SyncJob, capsys: pytest.CaptureFixture[str]
) -> None:
    with override_settings(SALT_KEY=[]), pytest.raises(SystemCheckError) as refused:
        call_command("sync", "orders", skip_checks=False)

    assert refused.value.returncode == 2


def test_a_connection_that_is_switched_off_is_named(job: SyncJob, capsys: pytest.CaptureFixture[str]) -> None:
    type(job.source).objects.filter(key="shop").update(enabled=False)

    assert told(capsys) == (
        2,
        {"could_not_run": "The connection 'shop' is switched off. Switch it on first."},
    )


def test_a_shop_that_refuses_us_ends_it_at_once(
    job: SyncJob, shop: InMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.locked_out = True

    code, answer = told(capsys)

    assert code == 2
    assert answer["could_not_run"].startswith("The job 'orders' is halted: The shop refused the token")


def test_a_job_that_a_failure_halted_is_tried_anew(
    job: SyncJob, shop: InMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever asks for it by hand has mended the cause, or wants to see whether it is mended."""
    shop.locked_out = True
    told(capsys)
    shop.locked_out = False

    code, answer = told(capsys)

    assert (code, answer["left"]) == (0, 0)
    job.refresh_from_db()
    assert job.state == "active"


def test_a_shop_that_is_away_is_not_waited_for_for_ever(
    job: SyncJob, shop: InMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.down = True

    assert told(capsys, "--patience", "0.1") == (2, {"could_not_run": "Shop cannot be reached."})


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(
    job: SyncJob, shop: InMemory, warehouse: InMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.add(1)
    shop.add(2)
    told(capsys)
    shop.add(2, version=2, note="Leave it at the door.")
    shop.add(3)
    shop.add(4, number=None)
    watermark, counts = SyncJob.objects.get().watermark, _rows()

    code, answer = told(capsys, "--dry-run")

    assert code == 1
    assert answer["would"] == {"known": 1, "update": 1, "create": 1, "failed": 1}
    (reason,) = answer["reasons"]
    assert reason["what"] == "failed"
    assert "number" in reason["reason"]
    assert warehouse.writes == 2
    assert shop.reads[-1] == watermark
    assert (SyncJob.objects.get().watermark, _rows()) == (watermark, counts)


def test_a_dry_run_in_full_also_looks_at_what_is_known(
    job: SyncJob, shop: InMemory, warehouse: InMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.add(1)
    told(capsys)

    code, answer = told(capsys, "--dry-run", "--full")

    assert (code, answer["would"]) == (0, {"unchanged": 1})


def test_a_dry_run_tells_what_the_filter_leaves_out(
    job: SyncJob, shop: InMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    SyncJob.objects.update(filter="number == '1'")
    shop.add(1)
    shop.add(2)

    _, printed, _ = sync(capsys, "orders", "--dry-run")

    assert "filtered: The job's filter is not true: number == '1'" in printed
    assert not Delivery.objects.exists()


def test_a_dry_run_with_nothing_to_do_says_so(
    job: SyncJob, shop: InMemory, capsys: pytest.CaptureFixture[str]
) -> None:
    code, printed, _ = sync(capsys, "orders", "--dry-run")

    assert (code, printed) == (0, "Nothing to do: nothing has changed since the last read.\n")


def _rows() -> list[int]:
    return [model.objects.count() for model in (Thing, Delivery, Batch, SyncRun, ErrorRecord, Intent)]


def test_single_records_are_run_again(
    job: SyncJob,
    shop: InMemory,
    warehouse: InMemory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    able = Abilities(reads=True, creates=True, updates=True, keys=True, key_lifetime=3600.0, fetch=True)
    monkeypatch.setattr(InMemory, "resources", lambda self: {"orders": able})
    for number in range(3):
        shop.add(number)
    told(capsys)
    shop.add(1, note="changed")

    code, answer = told(capsys, "--ids", "1,2")

    assert (code, answer["accepted"], answer["delivered"], answer["unchanged"]) == (0, 2, 1, 1)
    assert (answer["expected"], answer["share"]) == (2, 100)
    assert warehouse.writes == 4


def test_a_span_is_run_again(job: SyncJob, shop: InMemory, capsys: pytest.CaptureFixture[str]) -> None:
    shop.add(1)
    told(capsys)
    code, answer = told(capsys, "--from", "2000-01-01", "--to", "2100-01-01")
    assert (code, answer["unchanged"]) == (0, 1)
    code, answer = told(capsys, "--of-run", "1", "--full")
    assert (code, answer["could_not_run"][:13]) == (2, "Choose one of")
    code, answer = told(capsys, "--from", "1 May")
    assert code == 2
    assert "is a day such as" in answer["could_not_run"]
