"""“/Date(1541176290160+0000)/” in mappings and in declarations."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from integrations.connectors.times import parse, since_writer
from integrations.connectors.words import Since
from mappings.dotnet_times import parse_dotnet, write_dotnet
from mappings.transforms import TRANSFORMS, TransformError

MOMENT = datetime(2018, 11, 2, 16, 31, 30, 160_000, tzinfo=UTC)
DOTNET = {"format": "dotnet"}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("/Date(1541176290160+0000)/", MOMENT),
        ("/Date(1541176290160)/", MOMENT),
        # The offset says where it was written, and the number is UTC all the same.
        ("/Date(1541176290160+1300)/", MOMENT),
        (" /Date(1541176290160-0800)/ ", MOMENT),
        ("/Date(-86400000+0000)/", datetime(1969, 12, 31, tzinfo=UTC)),
        ("/Date(0)/", datetime(1970, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_number_is_milliseconds_in_utc(text: str, moment: datetime) -> None:
    assert parse_dotnet(text) == moment
    assert parse(text, "dotnet", ZoneInfo("Europe/Berlin")) == moment
    assert TRANSFORMS["time"].apply(text, DOTNET) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1541176290160",
        "/Date()/",
        "/Date(1e3)/",
        "/Date(1541176290160+00)/",
        "Date(1)",
        "/Date(9" + "9" * 14 + ")/",
    ],
)
def test_what_is_written_otherwise_is_no_time(text: str) -> None:
    assert parse(text, "dotnet", ZoneInfo("UTC")) is None
    with pytest.raises(TransformError):
        TRANSFORMS["time"].apply(text, DOTNET)


def test_it_is_written_as_it_is_read() -> None:
    assert write_dotnet(MOMENT) == "/Date(1541176290160+0000)/"
    assert TRANSFORMS["to_time"].apply(MOMENT, DOTNET) == "/Date(1541176290160+0000)/"
    asked, written = since_writer(Since(format="dotnet", overlap=0.16), "since")(MOMENT)
    assert (asked, written) == (MOMENT.replace(microsecond=0), "/Date(1541176290000+0000)/")
