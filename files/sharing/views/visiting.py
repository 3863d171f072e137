"""What whoever has the address of a share sees: the password, what is in it, a file of it."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from files.models.library import File
from files.models.shares import Audience, Share
from files.previews import others, showing
from files.previews.views import picture_of
from files.serving import kinds
from files.serving.content import withheld
from files.sharing import access, actions, addresses, downloads, embeds, states, visits, zips
from files.sharing.access import Visit
from files.sharing.forms import PasswordForm
from meatlizard.errors import AppError, Forbidden
from meatlizard.moderation import rulebook
from meatlizard.security.client_address import address_key
from meatlizard.security.headers import unlisted
from meatlizard.security.ratelimit import limited
from shortener import qr as codes

PAGE = 200
"""Files of a folder that one page shows."""


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@unlisted
def show(request: HttpRequest, shared: str) -> HttpResponse:
    """``files/sharing/show.html``; before it, where need be, signing in and ``files/sharing/password.html``."""
    found = visits.visit(request, shared)
    if found.stands == "sign-in":
        return redirect_to_login(request.path)
    if found.stands == "password":
        return _password(request, found.share)
    return _page(request, found, None)


@require_GET
@unlisted
def folder(request: HttpRequest, shared: str, shared_folder: UUID) -> HttpResponse:
    """The same of a folder within."""
    return _page(request, visits.opened(request, shared), shared_folder)


@require_GET
@unlisted
def file(request: HttpRequest, shared: str, shared_file: UUID) -> HttpResponse:
    """``files/sharing/file.html``: one file of several."""
    found = visits.opened(request, shared)
    return render(request, "files/sharing/file.html", _of_file(found, access.shared_original(found.share, shared_file)))


def _password(request: HttpRequest, share: Share) -> HttpResponse:
    form = PasswordForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_valid():
        try:
            proof = actions.unlock(share, form.cleaned_data["password"], address_key(request))
        except Forbidden as error:
            form.add_error("password", error.message)
            status = error.status
        else:
            response = redirect("files-sharing:show", share.slug)
            visits.remember(response, share, proof)
            return response
    context = {"form": form, "report_url": _report_url(share)}
    return render(
        request, "files/sharing/password.html", context, status=status if form.is_valid() or status != 200 else 200
    )


def _page(request: HttpRequest, found: Visit, folder: UUID | None) -> HttpResponse:
    here = access.listing(found.share, folder)
    page = Paginator(here.files, PAGE).get_page(request.GET.get("page", "1")[:6])
    alone = folder is None and not here.folders and page.paginator.count == 1
    if alone:
        return render(request, "files/sharing/file.html", _of_file(found, page.object_list[0], alone=True))
    context = {
        **_common(found), "here": here, "page": page, "rows": [_row(found.share, row) for row in page.object_list],
        "folders": here.folders if page.number == 1 else [],
    }  # fmt: skip
    return render(request, "files/sharing/show.html", context)


def _of_file(found: Visit, original: File, *, alone: bool = False) -> dict[str, Any]:
    """``trouble``: why nobody can have it now, though it is there."""
    share, picture, trouble = found.share, _picture(found.share, original), ""
    try:
        row = others.given(original)
        withheld(row.blob)
    except AppError as error:
        row, trouble = original, error.message
    content = addresses.content(share.slug, row.pk, row.name)
    shown = not trouble and not share.counted and kinds.shown(row.media_type)
    return {
        **_common(found), **_row(share, row), "alone": alone, "trouble": trouble, "content_url": content if shown else "",
        "kind": row.media_type.partition("/")[0] if shown else "", "look_url": "" if shown or trouble else picture,
        "picture_url": settings.SITE_URL + picture if picture else "",
        "embed": None if trouble else embeds.embed(share, row, settings.SITE_URL + content),
    }  # fmt: skip


def _picture(share: Share, row: File) -> str:
    """Where a picture of it is that this site has made; empty where there is none."""
    name = showing.picture(row)
    return reverse("files-sharing:preview", args=[share.slug, row.pk, name]) if name else ""


def _common(found: Visit) -> dict[str, Any]:
    """``tells``: whether previews of links may name what is shared."""
    share = found.share
    return {
        "share": share, "mine": found.mine, "address": addresses.page(share), "state": states.state_of(share),
        "state_word": states.WORDS[states.state_of(share)], "report_url": _report_url(share),
        "tells": share.audience == Audience.LINK and not share.password,
    }  # fmt: skip


def _row(share: Share, row: File) -> dict[str, Any]:
    saved = "" if share.view_only or share.counted else addresses.content(share.slug, row.pk, row.name, download="1")
    return {"file": row, "save_url": saved, "page_url": reverse("files-sharing:file", args=[share.slug, row.pk])}


def _report_url(share: Share) -> str:
    return reverse("files-sharing:report", args=[share.slug]) if rulebook.current().reports else ""


@require_GET
@unlisted
def preview(request: HttpRequest, shared: str, shared_file: UUID, picture: str) -> HttpResponseBase:
    """A small picture of a file: pixels that this site has written. It is no download."""
    share = visits.opened(request, shared).share
    return picture_of(access.shared_original(share, shared_file), picture)


# For programs, too: who knows the address may begin a download, with or without a form.
@csrf_exempt
@require_POST
@limited("files.share.get", "120/m", by="address")
@unlisted
def get(request: HttpRequest, shared: str, shared_file: UUID) -> HttpResponse:
    """Begins a download, where these are counted, and leads to the content. By POST alone: previews of links use up nothing."""
    found = visits.opened(request, shared)
    share = found.share
    access.may_save(share)
    row = access.shared_file(share, shared_file)
    ticket = ""
    if share.counted and not found.mine:
        begun = downloads.reserve(share, visits.who(request), name=row.name, size=row.size, file=row)
        ticket = str(begun.key)
    return _away(addresses.content(share.slug, row.pk, row.name, download="1", ticket=ticket))


@csrf_exempt
@require_POST
@limited("files.share.get", "120/m", by="address")
@unlisted
def get_zip(request: HttpRequest, shared: str) -> HttpResponse:
    """The same of a zip: of all, of ``folder``, or of the ``chosen`` there."""
    found = visits.opened(request, shared)
    share = found.share
    wanted = zips.wanted(request.POST.get("folder", ""), request.POST.getlist("chosen"))
    packed = zips.prepare(share, wanted)
    ticket = ""
    if share.counted and not found.mine:
        begun = downloads.reserve(share, visits.who(request), name=packed.name, size=packed.size, count=packed.count)
        ticket = str(begun.key)
    return _away(addresses.zipped(share.slug, chosen=wanted.chosen, folder=wanted.folder, ticket=ticket))


def _away(address: str) -> HttpResponse:
    # 303: what follows is asked for by GET, by programs too.
    return HttpResponse(status=303, headers={"Location": address})


@require_GET
@unlisted
def qr(request: HttpRequest, shared: str) -> HttpResponse:
    """The address, as an SVG picture."""
    share = visits.visit(request, shared).share
    drawn = codes.draw(addresses.page(share), "svg", codes.look(scale="6"))
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
    return HttpResponse(drawn, content_type=codes.TYPES["svg"], headers=headers)
