"""The portal's admin. Django finds this package by its name and so registers every page."""

from . import (
    batches,
    books,
    books_of_goods,
    books_of_money,
    connections,
    deliveries,
    errors,
    inbox,
    jobs,
    judgements,
    mappings,
    outcomes,
    partners,
    people,
    runs,
    workflows,
)

__all__ = [
    "batches",
    "books",
    "books_of_goods",
    "books_of_money",
    "connections",
    "deliveries",
    "errors",
    "inbox",
    "jobs",
    "judgements",
    "mappings",
    "outcomes",
    "partners",
    "people",
    "runs",
    "workflows",
]
