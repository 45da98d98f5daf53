from tests.journeys.conftest import near_by, process, stocked, world

__all__ = ["near_by", "process", "stocked", "world"]
