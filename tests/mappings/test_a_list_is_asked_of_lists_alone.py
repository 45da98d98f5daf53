from __future__ import annotations

import pytest

from mappings.kinds import kinds_of
from mappings.presets import PRESETS
from mappings.targets import UnknownTarget, target_type
from mappings.translate import compile_rules


def test_what_is_no_list_has_no_items() -> None:
    with pytest.raises(UnknownTarget, match="is no list"):
        target_type("customer", "address[].city")


def test_a_list_made_of_one_object_is_written() -> None:
    """A contact's one address, where the platform wants a list of them: any job that writes it broke on that."""
    preset = PRESETS["xero-write-contacts"]
    assert kinds_of(compile_rules(preset.rules, "write", preset.kind))
