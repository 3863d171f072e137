"""Statistics of a link: for its owner, as files, live, and for everybody where the owner allows it."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from meatlizard.accounts.http import UserRequest
from meatlizard.security.headers import unlisted
from shortener import arriving, figures, files, plots, summary
from shortener.access import access_link, link_with_public_figures
from shortener.addresses import address_of
from shortener.forms import SpanForm
from shortener.models import Link
from shortener.slugs import file_name

SHOWN = 10


@login_required
@require_GET
def owner(request: UserRequest, link: int) -> HttpResponse:
    """``shortener/figures.html``. Context: ``link``, ``address``, ``form``, ``summary``, ``plot``, ``tops`` (title, rows of value, clicks and
    per cent), ``public`` (False), ``query``."""
    row = access_link(request.user, link)
    return render(request, "shortener/figures.html", _context(request, row) | {"public": False})


@require_GET
@unlisted
def public(request: HttpRequest, address: str) -> HttpResponse:
    """The same for whoever has the address, where the owner allows it; ``address`` as behind ``/s/``."""
    host, slug, _preview = arriving.parts(address)
    row = link_with_public_figures(host, slug)
    return render(request, "shortener/figures.html", _context(request, row) | {"public": True})


@login_required
@require_GET
def as_csv(request: UserRequest, link: int) -> HttpResponse:
    """Rows of ``kind``, ``value``, ``clicks``, ``bots``; of kind ``time`` the value is the beginning of an hour, a day or a month."""
    row = access_link(request.user, link)
    found = _summary(request, row)
    lines: list[tuple[Any, ...]] = [
        ("time", moment.isoformat(), clicks.people, clicks.bots) for moment, clicks in found.series
    ]
    lines += [(kind, value, count, "") for kind, rows in found.tops.items() for value, count in rows]
    response = HttpResponse(
        files.table(["kind", "value", "clicks", "bots"], lines), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{file_name(row.slug)}.csv"'
    return response


@login_required
@require_GET
def as_json(request: UserRequest, link: int) -> JsonResponse:
    row = access_link(request.user, link)
    response = JsonResponse(summary.plain(_summary(request, row)))
    response["Content-Disposition"] = f'attachment; filename="{file_name(row.slug)}.json"'
    return response


@login_required
@require_GET
def live(request: UserRequest, link: int) -> JsonResponse:
    """``{"clicks", "bots"}`` since ever, as of the last flush: what an open page of statistics asks every few seconds."""
    total = figures.total(access_link(request.user, link))
    return JsonResponse({"clicks": total.people, "bots": total.bots})


def _context(request: HttpRequest, link: Link) -> dict[str, Any]:
    form = SpanForm(request.GET)
    found = summary.of(link, *form.span(link))
    tops = []
    for name, (_dimension, title) in summary.TOPS.items():
        rows = found.tops[name]
        all_of_it = sum(count for _value, count in rows) or 1
        if name == "route" and not rows:
            continue
        shown = [(value, count, round(100 * count / all_of_it)) for value, count in rows[:SHOWN]]
        tops.append({"name": name, "title": title, "rows": shown, "more": max(0, len(rows) - SHOWN)})
    return {
        "link": link, "address": address_of(link), "form": form, "summary": found, "plot": plots.plot(found), "tops": tops,
        "total": figures.total(link), "query": request.GET.urlencode(),
    }  # fmt: skip


def _summary(request: HttpRequest, link: Link) -> summary.Summary:
    return summary.of(link, *SpanForm(request.GET).span(link))
