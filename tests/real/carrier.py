"""A real Karrio with a carrier of its own, as its staff use it: apart from the connector, so that it can testify."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit

from tests.conftest import REFERENCE

FOLDER = REFERENCE / "real" / "karrio"
ADDRESS = "http://127.0.0.1:8712"
KEY = "key_local0000000000000000000000000001"
# Its first start installs it and makes its tables.
LONGEST_START = 420


class Carrier:
    @classmethod
    def start(cls) -> Carrier:
        """Starts it, with one carrier that sells local_standard (4.90 €) and local_express (11.50 €) in Germany."""
        start = ["bash", str(FOLDER / "start.sh")]
        subprocess.run(start, check=True, timeout=LONGEST_START, capture_output=True)
        carrier = cls()
        if not carrier.ask("GET", "/v1/connections")["results"]:
            seed = [sys.executable, str(FOLDER / "seed.py"), ADDRESS]
            subprocess.run(seed, check=True, timeout=60, capture_output=True)
        return carrier

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(ADDRESS).netloc, timeout=60)
        headers = {"Authorization": f"Token {KEY}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = connection.getresponse()
            said = json.loads(answer.read())
        finally:
            connection.close()
        assert answer.status < 300, said
        return said

    def shipment(self, external_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("GET", f"/v1/shipments/{external_id}")
        return found

    def shipments(self, reference: str) -> list[dict[str, Any]]:
        """Of this very reference; the server also finds what begins with it."""
        found = self.ask("GET", f"/v1/shipments?limit=1000&reference={reference}")["results"]
        return [shipment for shipment in found if shipment["reference"] == reference]
