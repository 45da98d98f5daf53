"""Two systems that tell one channel its stock: said when it is configured, not after."""

from __future__ import annotations

from integrations.configuration.check_jobs import stock_of_two_owners
from integrations.configuration.plain import Plain


def job(source: str, destination: str = "shop", kind: str = "stock_level") -> Plain:
    ends = {"source_resource": "stock", "destination_resource": "stock"}
    return {"kind": kind, "source": source, "destination": destination, **ends}


def test_a_second_owner_is_told_once() -> None:
    (note,) = stock_of_two_owners({"old": job("depot")}, {"new": job("erp")})
    assert "jobs.new and jobs.old both write stock into shop, from two owners." in note
    assert len(list(stock_of_two_owners({}, {"a": job("depot"), "b": job("erp")}))) == 1


def test_one_owner_other_channels_and_other_records_are_no_matter() -> None:
    before = {"old": job("depot"), "prices": job("erp", kind="variant")}
    assert list(stock_of_two_owners(before, {"new": job("depot"), "far": job("erp", "market")})) == []
