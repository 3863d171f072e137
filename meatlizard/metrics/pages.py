"""Pages of the admin: how things went, as curves with tables."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from meatlizard.errors import NotFound
from meatlizard.metrics import charts, plots, windows
from meatlizard.metrics.charts import Chart, Line
from meatlizard.metrics.plots import Plot
from meatlizard.ops.access import operate_only


@dataclass(frozen=True, slots=True)
class Shown:
    """``rows``: of a table with a line for each moment in which anything was measured, the newest first; of one chart alone."""

    chart: Chart
    plot: Plot
    sums: list[tuple[int, Line, list[str]]]
    more: int
    rows: list[tuple[str, list[str]]]


@require_safe
@login_required
def figures(request: HttpRequest) -> HttpResponse:
    """Context: ``shown`` (:class:`Shown` of each chart), the choices."""
    operate_only(request.user)
    found = charts.all_charts()
    return _page(request, list(found.values()), _("Figures"))


@require_safe
@login_required
def figure(request: HttpRequest, chart: str) -> HttpResponse:
    """One chart with all its numbers."""
    operate_only(request.user)
    found = charts.all_charts().get(chart)
    if found is None:
        raise NotFound(_("There is no such figure."))
    return _page(request, [found], str(found.title), alone=True)


def _page(request: HttpRequest, chosen: list[Chart], title: str, *, alone: bool = False) -> HttpResponse:
    span = request.GET.get("span", "")
    split = request.GET.get("by", "")
    span = span if span in windows.SPANS else "3h"
    split = split if split in charts.SPLITS else ""
    names = {name for chart in chosen for name in chart.names}
    names |= {f"{name}_bucket" for name in names}
    window = windows.window(names, span)
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": title,
        "shown": [_shown(chart, window, split, alone) for chart in chosen],
        "spans": {key: one.title for key, one in windows.SPANS.items()},
        "splits": charts.SPLITS,
        "span": span,
        "split": split,
        "alone": alone,
    }
    return render(request, "metrics/figures.html", context)


def _shown(chart: Chart, window: windows.Window, split: str, alone: bool) -> Shown:
    lines, more = charts.lines(chart, window, split)
    sums = [
        (number, line, [plots.number(value) for value in (line.known[-1], _mean(line), min(line.known), max(line.known))])
        for number, line in enumerate(lines, 1)
    ]  # fmt: skip
    rows = []
    if alone:
        for place in range(len(window.times) - 1, -1, -1):
            values = [line.values[place] for line in lines]
            if any(value is not None for value in values):
                told = ["–" if value is None else plots.number(value) for value in values]
                rows.append((plots.moment(window.times[place], window.step), told))
    return Shown(chart, plots.plot(lines, window.times, window.step, chart.ceiling), sums, more, rows)


def _mean(line: Line) -> float:
    return sum(line.known) / len(line.known)
