"""The person who gives the warehouse's access, at first and whenever it has ended."""

from __future__ import annotations

from integrations.connectors.oauth import new_question
from integrations.models import Connection
from integrations.sync import consent
from tests.sandbox.consenting import answered

BACK = "http://127.0.0.1/connected"


def give(connection: Connection) -> None:
    question = new_question(BACK)
    _, told = answered(consent.page(connection, question))
    consent.accept(connection, question, told)
