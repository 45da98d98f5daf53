from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from mappings.canary import keys_fit

pytestmark = pytest.mark.django_db


def test_the_same_keys_fit_at_every_start() -> None:
    assert [keys_fit(), keys_fit()] == [True, True]


def test_another_key_does_not_fit(settings: Settings) -> None:
    keys_fit()
    settings.SALT_KEY = ["another salt, of another installation"]
    assert not keys_fit()


def test_a_new_key_before_the_old_one_fits(settings: Settings) -> None:
    keys_fit()
    settings.SALT_KEY = ["a new salt, to be used from now on", *settings.SALT_KEY]
    assert keys_fit()


def test_workers_do_not_start_with_keys_that_read_no_secret(settings: Settings) -> None:
    keys_fit()
    settings.SALT_KEY = ["another salt, of another installation"]
    with pytest.raises(CommandError, match="Put the old SALT_KEY back") as refused:
        call_command("work")
    assert refused.value.returncode == 2
