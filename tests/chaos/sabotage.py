"""Takes out one guard, so that a test can see that the suite notices. The third, the lock of a key, is an index of
the database: the test drops it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone

from integrations.models import Batch
from integrations.sync import connect, intents
from integrations.sync.claim import Lease

INTENT, LEASE, ACCESS = "intent", "lease", "access"
NO_LOCK = "DROP INDEX one_open_intent_per_key"


def install(guard: str) -> None:
    """Raises KeyError for a guard that nobody knows."""
    owner, name, without = {
        INTENT: (intents, "store", _store_nothing),
        LEASE: (Lease, "renew", _renew_in_any_case),
        ACCESS: (connect, "_claimed", _renew_beside_another),
    }[guard]
    getattr(owner, name)
    setattr(owner, name, without)


def _store_nothing(made: Sequence[Any], lease: Lease) -> dict[str, int]:
    """The write leaves, and nobody has written down that it would."""
    numbers = itertools.count(-1, -1)
    return {intent.key: next(numbers) for intent in made}


def _renew_beside_another(*_: Any) -> bool:
    """Without looking whether another worker is about to renew the access."""
    return True


def _renew_in_any_case(lease: Lease) -> None:
    """Without the condition that the lease is still ours."""
    Batch.objects.filter(pk=lease.batch.pk).update(
        lease_until=timezone.now() + timedelta(seconds=lease.seconds), remaining=lease.remaining()
    )
    lease.ends = time.monotonic() + lease.seconds
