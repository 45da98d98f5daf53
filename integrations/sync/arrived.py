"""Whether a write in doubt had arrived, as a person says: believed only where the destination does not contradict."""

from __future__ import annotations

from integrations.connectors.base import Connector, Item
from integrations.exceptions import Failure
from integrations.models import Delivery, ExternalId, Intent

from .connect import connect, with_login
from .leaving import Leaving


class Contradicted(Exception):
    """Why it cannot be so, for the person who said it."""


def check(intent: Intent, external_id: str) -> None:
    """Raises Contradicted where the id is another record's, or the destination does not have it, or knows this record
    under another. Network: call it outside any transaction."""
    leaving = Leaving.from_plain(intent.call)
    name = intent.destination.name
    if leaving.external_id and leaving.external_id != external_id:
        raise Contradicted(
            f"{name} knows this record as {leaving.external_id}: it is that one which was to be changed. Enter it."
        )
    other = (
        ExternalId.objects.filter(
            connection_id=intent.destination_id, resource=intent.resource, external_id=external_id
        )
        .exclude(thing_id=intent.thing_id)
        .first()
    )
    if other is not None:
        raise Contradicted(f"{external_id} is {_name_of(other)}, another record. Look again at {name}.")
    try:
        connector = connect(intent.destination)
        try:
            _ask(intent, connector, leaving.as_call().natural_key, external_id)
        finally:
            connector.close()
    except Failure as failure:
        raise Contradicted(f"{name} could not be asked whether it is there. {failure.sentence}") from failure


def _ask(intent: Intent, connector: Connector, natural_key: str, external_id: str) -> None:
    name = intent.destination.name
    able = connector.resources().get(intent.resource)
    if able is None:
        return

    def found(ask: str) -> Item | None:
        if ask == "fetch":
            return connector.fetch(intent.resource, external_id)
        return connector.lookup(intent.resource, natural_key)

    if able.fetch and with_login(intent.destination, connector, lambda: found("fetch")) is None:
        raise Contradicted(f"{name} has nothing under {external_id}. Look for a typing error.")
    if able.lookup and natural_key:
        there = with_login(intent.destination, connector, lambda: found("lookup"))
        if there is None:
            raise Contradicted(f"{name} has nothing of this record ({natural_key}). Choose “Send it again”.")
        if there.external_id != external_id:
            raise Contradicted(f"{name} has this record ({natural_key}) as {there.external_id}. Enter that.")


def _name_of(known: ExternalId) -> str:
    subject = (
        Delivery.objects.filter(thing_id=known.thing_id).exclude(subject="").values_list("subject", flat=True)
    )
    return subject.first() or "known"
