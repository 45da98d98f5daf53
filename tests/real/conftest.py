from __future__ import annotations

import pytest

from tests.real.shop import Shop


@pytest.fixture(scope="session")
def shop() -> Shop:
    """It is left running: starting it takes a minute, and `stop.sh vendure` beside it ends it."""
    return Shop.start()
