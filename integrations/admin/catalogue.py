"""The catalogue: which systems can be connected, and what to know before."""

from __future__ import annotations

from django.http import Http404, HttpRequest

from integrations.connectors import catalogue, registry
from integrations.connectors.catalogue import PlatformEntry
from integrations.connectors.facts import Group


def found(request: HttpRequest) -> list[tuple[Group, list[PlatformEntry]]]:
    """What fits the words that were searched for: a name, a group or a resource."""
    words = request.GET.get("q", "").lower().split()
    kept = []
    for group, entries in catalogue.entries():
        here = [entry for entry in entries if all(word in _searched(entry) for word in words)]
        if here:
            kept.append((group, here))
    return kept


def _searched(entry: PlatformEntry) -> str:
    return " ".join((entry.label, entry.facts.group, *entry.reads, *entry.writes)).lower()


def of(platform: str) -> PlatformEntry:
    if platform not in registry.platforms():
        raise Http404(f"There is no connector for {platform}.")
    return catalogue.entry(platform)
