from __future__ import annotations

import pytest

from tests.conftest import NO_REFERENCE, REFERENCE


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if REFERENCE.is_dir():
        return
    for item in items:
        if item.path.parent.name == "contract":
            item.add_marker(pytest.mark.skip(reason=NO_REFERENCE))
