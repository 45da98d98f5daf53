"""The example in docs/configuration.md is a file that can be applied."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import Q

from integrations.configuration.apply import apply
from integrations.configuration.export import as_yaml
from integrations.configuration.plan import plan
from integrations.configuration.state import load
from integrations.models import SyncJob
from integrations.sync.bundles import bills_of
from mappings.models import FieldOwner

pytestmark = pytest.mark.django_db

GUIDE = (Path(settings.ROOT) / "docs" / "configuration.md").read_text("utf-8")
ENVIRONMENT = {
    "SHOP_ADDRESS": "https://shop.example.com",
    "SHOP_TOKEN": "t-1",
    "SECOND_SHOP_ADDRESS": "https://second.example.com",
    "SECOND_SHOP_TOKEN": "t-2",
    "CHAT_HOOK": "https://hooks.example.com/services/1",
    "PAGING_ADDRESS": "https://paging.example.com/alerts",
    "PAGING_SIGNING_SECRET": "whsec_" + "bm90IGEgc2VjcmV0LCBidXQgbG9uZyBlbm91Z2g=",
}


@pytest.fixture(autouse=True)
def _platforms() -> None:
    """The real ones, not those of the other tests here."""


def test_the_example_can_be_applied_and_comes_back_from_its_export() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL)
    assert len(blocks) == 4

    apply(plan(blocks[0], ENVIRONMENT))

    assert SyncJob.objects.get().read_mapping.check_problems() == []
    assert plan(blocks[0], ENVIRONMENT).changes == []
    assert plan(as_yaml(load()), {}).changes == []

    apply(plan(blocks[2], ENVIRONMENT))
    assert FieldOwner.objects.count() == 4

    apply(plan(blocks[3], ENVIRONMENT))
    assert bills_of(Q()) == {"TEA-SET": {"CUP": 2, "POT": 1}}
    assert plan(as_yaml(load()), {}).changes == []

    fallbacks = (Path(settings.ROOT) / "docs" / "fallbacks.md").read_text("utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", fallbacks, re.DOTALL)
    apply(plan(block, {}))
    assert len(SyncJob.objects.get().fallbacks) == 2
    assert plan(as_yaml(load()), {}).changes == []
