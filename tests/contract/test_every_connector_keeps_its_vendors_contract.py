"""What each connector says to its vendor is judged by the vendor's own document, and so is what it is answered here."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from integrations.connectors import registry, signatures
from integrations.connectors.base import Connector, Page, SignatureRefused, WebhookEvent, WriteContext
from integrations.connectors.facts import Verified
from integrations.exceptions import Failure
from integrations.http.guard import Guard
from tests.contract.dialect import Dialect, Hook, Reading, Refusal, Writing, dialects
from tests.contract.vendor import Vendor

DIALECTS = dialects()
# What an operator declares, and what is no vendor's.
OF_NO_VENDOR = {
    "books",
    "folder",
    "graphql",
    "rest",
    "sandbox_crm",
    "sandbox_desk",
    "sandbox_mail",
    "sandbox_payments",
    "sandbox_shop",
    "sandbox_warehouse",
    "sftp",
    "sql",
}


def parts(what: str) -> list[Any]:
    """Of all dialects, as parameters with readable names."""
    return [
        pytest.param(dialect, part, id=f"{name}-{_name_of(part)}")
        for name, dialect in DIALECTS.items()
        for part in getattr(dialect, what)
    ]


def _name_of(part: Any) -> str:
    if isinstance(part, Refusal | Hook):
        return part.name
    if isinstance(part, Writing):
        return f"{part.operation}-{part.resource}"
    assert isinstance(part, Reading)
    return f"{part.resource}{'-not-final' if part.not_final else ''}{'-since' if part.since else ''}"


@pytest.fixture
def vendor(dialect: Dialect) -> Iterator[Vendor]:
    made = dialect.vendor()
    yield made
    made.close()
    assert not made.problems, "\n".join(made.problems)


def test_every_platform_is_held_to_this() -> None:
    assert set(DIALECTS) == set(registry.platforms()) - OF_NO_VENDOR


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_what_is_not_checked_against_the_vendor_says_so(name: str) -> None:
    is_checked = DIALECTS[name].contract is not None
    facts = registry.get(name).facts
    assert is_checked or facts.verified is not Verified.CONTRACT
    assert not is_checked or facts.verified is not Verified.UNVERIFIED


def turned(connector: Connector, reading: Reading, position: Any) -> Page:
    return connector.read(
        reading.resource, since=reading.since, position=position, not_final=reading.not_final
    )


@pytest.mark.parametrize(("dialect", "reading"), parts("readings"))
def test_a_list_is_read_to_its_end_and_goes_on_where_it_was(
    dialect: Dialect, reading: Reading, vendor: Vendor
) -> None:
    """Each page by a connector of its own, which knows no more than the position that was kept."""
    vendor.on(reading.path, reading.page)
    pages: list[Page] = []
    position = None
    while not pages or position is not None:
        connector = dialect.connector(vendor)
        page = turned(connector, reading, position)
        connector.close()
        pages.append(page)
        position = json.loads(json.dumps(page.next_position))
        assert len(pages) < 20, "the read does not end"
    told = [item.external_id for page in pages for item in page.items]
    assert list(dict.fromkeys(told)) == list(reading.ids)
    assert sum(bool(page.items) for page in pages) >= 2
    hidden_everywhere(dialect, json.dumps([[page.next_position, page.notices] for page in pages]))


@pytest.mark.parametrize(("dialect", "writing"), parts("writings"))
def test_a_write_said_twice_is_the_same_call_and_has_one_effect(
    dialect: Dialect, writing: Writing, vendor: Vendor
) -> None:
    sent = [written(dialect, writing, vendor) for _ in range(2)]
    assert sent[0] == sent[1]
    able = dialect.connector(vendor).resources()[writing.resource]
    prepared = prepare(dialect.connector(vendor), writing, 0, [])
    is_settled = bool(prepared.key) or prepared.is_repeatable or able.lookup
    assert is_settled != writing.asks_a_person


def written(dialect: Dialect, writing: Writing, vendor: Vendor) -> list[Any]:
    """Method, path, query, body and key of each call."""
    connector = dialect.connector(vendor)
    vendor.asked.clear()
    for call, says in writing.answers.items():
        vendor.on(call, says)
    steps = connector.resources()[writing.resource].steps[writing.operation]
    known: list[str] = []
    keys = []
    for step in range(steps):
        call = prepare(connector, writing, step, known)
        hidden_everywhere(dialect, json.dumps(call.to_json()))
        before = len(vendor.asked)
        answer = connector.send(call)
        known.append(answer.external_id or (known[0] if known else writing.given))
        keys.append(call.key)
        # A look-up may go before what is written.
        texts = [text for one in vendor.asked[before:] for text in (*one.headers.values(), one.raw.decode())]
        assert not call.key or any(call.key in text for text in texts)
    assert known[0] == writing.external_id
    asked = [(one.method, one.path, one.query, one.raw) for one in vendor.asked]
    connector.close()
    return [asked, keys]


def prepare(connector: Connector, writing: Writing, step: int, known: list[str]) -> Any:
    external_id = writing.given or (known[0] if known else None)
    context = WriteContext(writing.operation, writing.body, external_id, ids={**writing.ids, "steps": known})
    return connector.prepare(writing.resource, context, step, "key-0123456789abcdef")


@pytest.mark.parametrize(("dialect", "refusal"), parts("refusals"))
def test_a_refusal_is_understood(dialect: Dialect, refusal: Refusal, vendor: Vendor) -> None:
    connector = dialect.connector(vendor)
    with pytest.raises(Failure) as caught:
        refused(dialect, vendor, connector, refusal)
    failure = caught.value
    assert (failure.kind, failure.code) == (refusal.kind, refusal.code)
    if refusal.retry_after is not None:
        assert failure.retry_after == pytest.approx(refusal.retry_after, abs=1.5)
    hidden_everywhere(dialect, json.dumps([failure.sentence, failure.evidence], default=str))
    connector.close()


def refused(dialect: Dialect, vendor: Vendor, connector: Connector, refusal: Refusal) -> None:
    """By the first list; where nothing can be read, by the first write."""
    if dialect.readings:
        reading = dialect.readings[0]
        vendor.on(reading.path, refusal.says)
        turned(connector, reading, None)
        return
    writing = dialect.writings[0]
    for call in writing.answers:
        vendor.on(call, refusal.says)
    connector.send(prepare(connector, writing, 0, []))


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_too_fast_and_not_let_in_are_among_what_is_tried(name: str) -> None:
    codes = {refusal.code for refusal in DIALECTS[name].refusals}
    assert "rate_limited" in codes
    assert codes & {"unauthorized", "token_expired"}


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    return lambda moment: monkeypatch.setattr(signatures, "utc_now", lambda: moment)


@pytest.mark.parametrize(("dialect", "hook"), parts("hooks"))
def test_a_webhook_is_taken_only_as_the_vendor_signed_it(
    dialect: Dialect, hook: Hook, clock: Callable[[datetime], None]
) -> None:
    def verified(
        headers: dict[str, str] | None = None, raw: bytes | None = None, secret: str | None = None
    ) -> list[WebhookEvent]:
        kind = registry.get(dialect.platform)
        secrets = {**dialect.secrets, "webhook_secret": hook.secret if secret is None else secret}
        settings = {"base_url": "https://203.0.113.5", **dialect.settings}
        connector = kind(settings, secrets, guard=Guard(ports=()))
        try:
            return connector.verify_webhook(
                hook.headers if headers is None else headers, hook.raw if raw is None else raw, hook.url
            )
        finally:
            connector.close()

    clock(hook.at)
    told = [(event.topic, event.resource, event.external_id) for event in verified()]
    assert told == list(hook.events)
    for name in hook.signed_by:
        with pytest.raises(SignatureRefused):
            verified(headers={key: value for key, value in hook.headers.items() if key != name})
    for secret in ("another secret", ""):
        with pytest.raises(SignatureRefused):
            verified(secret=secret)
    if hook.signs_body:
        with pytest.raises(SignatureRefused):
            verified(raw=bytes([hook.raw[0] ^ 1]) + hook.raw[1:])
    if hook.is_timed:
        clock(hook.at + timedelta(hours=1))
        with pytest.raises(SignatureRefused):
            verified()


@pytest.mark.parametrize("name", sorted(DIALECTS))
def test_whoever_sends_webhooks_is_tried_with_one(name: str) -> None:
    facts = registry.get(name).facts
    assert bool(facts.webhooks) == bool(DIALECTS[name].hooks)


def hidden_everywhere(dialect: Dialect, text: str) -> None:
    for secret in dialect.secrets.values():
        assert secret not in text


@pytest.mark.parametrize("name", sorted(registry.platforms()))
def test_the_catalogue_can_tell_of_it(name: str) -> None:
    facts = registry.get(name).facts
    assert facts.credentials
    assert facts.verified_against
    assert facts.limits
    told = (*facts.credentials, *facts.traps, *facts.lacks, facts.limits)
    assert all(sentence.endswith(".") for sentence in told)
    assert name in OF_NO_VENDOR or facts.documentation.startswith("https://")
