from tests.journeys.conftest import near_by, process, world

__all__ = ["near_by", "process", "world"]
