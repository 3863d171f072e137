"""Pages of one's own links: list, make, change, many at once."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError
from shortener import actions, finding
from shortener.access import access_domain, access_folder, access_link, folders_of, links_of, may_create, tag_names
from shortener.addresses import address_of
from shortener.details import Details
from shortener.forms import BulkForm, FindForm, LinkForm, QuickForm
from shortener.models import Link

ON_A_PAGE = 50
MADE = "links.made"
"""In the session: the address that was made a moment ago, for the next page to show."""


@login_required
@require_GET
def index(request: UserRequest) -> HttpResponse:
    """``shortener/index.html``: a line to shorten an address, and one's links. Context: ``quick``, ``find``, ``bulk``, ``page``, ``rows`` (of
    ``link``, ``address``, ``state``), ``tags``, ``narrowed``, ``may_create``, ``others`` (the query without its page), ``made``."""
    find = FindForm(request.user, request.GET)
    wanted, order = find.wanted()
    rows = _ordered(finding.narrowed(links_of(request.user), wanted), order)
    page = Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))
    others = request.GET.copy()
    others.pop("page", None)
    context = {
        "quick": QuickForm(), "find": find, "bulk": BulkForm(), "page": page, "rows": [_row(link) for link in page.object_list],
        "tags": tag_names(request.user), "narrowed": wanted != finding.Wanted(), "may_create": may_create(request.user),
        "others": others.urlencode(), "made": request.session.pop(MADE, None),
    }  # fmt: skip
    return render(request, "shortener/index.html", context)


@login_required
@require_POST
def shorten(request: UserRequest) -> HttpResponse:
    """An address from the top of the list. What cannot be one leads to the whole form, which says why."""
    form = QuickForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        style = data["style"] or "random"
        try:
            link = actions.create(request.user, target=data["target"], slug=data["slug"], style=style)
        except AppError as error:
            form.add_error(None, error.message)
        else:
            request.session[MADE] = address_of(link)
            return redirect("shortener:index")
    return _form_page(request, None, LinkForm(request.user, None, initial=_typed(request)), form)


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: UserRequest) -> HttpResponse:
    """``shortener/link.html``. Context: ``form``, ``link`` (None), ``refused`` (errors of the short form), ``folders``, ``may_create``."""
    form = LinkForm(request.user, None, request.POST if request.method == "POST" else None, initial=_typed(request))
    if request.method == "POST" and form.is_valid():
        details, folder = form.details()
        try:
            domain = access_domain(request.user, form.cleaned_data.get("domain", ""))
            style = form.cleaned_data.get("style") or "random"
            link = actions.create(request.user, domain=domain, style=style, **_with_folder(request, details, folder))
        except AppError as error:
            form.add_error(None, error.message)
        else:
            request.session[MADE] = address_of(link)
            return redirect("shortener:index")
    return _form_page(request, None, form)


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, link: int) -> HttpResponse:
    """``shortener/link.html``. Context: as :func:`create`, and ``address``, ``state``."""
    row = access_link(request.user, link)
    given = request.POST if request.method == "POST" else None
    form = LinkForm(request.user, row, given, initial=LinkForm.values_of(row))
    if request.method == "POST" and form.is_valid():
        details, folder = form.details()
        try:
            actions.edit(row, **_with_folder(request, details, folder))
        except AppError as error:
            form.add_error(None, error.message)
            row = access_link(request.user, link)
        else:
            messages.success(request, _("The link was changed. It holds within a second."))
            return redirect("shortener:edit", link=row.pk)
    return _form_page(request, row, form)


@login_required
@require_POST
def delete(request: UserRequest, link: int) -> HttpResponse:
    row = access_link(request.user, link)
    try:
        actions.delete(row)
    except AppError as error:
        messages.error(request, error.message)
        return redirect("shortener:edit", link=row.pk)
    messages.success(request, _("The link {slug} was deleted, and its figures with it.").format(slug=row.slug))
    return redirect("shortener:index")


@login_required
@require_POST
def start_again(request: UserRequest, link: int) -> HttpResponse:
    """Lets as many visitors through as at the beginning."""
    row = access_link(request.user, link)
    actions.reset_clicks_left(row)
    messages.success(request, _("The clicks are counted anew against the limit."))
    return redirect("shortener:edit", link=row.pk)


@login_required
@require_POST
def many(request: UserRequest) -> HttpResponse:
    """One change to all that were ticked."""
    ticked = [int(key) for key in request.POST.getlist("link") if key.isdecimal() and len(key) < 19]
    links = list(links_of(request.user).prefetch_related(None).filter(pk__in=ticked[: actions.MAX_BULK]))
    form = BulkForm(request.POST)
    if not links:
        messages.warning(request, _("Tick the links first."))
    elif not form.is_valid():
        messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    else:
        _change_many(request, links, form.cleaned_data)
    return redirect("shortener:index")


@login_required
@require_POST
def delete_folder(request: UserRequest, link_folder: int) -> HttpResponse:
    folder = access_folder(request.user, link_folder)
    actions.delete_folder(folder)
    messages.success(request, _("The folder {name} was deleted. The links in it stay.").format(name=folder.name))
    return redirect("shortener:index")


def _change_many(request: UserRequest, links: list[Link], data: dict[str, Any]) -> None:
    try:
        if data["do"] == "delete":
            count = actions.delete_many(links)
            said = ngettext("{count} link deleted.", "{count} links deleted.", count)
            messages.success(request, said.format(count=count))
            return
        outcomes = actions.edit_many(links, **_bulk_details(request, data))
    except AppError as error:
        messages.error(request, error.message)
        return
    refused = [one for one in outcomes if one.error]
    count = len(outcomes) - len(refused)
    messages.success(request, ngettext("{count} link changed.", "{count} links changed.", count).format(count=count))
    for one in refused[:5]:
        messages.error(request, f"{one.link.slug if one.link else ''}: {one.error}")


def _bulk_details(request: UserRequest, data: dict[str, Any]) -> Details:
    word = data["word"].strip()
    changes: dict[str, Details] = {
        "tag": {"tags": [word] if word else []},
        "off": {"disabled": True},
        "on": {"disabled": False},
        "public": {"public_stats": True},
        "private": {"public_stats": False},
        "until": {"not_after": data["until"]},
    }
    return changes[data["do"]] if data["do"] != "move" else _with_folder(request, {}, word)


def _with_folder(request: UserRequest, details: Details, folder: str) -> Details:
    details["folder"] = actions.make_folder(request.user, folder) if folder else None
    return details


def _typed(request: UserRequest) -> dict[str, Any]:
    """What came from the short form, or with the address of the page: ``?target=`` of a bookmarklet."""
    given = request.POST if request.method == "POST" else request.GET
    return {name: given.get(name, "")[:4_000] for name in ("target", "slug", "style", "title") if given.get(name)}


def _form_page(
    request: UserRequest, link: Link | None, form: LinkForm, refused: QuickForm | None = None
) -> HttpResponse:
    context = {
        "form": form, "link": link, "refused": refused, "folders": folders_of(request.user), "may_create": may_create(request.user),
        **({} if link is None else _row(link)),
    }  # fmt: skip
    return render(request, "shortener/link.html", context, status=400 if form.errors or refused else 200)


def _row(link: Link) -> dict[str, Any]:
    state = finding.state_of(link)
    return {"link": link, "address": address_of(link), "state": state, "state_word": finding.STATES[state]}


def _ordered(rows: "QuerySet[Link]", order: str) -> "QuerySet[Link]":
    if order == "-last_click":
        return rows.order_by(F("last_click").desc(nulls_last=True), "-pk")
    return rows.order_by(order, "-pk")
