"""Ids that are personal: some systems call a person by the e-mail address."""

from __future__ import annotations


def masked(external_id: str) -> str:
    """Enough of an address to be told from others; any other id as it is."""
    name, at, host = external_id.partition("@")
    return f"{name[:1]}•••@{host}" if at and "." in host else external_id
