"""Lists of a million rows: counting stops somewhere, and a page is found by its ids alone before its rows are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property

if TYPE_CHECKING:
    Base = Paginator[Model]
else:
    Base = Paginator

CAP = 10_000


class CappedPaginator(Base):
    """Counts up to CAP rows. `is_capped` says that there are more."""

    template_name = "admin/pagination_counted.html"

    def page(self, number: int | str) -> Page[Model]:
        """The ids first, without what is joined to each row: with the joins a planner may sort the whole table
        before it takes fifty of it."""
        found = super().page(number)
        rows, everything = found.object_list, self.object_list
        if isinstance(rows, QuerySet) and isinstance(everything, QuerySet):
            ids = list(rows.values_list("pk", flat=True))
            found.object_list = everything.filter(pk__in=ids)
        return found

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
            return int(rows.order_by().values("pk")[: CAP + 1].count())
        return len(rows)
