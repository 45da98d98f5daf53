"""Stock rows that are counted together in one figure of the channel: each is compared, and one tells what differs.

Which of several locations is wrong nobody can see from one figure: so each of them counts as differing, and the
difference itself is told and repaired once.
"""

from __future__ import annotations

from collections.abc import Sequence

from integrations.models import ExternalId, StockFigure, SyncJob
from integrations.sync import stock, stock_figures
from integrations.sync.case import Case
from integrations.sync.rules import JobRules
from mappings.records import told


class Places:
    """Of one page's cases: which rows the channel sells from, and which of them speaks for the figure."""

    def __init__(self, job: SyncJob, rules: JobRules, cases: Sequence[Case]) -> None:
        self.job, self.rules = job, rules
        self._speakers: dict[str, str] = {}
        self._not_sold_from: set[str] = set()
        if job.kind == stock.KIND:
            self._look(cases)

    def speaker(self, case: Case) -> str:
        """The row that tells what differs of this one: itself, where it is counted alone."""
        return self._speakers.get(case.parcel.external_id, case.parcel.external_id)

    def is_not_sold_from(self, case: Case) -> bool:
        """The channel sells the SKU from other locations, so this row is no part of its figure."""
        return case.parcel.external_id in self._not_sold_from

    def _look(self, cases: Sequence[Case]) -> None:
        rows = {case.parcel.external_id: case for case in cases if case.stock_row is not None}
        figures = stock_figures.figures_of(
            self.job, {str(told(case.stock_row.sku)) for case in rows.values() if case.stock_row}
        )
        several = {sku: of_sku for sku, of_sku in figures.items() if len(of_sku) > 1}
        if not several:
            return
        carriers = self._carriers([figure for of_sku in several.values() for figure in of_sku])
        for of_sku in several.values():
            for group in self._groups(of_sku):
                sold_from = [figure.external_id for figure in group if self._is_sold_from(figure)]
                names = sold_from or [figure.external_id for figure in group]
                speaker = next((name for name in names if name in carriers), names[0])
                self._speakers |= dict.fromkeys(names, speaker)
                if sold_from:
                    self._not_sold_from |= {figure.external_id for figure in group} - set(sold_from)

    def _groups(self, figures: Sequence[StockFigure]) -> list[list[StockFigure]]:
        groups: dict[str, list[StockFigure]] = {}
        for figure in figures:
            groups.setdefault(stock_figures.place_of_figure(self.rules, figure), []).append(figure)
        return list(groups.values())

    def _carriers(self, figures: Sequence[StockFigure]) -> set[str]:
        names = [figure.external_id for figure in figures]
        carried = stock_figures.carriers_of_rows(self.job, self.rules, names)
        own = ExternalId.objects.filter(
            connection_id=self.job.source_id, resource=self.job.source_resource, external_id__in=names
        ).values_list("external_id", "thing_id")
        return {name for name, thing in own if carried.get(name) == thing}

    def _is_sold_from(self, figure: StockFigure) -> bool:
        if not self.job.stock_locations:
            return True
        level = stock_figures.level_of(self.rules.read, figure.payload)
        return level is not None and str(told(level.location)) in self.job.stock_locations
