"""A connection to the sandbox's shop that is let in by a person's yes, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from integrations.connectors.oauth import new_question
from integrations.models import Connection
from integrations.sync import consent
from tests import factories
from tests.sandbox.consenting import answered
from tests.sandbox.running import SandboxProcess

BACK = "http://testserver/admin/integrations/connection/connected/"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxProcess]:
    running = SandboxProcess(tmp_path_factory.mktemp("sandbox")).start()
    yield running
    running.kill()


@pytest.fixture
def shop(db: None, sandbox: SandboxProcess, settings: Settings) -> Connection:
    settings.PRIVATE_NETWORKS = ["127.0.0.0/8"]
    sandbox.control("POST", "/reset", {})
    return factories.connection(
        name="Shop",
        platform="rest",
        settings={"declaration": declaration(sandbox)},
        secrets={"client_id": "shop", "client_secret": sandbox.tokens["shop"]},
    )


def declaration(sandbox: SandboxProcess) -> dict[str, Any]:
    return {
        "label": "Shop",
        "base_url": f"{sandbox.base}/shop",
        "oauth": {
            "authorize_url": f"{sandbox.base}/shop/authorize",
            "token_url": f"{sandbox.base}/shop/token",
        },
        "errors": [{"status": 401, "when": "errors[?code == 'token_expired']", "kind": "expired"}],
        "resources": {"orders": {"list": {"path": "/orders", "records": "orders"}}},
    }


def says(page: str, answer: str = "yes") -> dict[str, str]:
    """What the platform sends back with the browser after a person's answer."""
    address, told = answered(page, answer)
    assert address == BACK
    return told


def connected(shop: Connection) -> None:
    question = new_question(BACK)
    consent.accept(shop, question, says(consent.page(shop, question)))
