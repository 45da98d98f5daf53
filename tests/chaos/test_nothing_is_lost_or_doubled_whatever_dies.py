"""Real processes, real HTTP, systems that misbehave, and a killer; afterwards both sides' books are compared.

`make chaos KILLS=200 SEED=7` plays the same for longer.
"""

from __future__ import annotations

import pytest

from . import report
from .ambush import POINTS
from .conftest import linux
from .database import Server
from .siege import Siege

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(400), linux]

KILLS = 20


def test_nothing_is_lost_or_doubled_on_sqlite(siege: Siege) -> None:
    judge(siege.play(KILLS))


@pytest.mark.siege
@pytest.mark.postgres
@pytest.mark.redis
def test_nothing_is_lost_or_doubled_on_postgresql_and_redis(siege_on_servers: Siege, server: Server) -> None:
    played = siege_on_servers.play(KILLS, server=server)
    judge(played)
    assert report.figures([played])["database_restarts"] >= 1


def judge(played: report.Report) -> None:
    found = report.figures([played])
    print(report.printed(found))
    assert played.differences == []
    assert found["kills"] == KILLS
    assert min(found["kills_by_point"][point] for point in POINTS) >= 1
    assert all(struck.jobs for struck in played.kills), "only a kill of somebody at work counts"
