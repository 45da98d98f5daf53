from __future__ import annotations

import pytest
from django.utils.module_loading import import_string
from django_q.models import Schedule

from monitoring import schedules, tasks
from monitoring.models import Incident, RollupMark
from tests import factories

pytestmark = pytest.mark.django_db


def test_installing_twice_leaves_one_schedule_and_mends_it() -> None:
    schedules.install()
    Schedule.objects.create(name=schedules.NAME, func="x")
    Schedule.objects.update(minutes=9)
    schedules.install()
    row = Schedule.objects.get(name=schedules.NAME)
    assert (row.func, row.schedule_type, row.minutes, row.repeats) == (
        "monitoring.tasks.watch",
        Schedule.MINUTES,
        1,
        -1,
    )
    assert import_string(row.func) is tasks.watch


def test_a_pass_counts_and_groups() -> None:
    factories.error(factories.delivery(factories.job()))
    tasks.watch()
    assert RollupMark.objects.count() == 1
    assert Incident.objects.count() == 1
