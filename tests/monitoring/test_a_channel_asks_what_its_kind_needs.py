"""The form of an alert channel shows the fields of the kind that is chosen, and no others."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from monitoring.models.alerts import ChannelKind
from tests import factories

pytestmark = pytest.mark.django_db

OF_ALL = {"name", "key", "kind", "rules", "quiet_from", "quiet_until", "enabled"}


def test_each_field_of_one_kind_alone_is_shown_only_there() -> None:
    client = Client()
    client.force_login(factories.administrator())
    page = unescape(client.get(reverse("admin:monitoring_alertchannel_add")).content.decode())
    shown = set(re.findall(r'x-show="(kind [!=]= \'\w+\')"', page))
    assert shown == {"kind == 'email'", "kind != 'email'", "kind == 'webhook'"}
    assert set(ChannelKind.values) == {"email", "slack", "webhook"}, "the conditions name them"
