"""The sandbox's warehouse and two channels, and audits of the jobs between them."""

from tests.journeys.conftest import near_by, process, stocked, world

__all__ = ["near_by", "process", "stocked", "world"]
