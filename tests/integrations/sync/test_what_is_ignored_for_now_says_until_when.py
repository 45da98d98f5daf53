from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from integrations.models import ErrorRecord
from integrations.sync import put_off


@pytest.mark.parametrize(
    ("most", "said"), [(1, "more than 1 open error"), (1_200, "more than 1,200 open errors")]
)
def test_it_is_said_up_to_how_many(most: int, said: str) -> None:
    assert put_off.words(ErrorRecord(put_off_up_to=most)) == f"Ignored until {said}"


@pytest.mark.parametrize(("years", "names_it"), [(0, False), (1, True), (7973, True)])
def test_another_year_than_this_one_is_named(years: int, names_it: bool) -> None:
    now = timezone.localtime()
    until = min(now.replace(month=6, day=15, year=now.year + years), datetime.max.replace(tzinfo=now.tzinfo))
    said = put_off.words(ErrorRecord(put_off_until=until - timedelta(days=2)))
    assert (str(until.year) in said) == names_it
