"""What no list shows is asked for one by one: as many at a time as the job calls, no more than the platform bears."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from integrations.configuration.apply import apply
from integrations.configuration.plan import plan
from monitoring.audits import auditor
from monitoring.audits.foreground import run_to_end
from monitoring.models import Audit, AuditRun
from tests.growth.audits import CONFIGURATION
from tests.integrations.answering import Asked, Platform, Says

pytestmark = pytest.mark.django_db(transaction=True)

ARTICLES, AT_A_TIME = 16, 8


class OneByOne(Platform):
    """The channel lists nothing. `together` of its answers leave at the same moment, or none does."""

    def __init__(self, together: int) -> None:
        super().__init__()
        self.most = self.inside = 0
        self.lock, self.barrier = threading.Lock(), threading.Barrier(together, timeout=5)
        names = [f"SKU-{number}" for number in range(1, ARTICLES + 1)]
        rows = [{"id": name, "sku": name, "location": "M", "on_hand": 7, "allocated": 0} for name in names]
        self.on("/here/stock", Says({"stock": rows, "next": None}))
        for name in names:
            self.on(f"/there/stock/{name}", self._one)

    def _one(self, asked: Asked) -> Says:
        with self.lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        try:
            self.barrier.wait()
        except threading.BrokenBarrierError:
            return Says({"error": "alone"}, status=400)
        finally:
            with self.lock:
                self.inside -= 1
        name = asked.path.rpartition("/")[2]
        return Says({"id": name, "sku": name, "available": 6 if name == "SKU-5" else 7})


def compared(platform: Platform, limits: str = "") -> AuditRun:
    text = CONFIGURATION.replace(
        "            list: {path: /stock, records: stock, paging: {style: cursor, param: cursor, next: next}}\n",
        "",
    ).replace("        label: Channel\n", f"        label: Channel\n{limits}")
    assert text.count("records: stock") == 1
    apply(plan(text, {"BASE": f"http://127.0.0.1:{platform.port}"}))
    return run_to_end(Audit.objects.get(key="shelves"), 20.0, lambda _: None)


@pytest.fixture
def platforms() -> Iterator[list[Platform]]:
    made: list[Platform] = []
    yield made
    for platform in made:
        platform.close()


def test_as_many_at_a_time_as_the_job_calls(platforms: list[Platform]) -> None:
    platform = OneByOne(AT_A_TIME)
    platforms.append(platform)
    run = compared(platform)
    assert (run.state, run.compared, run.agree, run.differ) == ("finished", 16, 15, 1), run.sentence
    assert platform.most == AT_A_TIME
    assert run.read_calls == 17, "one page, and each record once"


def test_never_more_than_the_platform_bears(platforms: list[Platform]) -> None:
    platform = OneByOne(2)
    platforms.append(platform)
    run = compared(platform, "        limits: {concurrent: 2}\n")
    assert (run.state, run.compared, run.agree) == ("finished", 16, 15), run.sentence
    assert platform.most == 2


class AsksToWait(OneByOne):
    """Each tenth question about a single record is refused for a second: no page of sixteen comes through at once."""

    def __init__(self) -> None:
        super().__init__(1)
        self.questions = 0

    def _one(self, asked: Asked) -> Says:
        with self.lock:
            self.questions += 1
            if self.questions % 10 == 0:
                return Says({"error": "slowly"}, status=429, headers={"Retry-After": "1"})
        return super()._one(asked)


def test_what_was_answered_before_a_platform_asks_to_wait_is_not_asked_again(
    platforms: list[Platform], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auditor, "ASKED_AT_ONCE", 4)
    platform = AsksToWait()
    platforms.append(platform)
    run = compared(platform, "        limits: {concurrent: 1}\n")
    assert (run.state, run.compared, run.agree) == ("finished", 16, 15), run.sentence
    again = platform.questions - ARTICLES
    assert 0 < again < 10, "of each refusal at most the four that were asked together"
    assert run.source_rows == ARTICLES
