"""Fixtures for tests of what speaks HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integrations.answering import Platform


@pytest.fixture
def platform() -> Iterator[Platform]:
    served = Platform()
    yield served
    served.close()
