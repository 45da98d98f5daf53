from __future__ import annotations

import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from integrations.configuration.document.contents import document_of
from integrations.configuration.document.markdown import as_markdown, code, text
from integrations.configuration.document.parts import Code, Document, Section, Table
from integrations.models import AccessToken, SyncJob, WebhookSubscription, Workflow
from mappings.models import Direction, FieldOwner, FieldRule, Mapping, ValueMap, ValueMapEntry
from monitoring.models import AlertRule, Audit
from tests import factories

pytestmark = pytest.mark.django_db
HOSTILE = "a|b\n| c | 😀 <script>alert(1)</script> [x](javascript:x) `t` *b* _i_ \\ # \u2028 \u202e www.evil.example"


def rules(mapping: Mapping, *values: dict[str, Any]) -> Mapping:
    for place, told in enumerate(values):
        FieldRule.objects.create(mapping=mapping, position=place, **told)
    mapping.publish()
    return mapping


def doorstep(**values: Any) -> SyncJob:
    """One job of a workflow, with both mappings, a secret, webhooks and a value map."""
    words = ValueMap.objects.create(key="states", name="Payment states")
    ValueMapEntry.objects.create(value_map=words, source="PAID", target="paid")
    shop = factories.connection(
        key="shop",
        name="Web shop",
        settings={"base_url": "https://user:hidden-in-address@shop.example.com/api"},
        secrets={"token": "the-very-secret"},
        webhook_address="nobody-guesses-this",
    )
    warehouse = factories.connection(key="warehouse", name="Warehouse")
    read = rules(
        factories.mapping(key="read", name="Shop order"),
        {"target": "number", "source": "name", "required": True},
        {"target": "total", "source": "total_cents", "transform": "from_minor_units"},
        {"target": "payment_status", "source": "payment.state", "value_map": "states"},
        {"target": "note", "source": "remark"},
        {"target": "lines[]", "source": "items"},
        {"target": "lines[].sku", "source": "article"},
        {"target": "lines[].ordered", "source": "count"},
    )
    write = rules(
        factories.mapping(key="write", name="Warehouse order", direction=Direction.WRITE),
        {"target": "reference", "source": "number", "required": True},
        {"target": "state", "source": "payment_status"},
        {"target": "channel", "default": "web", "on_missing": "default"},
        {"target": "positions[]", "source": "lines"},
        {"target": "positions[].sku", "source": "sku"},
    )
    flow = factories.workflow(
        key="doorstep", name="Order to doorstep", owner="Operations", problem="Typed by hand."
    )
    return factories.job(
        key="orders",
        name="Orders",
        workflow=flow,
        source=shop,
        destination=warehouse,
        read_mapping=read,
        write_mapping=write,
        **values,
    )


def markdown_of(job: SyncJob) -> str:
    assert job.workflow is not None
    return as_markdown(document_of(job.workflow))


def row_of(text_: str, *starts: str) -> list[str]:
    """The cells of the one row of the tables that begins with these."""
    (line,) = [line for line in text_.splitlines() if line.startswith("| " + " | ".join(starts) + " |")]
    return [cell.strip() for cell in line.strip("|").split(" | ")]


def test_each_field_is_followed_from_the_shop_over_our_record_to_the_warehouse() -> None:
    found = markdown_of(doorstep())
    assert row_of(found, "`name`")[:3] == ["`name`", "`number`", "`reference`"]
    assert row_of(found, "`name`")[3] == "read: required. Written: required"
    assert row_of(found, "`payment.state`") == [
        "`payment.state`", "`payment_status`", "`state`", "by the words of states",
    ]  # fmt: skip
    assert row_of(found, "`items`")[:3] == ["`items`", "`lines`", "`positions[]`"]
    assert row_of(found, "`article`")[3] == "as it is"
    assert row_of(found, "`article`")[:3] == ["`article`", "`lines[].sku`", "`positions[].sku`"]
    assert row_of(found, "–", '`always "web"`')[2] == "`channel`"
    # Read, and written nowhere.
    for source, field in (("`remark`", "`note`"), ("`count`", "`lines[].ordered`")):
        assert row_of(found, source)[:3] == [source, field, "–"]
    assert row_of(found, "`PAID`") == ["`PAID`", "`paid`"]


def test_what_another_system_owns_is_said_to_be_left_out() -> None:
    FieldOwner.objects.create(kind="order", field="payment_status", owner="warehouse")
    found = markdown_of(doorstep())
    assert "not written: warehouse owns it" in row_of(found, "`payment.state`")[3]
    assert row_of(found, "order", "`payment_status`")[2] == "Warehouse"


def test_credentials_are_named_and_never_shown() -> None:
    job = doorstep()
    AccessToken.objects.create(
        connection=job.destination,
        token={"access_token": "a-secret-token"},
        obtained_at=datetime(2026, 1, 1, tzinfo=UTC),
        consent_ends_at=datetime(2027, 3, 5, tzinfo=UTC),
    )
    found = markdown_of(job)
    assert row_of(found, "Web shop", "Access token")[2] == "entered"
    assert "5 Mar 2027: then a person has to say yes again" in found
    assert "`shop.example.com`" in found
    for secret in ("the-very-secret", "a-secret-token", "hidden-in-address", "nobody-guesses-this"):
        assert secret not in found


def test_who_entered_it_is_whose_it_is(admin_user: Any) -> None:
    job = doorstep()
    job.source.history.update(history_user=admin_user)
    assert "connected by admin" in row_of(markdown_of(job), "Web shop", "Access token")[3]


def test_it_says_what_is_so_now() -> None:
    job = doorstep()
    assert "| Orders | every 5 minutes |" in markdown_of(job)
    SyncJob.objects.filter(pk=job.pk).update(every_seconds=7_200, retry_limit=9, filter="total > `5`")
    WebhookSubscription.objects.create(
        connection=job.source, address="https://x/y", topics=["orders/create"], made_at=job.created_at
    )
    found = markdown_of(job)
    assert "| Orders | every 2 hours |" in found
    assert "| Orders | 9 | 24 hours |" in found
    assert "| Orders | Filter | `` total > `5` `` |" in found
    assert "`orders/create`" in row_of(found, "Web shop", "ordered by the portal")


def test_alerts_audits_and_changes_are_part_of_it() -> None:
    job = doorstep()
    AlertRule.objects.create(name="Too many", kind="failures_above", threshold=5, workflow=job.workflow)
    AlertRule.objects.create(
        name="Elsewhere", kind="failures_above", threshold=5, workflow=factories.workflow()
    )
    Audit.objects.create(key="a", name="Orders compared", job=job, at_hour=3)
    job.name = "Orders, renamed"
    job.save()
    found = markdown_of(job)
    assert row_of(found, "Too many")[1:3] == ["this workflow", "Failures above 5, looked at over 60 minutes"]
    assert "Elsewhere" not in found
    assert row_of(found, "Orders compared")[2] == "every 24 hours, at 3 o'clock"
    assert "Name: Orders → Orders, renamed" in found
    assert "version 1 published" in found


def cells(line: str) -> int:
    """As GitHub counts them: an escaped pipe is none of its own."""
    return len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) - 1


def test_hostile_names_break_no_table_and_run_nothing(admin_client: Client) -> None:
    job = doorstep()
    Workflow.objects.filter(key="doorstep").update(name=HOSTILE, problem=HOSTILE, owner=HOSTILE)
    SyncJob.objects.filter(pk=job.pk).update(name=HOSTILE, filter='a || b | `"x"`', shares_fields=HOSTILE)
    FieldRule.objects.filter(target="note").update(source='a | [0] || `{"x": 1}`', note=HOSTILE)
    job.source.name = HOSTILE[:120]
    job.source.save()
    job.read_mapping.publish()
    job.refresh_from_db()
    found = markdown_of(job)
    widths: list[int] = []
    for line in found.splitlines():
        if line.startswith("|"):
            widths.append(cells(line))
            assert widths[-1] == widths[0], line
        else:
            widths = []
    assert "\u202e" not in found
    outside_of_code = re.sub(r"(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)", "", found)
    assert not re.search(r"(?<!\\)<", outside_of_code)
    assert not re.search(r"(?<!\\)\[", outside_of_code)
    assert "😀" in found
    page = admin_client.get(
        reverse("admin:integrations_workflow_document", args=[job.workflow_id])
    ).content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


@pytest.mark.parametrize("value", ["`", "``", "a`b", "|", "a\n|b", " ", "\\|"])
def test_code_stays_in_its_cell(value: str) -> None:
    assert cells(f"| {code(value)} |") == 1
    assert "\n" not in code(value)


def test_a_table_of_uneven_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="has not 2 cells"):
        Table(("A", "B"), [("1",)])


def test_a_sentence_begins_no_list_and_a_name_no_heading() -> None:
    made = Document("# Two\n## Three", "lead", [Section("x", ("1. one", "- two", "=="))])
    lines = as_markdown(made).splitlines()
    assert lines[0] == r"# \# Two \#\# Three"
    assert [line for line in lines if line.startswith("\\")] == [r"\1. one", r"\- two", r"\=="]
    assert text("snake_case and _this_") == r"snake_case and \_this\_"
    assert Code("x").is_code


def test_the_command_prints_it_and_names_what_there_is() -> None:
    doorstep()
    out = io.StringIO()
    call_command("workflow", "document", "doorstep", stdout=out)
    assert out.getvalue().startswith("# Order to doorstep\n")
    with pytest.raises(CommandError, match="There are: doorstep"):
        call_command("workflow", "document", "doorstop")


def test_the_page_links_to_it_and_it_is_downloaded(admin_client: Client) -> None:
    job = doorstep()
    document = reverse("admin:integrations_workflow_document", args=[job.workflow_id])
    change = admin_client.get(reverse("admin:integrations_workflow_change", args=[job.workflow_id]))
    assert document in change.content.decode()
    page = admin_client.get(document)
    assert "data-print" in page.content.decode()
    download = admin_client.get(reverse("admin:integrations_workflow_markdown", args=[job.workflow_id]))
    assert download["Content-Type"] == "text/markdown; charset=utf-8"
    assert download["Content-Disposition"] == 'attachment; filename="doorstep.md"'
    assert download.content.decode().startswith("# Order to doorstep")


def test_it_is_for_those_who_may_see_all_that_it_tells() -> None:
    job = doorstep()
    seen = ["integrations.view_workflow", "integrations.view_syncjob", "integrations.view_connection"]
    for permissions, status in ((seen, 403), ([*seen, "mappings.view_mapping"], 200)):
        client = Client()
        client.force_login(factories.user(*permissions))
        for name in ("document", "markdown"):
            address = reverse(f"admin:integrations_workflow_{name}", args=[job.workflow_id])
            assert client.get(address).status_code == status
        change = client.get(reverse("admin:integrations_workflow_change", args=[job.workflow_id]))
        assert ("All of it on one page" in change.content.decode()) is (status == 200)


def test_an_empty_workflow_is_documented_too() -> None:
    found = as_markdown(document_of(factories.workflow(name="Bare")))
    for words in ("No job belongs to it yet.", "No job carries a field yet.", "nobody is named"):
        assert words in found


def test_it_costs_as_many_queries_with_a_long_history(admin_client: Client) -> None:
    job = doorstep()
    address = reverse("admin:integrations_workflow_markdown", args=[job.workflow_id])
    admin_client.get(address)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as seen:
            admin_client.get(address)
        counts.append(len(seen))
        for place in range(40):
            job.retry_limit = place
            job.save()
    assert counts[0] == counts[1]
