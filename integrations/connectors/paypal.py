"""PayPal: https://developer.paypal.com/api/rest

- There is no list of payments but the report of transactions: at most 31 days a call, three years back, and what
  happened appears in it up to three hours late (https://developer.paypal.com/docs/api/transaction-search/v1).
- A row of the report and a capture or a refund that is fetched look differently; the presets read both.
- A POST with the same PayPal-Request-Id has its effect once (https://developer.paypal.com/api/rest/requests).
- A webhook is signed over its id, its time, the webhook's id and a checksum of its body
  (https://developer.paypal.com/api/rest/webhooks/rest).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any
from urllib.parse import quote, urlsplit

import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from integrations.connectors import public_keys
from integrations.connectors.base import Call, Page, SettingField, TestReport, WebhookEvent, WriteContext
from integrations.connectors.facts import Facts, Group, Verified
from integrations.connectors.http import BASE_URL, DeclaredConnector
from integrations.connectors.native import native_of
from integrations.connectors.paypal_declaration import ADDRESS, DECLARATION, TOO_MANY
from integrations.connectors.templates import expression
from integrations.connectors.times import utc_now
from integrations.exceptions import Failure, SignatureRefused
from integrations.http.client import HttpClient, Request

# With what is read again it stays below 31 days.
WINDOW = timedelta(days=30)
SMALLEST_WINDOW = timedelta(hours=1)
OLDEST_TRANSACTIONS = timedelta(days=3 * 365 - 2)
OLDEST_DISPUTES = timedelta(days=179)
# https://developer.paypal.com/api/rest/reference/currency-codes
WITHOUT_DECIMALS = ("HUF", "JPY", "TWD")
CERTIFICATES = "/v1/notifications/certs/"
KEYS = public_keys.PublicKeys()
# Where a person sees what the API at the address tells.
PAGES = {"api-m.paypal.com": "www.paypal.com", "api-m.sandbox.paypal.com": "www.sandbox.paypal.com"}
OF_PAYMENT = expression("resource.links[?rel == 'up'] | [0].href", "")


class PayPal(DeclaredConnector):
    platform = "paypal"
    label = "PayPal"
    settings_fields = (
        SettingField(
            BASE_URL.name,
            "Address",
            kind="url",
            required=False,
            default=ADDRESS,
            help_text="Live: https://api-m.paypal.com. Sandbox: https://api-m.sandbox.paypal.com.",
        ),
        SettingField("client_id", "Client ID of the app", secret=True),
        SettingField("client_secret", "Secret of the app", secret=True),
        SettingField(
            "webhook_secret",
            "Webhook ID",
            required=False,
            secret=True,
            help_text="PayPal signs each event for this id. “Order webhooks” fills it in.",
        ),
    )
    facts = Facts(
        group=Group.PAYMENTS,
        documentation="https://developer.paypal.com/api/rest",
        native_integrations=native_of("paypal"),
        credentials=(
            "Log in at developer.paypal.com with the business account, and choose Sandbox or Live above.",
            "Open Apps & Credentials and click “Create App”, of the type Merchant.",
            "In the app switch on “Transaction search”, “Disputes” and “Add tracking information”, and save.",
            "Copy the Client ID and the secret.",
        ),
        verified=Verified.CONTRACT,
        verified_against="PayPal's OpenAPI documents of February 2024 (payments v2, transaction search, disputes, "
        "tracking, webhooks); signatures are tried with a certificate of our own",
        limits="PayPal names no number and answers 429 when it is too fast; Crossdock makes up to 5 calls a second.",
        traps=(
            "A payment appears in the report up to three hours after it was made; a webhook tells it at once.",
            "The report does not tell partial refunds at the payment: webhooks do, and each refund is read anyway.",
            "Forint, yen and Taiwan dollars have no decimals at PayPal.",
            "After “Transaction search” is switched on, the first call may be refused for some hours.",
            "Which order it is stands in the invoice id and the custom id, as the shop's plugin writes them.",
        ),
        lacks=(
            "PayPal has no list of orders or customers.",
            "Which payments a transfer to the bank is made of is not told.",
            "The report reaches back three years, and disputes 180 days.",
            "Payments that are no captures, such as those of old subscriptions, are read and cannot be refunded.",
            "A refund cannot be found again by its reference, so a lost answer is settled by repeating it.",
        ),
        webhooks="Press “Order webhooks” at the connection. By hand: open the app in PayPal's developer dashboard → "
        "Add Webhook, with this connection's webhook address and the events Payment capture … and Customer dispute …. "
        "Then copy the Webhook ID.",
    )
    declaration = DECLARATION

    @classmethod
    def page_for(cls, settings: Mapping[str, Any], resource: str, external_id: str) -> str:
        """Payments and refunds: a person sees the test accounts' under an address of their own."""
        api = urlsplit(str(settings.get("base_url") or ADDRESS)).hostname
        if resource not in ("payments", "refunds") or api not in PAGES:
            return ""
        return f"https://{PAGES[api]}/activity/payment/{quote(external_id, safe='')}"

    # Reading.

    def read(
        self,
        resource: str,
        *,
        since: datetime | None,
        position: dict[str, Any] | None,
        not_final: bool = False,
    ) -> Page:
        if resource == "disputes":
            begin = since or utc_now() - OLDEST_DISPUTES
            page = super().read(resource, since=begin, position=position, not_final=not_final)
            return replace(page, next_position=_without_host(page.next_position))
        if resource not in ("payments", "refunds", "payouts"):
            return super().read(resource, since=since, position=position, not_final=not_final)
        now = utc_now()
        at = dict(position or {})
        first = (now - WINDOW if not_final else since) or now - OLDEST_TRANSACTIONS
        begin = _moment(at.pop("from", None)) or first
        end = _moment(at.pop("until", None)) or min(begin + WINDOW, now)
        page, end = self._window(resource, begin, end, at, not_final)
        following: dict[str, Any] | None = None
        if page.next_position is not None:
            following = {**page.next_position, "from": begin.isoformat(), "until": end.isoformat()}
        elif now - end > SMALLEST_WINDOW:
            # What came in while this was read is for the next read, or a read would never end.
            following = {"from": end.isoformat()}
        return Page(page.items, following, notices=page.notices)

    def _window(
        self, resource: str, begin: datetime, end: datetime, at: dict[str, Any], not_final: bool
    ) -> tuple[Page, datetime]:
        """A page of what happened in that time; of a shorter one where PayPal finds it too much."""
        listing = self._listing(resource, not_final)
        while True:
            try:
                call = partial(listing.read, self.client, self.settings, begin, at or None, end, self._turn)
                return self._in_session(("read", resource), call), end
            except Failure as failure:
                if failure.code != TOO_MANY or at or end - begin <= SMALLEST_WINDOW:
                    raise
                end = begin + (end - begin) / 2
                self._turn()

    def _try_call(self, report: TestReport) -> None:
        """The report is what most apps are not allowed to read at first."""
        self._turn()
        page = self.read("payments", since=utc_now() - timedelta(days=1), position=None)
        report.add("Reading payments", True, f"{len(page.items)} in the last day.")

    # Writing.

    def prepare(self, resource: str, context: WriteContext, step: int, key: str) -> Call:
        amount = context.body.get("amount")
        if resource in ("payments", "refunds") and isinstance(amount, Mapping):
            body = {**context.body, "amount": _as_paypal_counts(amount)}
            context = replace(context, body=body)
        return super().prepare(resource, context, step, key)

    # Webhooks.

    def verify_webhook(self, headers: Mapping[str, str], raw: bytes, url: str = "") -> list[WebhookEvent]:
        small = {name.lower(): value for name, value in headers.items()}
        self._check_signature(small, raw)
        assert self.plan.webhook is not None
        return [one for event in self.plan.webhook.heard(small, raw) for one in _told(event, raw)]

    def _check_signature(self, headers: Mapping[str, str], raw: bytes) -> None:
        """Without a limit of time: PayPal sends an event again for three days with the time of its first try."""
        webhook = str(self.secrets.get("webhook_secret") or "")
        if not webhook:
            raise SignatureRefused("The connection has no webhook id, so nothing can be verified.")
        names = ("transmission-id", "transmission-time", "transmission-sig", "cert-url", "auth-algo")
        told = {name: headers.get(f"paypal-{name}", "") for name in names}
        missing = [name for name, value in told.items() if not value]
        if missing:
            raise SignatureRefused(f"The header PayPal-{missing[0]} is missing.")
        if told["auth-algo"] != "SHA256withRSA":
            raise SignatureRefused("It is signed in a way that is not known.")
        address = _of_certificate(told["cert-url"])
        message = f"{told['transmission-id']}|{told['transmission-time']}|{webhook}|{zlib.crc32(raw)}"
        key = KEYS.get(address, self._asked_for(address))
        public_keys.check(key, told["transmission-sig"], message.encode())

    def _asked_for(self, address: str) -> Callable[[], dict[str, RSAPublicKey]]:
        """It is PayPal's own since it is PayPal's own host that gives it, by https."""

        def ask() -> dict[str, RSAPublicKey]:
            parts = urlsplit(address)
            client = HttpClient(
                f"https://{parts.hostname}",
                timeout=(3, 5, 6),
                guard=self._guard,
                max_bytes=65_536,
                name="PayPal",
            )
            try:
                answer = client.send(Request("GET", parts.path, headers={"Accept": "*/*"}, is_json=False))
                if answer.status == 404:
                    return {}
                client.check(answer)
            finally:
                client.close()
            return {address: public_keys.of_certificate(answer.raw)}

        return ask


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _without_host(position: dict[str, Any] | None) -> dict[str, Any] | None:
    """PayPal's links lead to api.paypal.com also when it was called as api-m.paypal.com. It is called as we know it."""
    if position is None or "url" not in position:
        return position
    parts = urlsplit(position["url"])
    return {**position, "url": f"{parts.path}?{parts.query}"}


def _as_paypal_counts(amount: Mapping[str, Any]) -> dict[str, Any]:
    """With the decimals that the currency has there. What does not fit stays as it is, and PayPal says why."""
    told = dict(amount)
    places = 0 if str(told.get("currency_code", "")).upper() in WITHOUT_DECIMALS else 2
    try:
        value = Decimal(str(told.get("value")))
        rounded = value.quantize(Decimal(1).scaleb(-places))
    except InvalidOperation:
        return told
    return {**told, "value": format(rounded if rounded == value else value, "f")}


def _of_certificate(address: str) -> str:
    """Whoever chooses the address chooses the key. Raises SignatureRefused for one that is none of PayPal's."""
    try:
        parts = urlsplit(address)
        port, host = parts.port, (parts.hostname or "").lower()
    except ValueError:
        parts, port, host = urlsplit(""), None, ""
    is_theirs = (
        host.endswith(".paypal.com") and parts.path.startswith(CERTIFICATES) and ".." not in parts.path
    )
    if parts.scheme != "https" or port not in (None, 443) or parts.username is not None or not is_theirs:
        raise SignatureRefused("The certificate is not at an address of PayPal's certificates.")
    return f"https://{host}{parts.path}"


def _told(event: WebhookEvent, raw: bytes) -> list[WebhookEvent]:
    """What is refunded changes the payment as well, which the refund names by a link. PayPal calls either of the two a
    reversal's resource."""
    body = orjson.loads(raw) if event.resource == "refunds" and event.external_id else {}
    if body.get("resource_type") == "capture":
        return [replace(event, resource="payments")]
    found = OF_PAYMENT(body)
    if not isinstance(found, str):
        return [event]
    payment = urlsplit(found).path.rpartition("/")[2]
    return [event, replace(event, resource="payments", external_id=payment, delivery_id=None)]
