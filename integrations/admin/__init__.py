"""The portal's admin. Django finds this package by its name and so registers every page."""

from . import (
    batches,
    connections,
    deliveries,
    errors,
    inbox,
    jobs,
    mappings,
    outcomes,
    partners,
    people,
    runs,
    workflows,
)

__all__ = [
    "batches",
    "connections",
    "deliveries",
    "errors",
    "inbox",
    "jobs",
    "mappings",
    "outcomes",
    "partners",
    "people",
    "runs",
    "workflows",
]
