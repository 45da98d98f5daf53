"""Counting stops somewhere: nobody pages through a hundred thousand rows, and a full count would be slow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property

if TYPE_CHECKING:
    Base = Paginator[Model]
else:
    Base = Paginator

CAP = 100_000


class CappedPaginator(Base):
    """Counts up to CAP rows. `is_capped` says that there are more."""

    template_name = "admin/pagination_counted.html"

    @cached_property
    def count(self) -> int:
        return min(self._counted, CAP)

    @property
    def is_capped(self) -> bool:
        return self._counted > CAP

    @cached_property
    def _counted(self) -> int:
        rows = self.object_list
        if isinstance(rows, QuerySet):
            return int(rows.order_by()[: CAP + 1].count())
        return len(rows)
