"""A partner with a key, and two jobs that are its own."""

from __future__ import annotations

import pytest

from integrations.models import Connection, Partner, PartnerKey, SyncJob
from tests.integrations.mapping_rows import add_mapping

from .calls import Api


@pytest.fixture
def job(partner: Partner) -> SyncJob:
    return _job(partner, "orders", "order", "orders")


@pytest.fixture
def second_job(partner: Partner) -> SyncJob:
    return _job(partner, "stock", "stock_level", "stock")


@pytest.fixture
def partner() -> Partner:
    return Partner.objects.create(key="fulfilment", name="A fulfilment house")


@pytest.fixture
def issued(partner: Partner) -> tuple[PartnerKey, str]:
    return PartnerKey.issue(partner, list(PartnerKey.SCOPES))


@pytest.fixture
def key(issued: tuple[PartnerKey, str]) -> PartnerKey:
    return issued[0]


@pytest.fixture
def key_text(issued: tuple[PartnerKey, str]) -> str:
    return issued[1]


@pytest.fixture
def api(key_text: str) -> Api:
    return Api(key_text)


@pytest.fixture
def other_api() -> Api:
    other = Partner.objects.create(key="agency", name="An agency")
    return Api(PartnerKey.issue(other, list(PartnerKey.SCOPES))[1])


def _job(partner: Partner, key: str, kind: str, resource: str) -> SyncJob:
    source, _ = Connection.objects.get_or_create(key="shop", defaults={"name": "Shop", "platform": "rest"})
    destination, _ = Connection.objects.get_or_create(
        key="warehouse", defaults={"name": "Warehouse", "platform": "rest"}
    )
    job = SyncJob.objects.create(
        key=key,
        name=key.capitalize(),
        kind=kind,
        source=source,
        source_resource=resource,
        destination=destination,
        destination_resource=resource,
        read_mapping=add_mapping(f"{key}-in", "read", kind),
        write_mapping=add_mapping(f"{key}-out", "write", kind),
        accepts_pushes=True,
    )
    job.partners.add(partner)
    return job
