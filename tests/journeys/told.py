"""Configuration files that journeys start from, and change a little before they are planned.

By the C library where it is there: journeys read and write them two hundred times. The portal reads what it is given
with its own reader, here as everywhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def read_told(file: Path) -> dict[str, Any]:
    told: dict[str, Any] = yaml.load(file.read_text("utf-8"), Loader=_Loader)
    return told


def as_text(told: dict[str, Any]) -> str:
    return str(yaml.dump(told, Dumper=_Dumper, allow_unicode=True))
