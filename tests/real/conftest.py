from __future__ import annotations

import pytest

from tests.real.carrier import Carrier
from tests.real.payments import Payments
from tests.real.shop import Shop


@pytest.fixture(scope="session")
def shop() -> Shop:
    """It is left running: starting it takes a minute, and `stop.sh vendure` beside it ends it."""
    return Shop.start()


@pytest.fixture(scope="session")
def carrier() -> Carrier:
    """It is left running too: its first start takes two minutes, and `stop.sh karrio` ends it."""
    return Carrier.start()


@pytest.fixture(scope="session")
def payments() -> Payments:
    """It is left running as well; `stop.sh localstripe` ends it."""
    return Payments.start()
