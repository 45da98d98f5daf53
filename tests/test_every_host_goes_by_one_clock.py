"""Leases, turns and the order of reads are compared between hosts, so none of them is taken from a host's own clock."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

OWN_CLOCK = re.compile(r"timezone\.now\(|\btime\.time\(|datetime\.now\(|utc_now\(")
# They are the shared clock's own.
READS_ITS_OWN = {"shared_clock.py", "clock.py"}
FOLDERS = ("integrations/sync", "integrations/webhooks")


def own_clocks() -> list[str]:
    return [
        f"{file.relative_to(ROOT)}:{number}"
        for folder in FOLDERS
        for file in sorted((ROOT / folder).glob("*.py"))
        if file.name not in READS_ITS_OWN
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if OWN_CLOCK.search(line)
    ]


def test_what_hosts_compare_is_taken_from_the_shared_clock() -> None:
    assert own_clocks() == []


@pytest.mark.parametrize("line", ["timezone.now()", "x = time.time() + 2", "datetime.now(UTC)"])
def test_a_clock_of_ones_own_is_seen(line: str) -> None:
    assert OWN_CLOCK.search(line)
