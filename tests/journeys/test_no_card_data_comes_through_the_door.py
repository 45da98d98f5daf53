"""A provider that tells too much: nothing of a card is stored, neither where it is read nor where it is refused."""

from __future__ import annotations

import json
import re
import time

import pytest

from integrations.models import Batch, BookedPayment, ErrorRecord, Intent, SyncJob
from integrations.sync import pull, steer
from integrations.sync.parcels import from_plain
from integrations.webhooks import envelope

from .paying import Till
from .world import World

PAN, SPACED = "4242424242424242", "4242 4242 4242 4242"
TOLD = {
    "amount": 1250,
    "currency": "EUR",
    "order_number": "1001",
    "card": {"brand": "visa", "last4": "4242", "number": PAN, "cvc": "737"},
    "note": f"customer's card is {SPACED}",
    "cvv": "737",
}


@pytest.fixture
def till(world: World) -> Till:
    made = Till(world.sandbox)
    made.configure()
    return made


def assert_nothing_of_a_card(*texts: object) -> None:
    for text in map(str, texts):
        for forbidden in (PAN, SPACED, "4242", "737", "visa"):
            # By itself: the seconds of a time may hold the same digits.
            assert not re.search(rf"(?<!\d){forbidden}(?!\d)", text), forbidden


def test_it_is_in_no_batch_no_book_and_no_error(world: World, till: Till) -> None:
    till.at_provider("payments", "payments", **TOLD)
    # A second one cannot be booked: its currency is none.
    till.at_provider("payments", "payments", **{**TOLD, "currency": "XXXX"})
    job = SyncJob.objects.get(key="money-payments-payments")
    steer.run_now(job)
    assert pull.pull(job.pk, time.monotonic() + 30)
    stored = [parcel for batch in Batch.objects.filter(job=job) for parcel in from_plain(batch.payloads)]
    assert len(stored) == 2
    assert_nothing_of_a_card(*(parcel.payload for parcel in stored))
    till.carry()
    assert_nothing_of_a_card(*BookedPayment.objects.values())
    (error,) = ErrorRecord.objects.all()
    assert_nothing_of_a_card(error.sentence, error.evidence, error.payload)
    assert_nothing_of_a_card(*(intent.call for intent in Intent.objects.all()))


def test_a_webhooks_own_words_are_kept_without_it() -> None:
    told = {"type": "charge.succeeded", "data": {"object": {"card": {"last4": "4242"}, "note": SPACED}}}
    kept = envelope.readable(json.dumps(told).encode())
    assert "charge.succeeded" in kept
    assert_nothing_of_a_card(kept, envelope.readable(f"card={PAN}".encode()))
