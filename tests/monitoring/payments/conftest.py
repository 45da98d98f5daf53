from __future__ import annotations

import pytest

from tests.monitoring.payments.booked import Ledger


@pytest.fixture
def ledger(db: None) -> Ledger:
    return Ledger()
