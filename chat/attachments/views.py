"""Requests about attached files: they come, they go, they are looked at and downloaded, by their owners alone."""

from typing import TypeVar
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chat.attachments import actions, showing, sources
from chat.attachments.access import access_upload, opened, text_of
from chat.models import Upload
from chat.views.bodies import body
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid, NotFound
from meatlizard.security.ratelimit import limited
from meatlizard.storage.streams import pieces

Response = TypeVar("Response", bound=HttpResponseBase)

SANDBOX = "default-src 'none'; sandbox"


@login_required
@require_POST
@limited("chat.attach", "60/m")
def upload(request: UserRequest) -> JsonResponse:
    """One file, ``file`` of a form: ``{"attachment": {...}}``, see :class:`chat.attachments.shape.AttachmentOut`."""
    file = request.FILES.get("file")
    if file is None:
        raise Invalid(_("There is no file in this request."), code="no_file")
    row = actions.take(request.user, file.name or "", file.chunks(), file.size or 0)
    return _answer(row, 201)


@login_required
@require_POST
@limited("chat.attach.take", "30/m")
def take(request: UserRequest) -> JsonResponse:
    """What was chosen in the menu, by ``source`` and ``id``: the address of a page, or a file that was attached before."""
    chosen = body(request)
    row = sources.take(request.user, str(chosen.get("source", "")), str(chosen.get("id", "")))
    return _answer(row, 201)


@login_required
@require_GET
def menu(request: UserRequest) -> JsonResponse:
    """What may be attached, for the composer's ``#``: ``{"items": [{"id", "title", "hint", "source", "attachment"}]}``."""
    found = sources.find(request.user, request.GET.get("q", "").strip()[:2_000])
    items = [
        {
            "id": item.key,
            "title": item.title,
            "hint": item.hint,
            "source": source,
            "attachment": item.file.model_dump(mode="json") if item.file else None,
        }
        for source, item in found
    ]
    return JsonResponse({"items": items})


@login_required
@require_POST
def remove(request: UserRequest, upload: UUID) -> JsonResponse:
    """Forgets a file that no message has."""
    return JsonResponse({"removed": actions.discard(access_upload(request.user, upload))})


@login_required
@require_GET
def file(request: UserRequest, upload: UUID) -> HttpResponseBase:
    """The file as it is kept, to be saved and never shown: whatever is in it, it runs nowhere on this site."""
    row = access_upload(request.user, upload)
    response = _streamed(row, row.file_name, "application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(True, row.name) or "attachment"
    return response


@login_required
@require_GET
def image(request: UserRequest, upload: UUID) -> HttpResponseBase:
    """An image to be looked at: its pixels, written anew by this site when it came."""
    return _image(access_upload(request.user, upload), small=False)


@login_required
@require_GET
def thumbnail(request: UserRequest, upload: UUID) -> HttpResponseBase:
    return _image(access_upload(request.user, upload), small=True)


@login_required
@require_GET
def text(request: UserRequest, upload: UUID) -> HttpResponse:
    """The text of a document, as models read it."""
    response = HttpResponse(text_of(access_upload(request.user, upload)), content_type="text/plain; charset=utf-8")
    return _alone(response)


def _answer(row: Upload, status: int) -> JsonResponse:
    return JsonResponse({"attachment": showing.out(row).model_dump(mode="json")}, status=status)


def _image(row: Upload, *, small: bool) -> HttpResponseBase:
    if row.kind != Upload.Kind.IMAGE:
        raise NotFound(_("This file is no image."), code="no_such_file")
    response = _streamed(row, row.thumbnail_name if small else row.file_name, "image/jpeg" if small else row.media_type)
    response.headers["Content-Disposition"] = "inline"
    return response


def _streamed(row: Upload, name: str, content_type: str) -> StreamingHttpResponse:
    return _alone(StreamingHttpResponse(pieces(opened(row, name)), content_type=content_type))


def _alone(response: Response) -> Response:
    """Whatever it holds, a browser neither guesses at it nor runs it."""
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
