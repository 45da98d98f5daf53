"""Before anything starts: otherwise the web server would fall, and be started again, for ever."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command

from integrations import processes
from integrations.demo import stage
from integrations.supervisor import ProcessGroup


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


def test_the_portal_says_so_and_starts_nothing(taken: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def none_may_start(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setattr(ProcessGroup, "start", none_may_start)
    with pytest.raises(CommandError, match="Another program serves at") as refused:
        call_command("portal", bind=f"127.0.0.1:{taken}")

    assert refused.value.returncode == 2


@pytest.mark.parametrize("address", ["0.0.0.0:{}", ":{}", "localhost:{}"])
def test_it_is_taken_under_each_of_its_names(taken: int, address: str) -> None:
    assert "Another program" in processes.why_not_at(address.format(taken))


@pytest.mark.parametrize(
    "address", ["no-such-host.invalid:8000", "127.0.0.1:99999999", "192.0.2.1:8000", "nonsense.invalid"]
)
def test_an_address_that_is_none_is_told_with_an_example(address: str) -> None:
    assert "such as 127.0.0.1:8000" in processes.why_not_at(address)


def test_a_free_one_is_taken_again_at_once(free_port: int) -> None:
    for address in (
        f"127.0.0.1:{free_port}",
        f"0.0.0.0:{free_port}",
        f":{free_port}",
        "unix:/run/portal.sock",
    ):
        assert processes.why_not_at(address) == ""


def test_the_demo_takes_the_next_one(taken: int) -> None:
    assert taken < stage.free_port(taken) < taken + 50
