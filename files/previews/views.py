"""The page of a file, and what it is made of. Content itself is served ahead of Django."""

from typing import IO, cast
from uuid import UUID

from csp.constants import NONCE, NONE, SELF
from csp.decorators import csp
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST

from chat.views.diagrams import draws
from files import asking
from files.access import access_file, access_folder
from files.library import marking
from files.models import BlobText, File, Preview
from files.previews import actions, showing
from files.texts import pieces
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError, NotFound
from meatlizard.security.ratelimit import limited
from meatlizard.storage.streams import pieces as streamed

SANDBOX = "default-src 'none'; sandbox"
TYPES = {"webp": "image/webp", "avif": "image/avif"}


FRAME = {
    "default-src": [NONE], "script-src": [NONCE], "style-src": ["'unsafe-inline'"], "img-src": ["data:", "blob:"], "font-src": ["data:", "blob:"],
    "base-uri": [NONE], "form-action": [NONE], "frame-ancestors": [SELF], "sandbox": ["allow-scripts"],
}  # fmt: skip
"""Of the frame in which PDF files are drawn: without an origin, and without a network."""


@require_GET
@xframe_options_sameorigin
@csp(FRAME)
def pdf_frame(request: HttpRequest) -> HttpResponse:
    """``files/pdf_frame.html``, for everybody: it knows nothing of who asks, nor of any file."""
    return render(request, "files/pdf_frame.html")


@login_required
@require_GET
@limited("files.look", "240/m", methods=("GET",))
@draws
def file(request: UserRequest, file: UUID) -> HttpResponse:
    """``files/file.html``. Context: ``file``, ``look`` (:class:`files.previews.showing.Look`), ``before`` and ``after`` in its folder, ``content``
    (the address of its bytes), ``entries`` of an archive."""
    row = access_file(request.user, file)
    look = showing.look(row)
    marking.opened(row)
    before, after = showing.neighbours(request.user, row)
    context = {
        "file": row, "look": look, "before": before, "after": after, "content": showing.content(row),
        "entries": showing.entries(look.facts), "askable": not look.failed and asking.may_be_asked(row),
    }  # fmt: skip
    return render(request, "files/file.html", context)


@login_required
@require_GET
def preview(request: UserRequest, file: UUID, name: str) -> HttpResponseBase:
    """A small picture of it: pixels that this site has written."""
    return picture_of(access_file(request.user, file), name)


def picture_of(row: File, name: str) -> HttpResponseBase:
    """For whoever has found out that it may be seen. Raises NotFound."""
    made = Preview.objects.filter(pk=row.blob_id, state=Preview.State.READY).first() if row.blob.readable else None
    if made is None or name not in made.made:
        raise NotFound(_("There is no preview of this file."), code="no_preview")
    try:
        stored = default_storage.open(made.storage_name(name))
    except FileNotFoundError:
        actions.lost(made, row)
        raise NotFound(_("There is no preview of this file."), code="no_preview") from None
    response = StreamingHttpResponse(streamed(cast(IO[bytes], stored)), content_type=TYPES[name.rpartition(".")[2]])
    response.headers["Content-Length"] = str(made.made[name])
    response.headers["Content-Disposition"] = "inline"
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@login_required
@require_GET
@limited("files.look", "240/m", methods=("GET",))
def text(request: UserRequest, file: UUID, number: int) -> HttpResponse:
    """A further piece of its text, from 1 on, as HTML to be put behind the ones before."""
    row = access_file(request.user, file)
    words = BlobText.objects.filter(blob=row.blob_id, error="").first() if row.blob.readable else None
    shown = pieces.piece(row.blob, words, row.name, number) if words is not None else None
    if shown is None:
        raise NotFound(_("There is no more of this text."), code="no_piece")
    return HttpResponse(shown.html)


@login_required
@require_POST
@limited("files.retry", "20/m")
def retry(request: UserRequest, file: UUID) -> HttpResponse:
    row = access_file(request.user, file)
    actions.retry(row)
    messages.success(request, _("It is tried again."))
    return redirect("files:file", row.pk)


@login_required
@require_POST
@limited("files.change", "120/m")
def others(request: UserRequest, file: UUID) -> HttpResponse:
    """``whole``: whether others get the picture with what its camera noted."""
    row = access_file(request.user, file)
    whole = request.POST.get("whole") == "on"
    actions.show_whole(row, whole=whole)
    messages.success(
        request,
        _("Others get this picture with all that its camera noted.")
        if whole
        else _("Others get a copy of this picture without what its camera noted."),
    )
    return redirect("files:file", row.pk)


@login_required
@require_POST
@limited("files.ask", "30/m")
def ask(request: UserRequest, file: UUID) -> HttpResponse:
    """``what``: summarise, describe, or nothing, and the question as ``words``. Leads to the conversation."""
    row = access_file(request.user, file)
    try:
        question = asking.question_of(row, request.POST.get("what", ""), request.POST.get("words", ""))
        return redirect("chat:conversation", asking.about(request.user, row, question))
    except AppError as refusal:
        messages.error(request, refusal.message)
        return redirect("files:file", row.pk)


@login_required
@require_POST
@limited("files.ask", "30/m")
def ask_folder(request: UserRequest, folder: UUID) -> HttpResponse:
    """Leads to a conversation that is answered from the documents of the folder."""
    row = access_folder(request.user, folder)
    try:
        return redirect("chat:conversation", asking.across(request.user, row))
    except AppError as refusal:
        messages.error(request, refusal.message)
        return redirect("files:folder", row.pk)
