"""Files as they are: raw, to be saved, all in one, and the address as a QR code. Nothing here is ever a page."""

import asyncio
import io
from collections.abc import AsyncIterator
from typing import IO

import segno
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from meatlizard.security.client_address import address_key
from paste import actions, contents, counting, files, visits
from paste.access import access_file, access_revision, files_of
from paste.models import File, Paste
from paste.views.decorators import by_address


# For programs: who knows the address may use up a view, with or without a form.
@csrf_exempt
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@by_address
def raw(request: HttpRequest, slug: str, file: int = 1) -> HttpResponseBase:
    """The bytes of a file, as text or picture. By POST, with ``password`` where there is one, a view is used up."""
    if request.method == "POST":
        found = _let_in(request, slug)
        # Before a view is used up, for which there would be nothing.
        row = access_file(found.paste, file, asked_revision(request, found.paste))
        if found.stands != "open":
            actions.claim_view(found.paste)
            counting.seen(found.paste.pk)
    else:
        paste = visits.opened(request, slug)
        row = access_file(paste, file, asked_revision(request, paste))
    media = files.media_type(row)
    response = _bytes(row, media)
    if media == files.UNKNOWN:
        response["Content-Disposition"] = content_disposition_header(True, files.file_name(row, slug)) or "attachment"
    return response


def _let_in(request: HttpRequest, slug: str) -> visits.Visit:
    """Past the password, and before a view is used up. Raises as :func:`paste.visits.opened`."""
    found = visits.visit(request, slug)
    if found.paste.sealed:
        visits.opened(request, slug)
    if found.stands == "password":
        actions.unlock(found.paste, request.POST.get("password", ""), address_key(request))
    return found


@require_GET
@by_address
def download(request: HttpRequest, slug: str, file: int) -> HttpResponseBase:
    paste = visits.opened(request, slug)
    row = access_file(paste, file, asked_revision(request, paste))
    response = _bytes(row, files.UNKNOWN)
    response["Content-Disposition"] = content_disposition_header(True, files.file_name(row, f"{slug}-{file}.txt")) or ""
    return response


@require_GET
@by_address
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    """All files as a ZIP."""
    paste = visits.opened(request, slug)
    packed = files.archive(files_of(paste, asked_revision(request, paste)), slug)
    headers = {"Content-Disposition": f'attachment; filename="{slug}.zip"', "Content-Security-Policy": files.SANDBOX}
    return HttpResponse(packed, content_type="application/zip", headers=headers)


@require_GET
@by_address
def qr(request: HttpRequest, slug: str) -> HttpResponse:
    """The address, as an SVG picture."""
    paste = visits.visit(request, slug).paste
    drawn = io.BytesIO()
    address = request.build_absolute_uri(reverse("paste:show", args=[paste.slug]))
    segno.make(address, micro=False).save(drawn, kind="svg", scale=6, border=4, light="#fff", xmldecl=False)
    headers = {"Content-Security-Policy": files.SANDBOX, "Cache-Control": "private, max-age=3600"}
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml", headers=headers)


def _bytes(row: File, media: str) -> HttpResponseBase:
    headers = {"Content-Security-Policy": files.SANDBOX, "Content-Length": str(row.size)}
    if not row.stored:
        return HttpResponse(contents.read(row), content_type=media, headers=headers)
    return StreamingHttpResponse(_pieces(contents.opened(row)), content_type=media, headers=headers)


async def _pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
    """A slow reader holds one piece in memory, and no thread."""
    try:
        while piece := await asyncio.to_thread(file.read, contents.PIECE):
            yield piece
    finally:
        file.close()


def asked_revision(request: HttpRequest, paste: Paste) -> int | None:
    """``?revision=``; None: the present one. Raises NotFound for one that there is not, or not for this reader."""
    said = request.GET.get("revision", "")
    number = int(said) if said.isdecimal() and len(said) < 6 else None
    return access_revision(request.user, paste, number).number if number else None
