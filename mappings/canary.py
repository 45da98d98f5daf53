"""Whether the present keys fit what is stored: asked at start, before a secret is needed and cannot be read."""

from __future__ import annotations

from .fields import SecretUnreadable
from .models import KeyCanary

SONG = "the keys fit"


def keys_fit() -> bool:
    """Reads back a word that the first start stored under its keys; there and then, it stores it."""
    try:
        row = KeyCanary.objects.order_by("pk").first()
    except SecretUnreadable:
        return False
    if row is None:
        KeyCanary.objects.create(value=SONG)
    return True
