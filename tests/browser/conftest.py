"""One Chromium for all tests here: each has a context of its own, and starting the browser is what takes long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser.steps import browser


@pytest.fixture(scope="package")
def chromium_for_all() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture
def opened(chromium_for_all: Any) -> Iterator[Any]:
    yield chromium_for_all
    for context in chromium_for_all.contexts:
        context.close()
