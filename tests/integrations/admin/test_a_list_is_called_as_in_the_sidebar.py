from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.test import Client

from tests import factories

pytestmark = pytest.mark.django_db

STYLES = settings.ROOT / "integrations" / "static" / "portal" / "portal.css"


def lists() -> list[dict[str, Any]]:
    groups = settings.UNFOLD["SIDEBAR"]["navigation"]
    paths = {f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry}
    return [item for group in groups for item in group["items"] if str(item["link"]) in paths]


def test_a_list_is_called_as_in_the_sidebar(client: Client) -> None:
    client.force_login(factories.administrator())
    called = {}
    for item in lists():
        page = client.get(str(item["link"])).content.decode()
        title = re.search(r"<title>\s*(.*?) \| Crossdock\s*</title>", page)
        called[item["title"]] = title[1] if title else None

    assert len(called) > 30
    assert called == {name: name for name in called}


def test_the_path_above_a_page_calls_its_list_as_the_sidebar_does(client: Client) -> None:
    client.force_login(factories.administrator())
    job = factories.job()

    page = client.get(f"/admin/integrations/syncjob/{job.pk}/change/").content.decode()

    assert re.search(r'<a href="/admin/integrations/syncjob/"[^>]*>Jobs</a>', page)


def test_a_count_below_a_list_names_its_rows(client: Client) -> None:
    client.force_login(factories.administrator())
    factories.job()

    page = client.get("/admin/integrations/syncjob/").content.decode()

    assert re.search(r'data-result-count="1">\s*1\s*job\s*<', page)


def test_what_stands_to_the_right_is_a_column_of_some_list_with_its_head() -> None:
    styles = STYLES.read_text("utf-8")
    aligned = re.search(r"result-list :is\((\.field-accepted[^)]*)\)", styles)
    heads = re.search(r"result-list :is\((\.column-accepted[^)]*)\)", styles)
    assert aligned is not None
    assert heads is not None
    names = set(re.findall(r"\.field-(\w+)", aligned[1]))

    shown = {str(name) for of in admin.site._registry.values() for name in of.list_display}
    assert names == set(re.findall(r"\.column-(\w+)", heads[1]))
    assert names - shown == set()
