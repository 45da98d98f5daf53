"""Parcels that nobody was told of, as a list of their own."""

from __future__ import annotations

from integrations.models import Delivery


class UnannouncedParcel(Delivery):
    """A Delivery, seen in the list “Shipped, not announced”: `monitoring.announcements` says which they are."""

    class Meta:
        proxy = True
        default_permissions = ()
        verbose_name = "shipped, not announced"
        verbose_name_plural = "shipped, not announced"
