from tests.integrations.processes.conftest import migrated, portal

__all__ = ["migrated", "portal"]
