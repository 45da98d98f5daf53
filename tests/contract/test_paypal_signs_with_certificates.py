"""A webhook counts by the key of a certificate of PayPal's own, and nobody else's counts."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from integrations.connectors import paypal as connector_module
from integrations.connectors import registry
from integrations.connectors.base import Connector, SignatureRefused
from integrations.connectors.paypal import PayPal
from integrations.exceptions import Failure, Kind
from integrations.http.client import HttpClient, Request, Response
from integrations.http.guard import Guard
from tests.contract.dialects.paypal import (
    CERTIFICATE,
    DIALECT,
    WEBHOOK_ID,
    capture,
    event,
    signed,
)
from tests.integrations.answering import Says

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAY = timedelta(days=1)


class Certificates:
    """In PayPal's place: gives a certificate, and keeps what it was asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.key = generate_private_key(65537, 2048)
        self.asked: list[str] = []
        self.says: Says = Says(raw=self._certificate())
        monkeypatch.setattr(connector_module, "KEYS", type(connector_module.KEYS)())
        monkeypatch.setattr(HttpClient, "send", self._send)

    def _certificate(self) -> bytes:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "messageverificationcerts.paypal.com")])
        made = (
            x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(self.key.public_key())
        )
        made = made.serial_number(7).not_valid_before(NOW).not_valid_after(NOW + DAY)
        return made.sign(self.key, SHA256()).public_bytes(Encoding.PEM)

    def _send(self, request: Request) -> Response:
        self.asked.append(request.path)
        return Response(self.says.status, {}, self.says.content(), None, request, request.path)

    def headers(self, raw: bytes, address: str = CERTIFICATE) -> dict[str, str]:
        told = signed(raw, "t-1", "2026-11-26T12:00:00Z") | {"PAYPAL-CERT-URL": address}
        message = f"t-1|2026-11-26T12:00:00Z|{WEBHOOK_ID}|{zlib.crc32(raw)}".encode()
        signature = self.key.sign(message, PKCS1v15(), SHA256())
        return told | {"PAYPAL-TRANSMISSION-SIG": base64.b64encode(signature).decode()}


@pytest.fixture
def certificates(monkeypatch: pytest.MonkeyPatch) -> Certificates:
    made = Certificates(monkeypatch)
    # As a function of the class it would be given the client itself first.
    monkeypatch.setattr(HttpClient, "send", lambda client, request: made._send(request))
    return made


@pytest.fixture
def listener() -> Iterator[Connector]:
    made = registry.get("paypal")({}, DIALECT.secrets, guard=Guard(ports=()))
    yield made
    made.close()


RAW = event("PAYMENT.CAPTURE.COMPLETED", capture("7AB"), "capture")


def test_the_certificate_is_fetched_once_and_its_key_counts(
    certificates: Certificates, listener: Connector
) -> None:
    for _ in range(2):
        (told,) = listener.verify_webhook(certificates.headers(RAW), RAW)
        assert told.external_id == "7AB"
    assert certificates.asked == ["/v1/notifications/certs/CERT-360caa42-fca2a594-a5cafa77"]


@pytest.mark.parametrize(
    "address",
    [
        "https://example.com/v1/notifications/certs/CERT-1",
        "https://paypal.com.example.com/v1/notifications/certs/CERT-1",
        "https://examplepaypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com@example.com/v1/notifications/certs/CERT-1",
        f"https://someone{'@'}api.paypal.com/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
        "https://api.paypal.com:x/v1/notifications/certs/CERT-1",
        "https://www.paypal.com/what/anybody/put/there",
        "https://api.paypal.com/v1/notifications/certs/../../../what/anybody/put/there",
        "http://api.paypal.com/v1/notifications/certs/CERT-1",
        "https://[api.paypal.com/v1/notifications/certs/CERT-1",
        "/v1/notifications/certs/CERT-1",
    ],
)
def test_a_certificate_from_elsewhere_is_not_even_fetched(
    certificates: Certificates, listener: Connector, address: str
) -> None:
    with pytest.raises(SignatureRefused):
        listener.verify_webhook(certificates.headers(RAW, address), RAW)
    assert certificates.asked == []


def test_a_sandbox_has_certificates_of_its_own(certificates: Certificates, listener: Connector) -> None:
    address = "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-2"
    assert listener.verify_webhook(certificates.headers(RAW, address), RAW)


def test_another_way_of_signing_is_refused(certificates: Certificates, listener: Connector) -> None:
    with pytest.raises(SignatureRefused):
        listener.verify_webhook(certificates.headers(RAW) | {"PAYPAL-AUTH-ALGO": "none"}, RAW)


@pytest.mark.parametrize("says", [Says(raw=b"<html>"), Says(raw=b"", status=404)])
def test_what_is_no_certificate_proves_nothing(
    certificates: Certificates, listener: Connector, says: Says
) -> None:
    certificates.says = says
    with pytest.raises(SignatureRefused):
        listener.verify_webhook(certificates.headers(RAW), RAW)


def test_while_paypal_does_not_answer_the_event_is_to_be_sent_again(
    certificates: Certificates, listener: Connector
) -> None:
    certificates.says = Says(raw=b"", status=503)
    with pytest.raises(Failure) as caught:
        listener.verify_webhook(certificates.headers(RAW), RAW)
    assert caught.value.kind is Kind.TRANSIENT
    certificates.says = Says(raw=certificates._certificate())
    assert listener.verify_webhook(certificates.headers(RAW), RAW)


def test_names_of_certificates_that_there_are_not_hold_up_one_thread_alone(
    certificates: Certificates, listener: Connector
) -> None:
    assert isinstance(listener, PayPal)
    with connector_module.KEYS._asking, pytest.raises(Failure) as caught:
        listener.verify_webhook(certificates.headers(RAW), RAW)
    assert (caught.value.kind, certificates.asked) == (Kind.TRANSIENT, [])
