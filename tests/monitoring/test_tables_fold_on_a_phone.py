from __future__ import annotations

from django.template.loader import render_to_string

from monitoring.tables import Row, Table


def test_each_figure_of_a_table_carries_the_name_of_its_column() -> None:
    table = Table("Sales", "Day", ("Orders", "Value"), [Row("Mon", ("2", "€9.90"))])

    page = render_to_string("monitoring/table.html", {"table": table})

    assert '<td class="portal-number" data-label="Orders">2</td>' in page
    assert '<td class="portal-number" data-label="Value">€9.90</td>' in page
