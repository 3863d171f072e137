"""Requests about files of conversations, by their owners alone: lists, looks, downloads and changes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from chat.access import access_conversation
from chat.artifacts import actions, detection, framing, kinds, naming, packing, reading, showing
from chat.artifacts.access import access_artifact, access_version
from chat.models import ArtifactVersion, Conversation
from chat.views.bodies import MAX_TEXT_BODY, body
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import Invalid
from meatlizard.security.ratelimit import limited
from meatlizard.threads import in_database

SANDBOX = "default-src 'none'; sandbox"
MAX_EDIT_BODY = 6 * detection.LARGEST + MAX_TEXT_BODY
"""JSON may write each character as six."""

ACTIVE = frozenset(("html", "svg", "xml"))
"""Kinds that a browser could run something in: they are told to be nothing it knows."""


@login_required
@require_GET
def listed(request: UserRequest, conversation: UUID) -> JsonResponse:
    """``{"artifacts": [...]}`` of the branch that is shown, see :class:`chat.artifacts.shape.ArtifactOut`."""
    return _list(access_conversation(request.user, conversation))


@login_required
@require_GET
def link(request: UserRequest, artifact: UUID) -> HttpResponse:
    """The address of a file for its owner: the page of its conversation, with the file open."""
    row = access_artifact(request.user, artifact)
    return HttpResponseRedirect(f"{reverse('chat:conversation', args=[row.conversation_id])}#artifact-{row.pk}")


@login_required
@require_GET
@limited("chat.artifact", "240/m", methods=("GET",))
def look(request: UserRequest, artifact: UUID, number: int) -> JsonResponse:
    """A version to be looked at: ``{"view", "html", "note"}``, see :class:`chat.artifacts.showing.Preview`; with ``?as=source`` as it is
    written, with ``?as=changes&from=number`` what has changed since then."""
    row = access_version(request.user, artifact, number)
    as_ = request.GET.get("as", "")
    if as_ == "changes":
        before = access_version(request.user, artifact, _number(request.GET.get("from", "")))
        shown = showing.difference(before.content.text, row.content.text, row.artifact.name)
    elif as_ == "source":
        shown = showing.source(row.artifact.kind, row.content.text)
    else:
        shown = showing.preview(row.artifact.kind, row.content.text)
    return JsonResponse({"view": shown.view, "html": shown.html, "note": shown.note})


@login_required
@require_GET
def text(request: UserRequest, artifact: UUID, number: int) -> HttpResponse:
    """The text of a version, for the editor and to be copied."""
    row = access_version(request.user, artifact, number)
    return _alone(HttpResponse(row.content.text, content_type="text/plain; charset=utf-8"))


@login_required
@require_GET
def download(request: UserRequest, artifact: UUID, number: int) -> HttpResponse:
    row = access_version(request.user, artifact, number)
    kind = row.artifact.kind
    media = "application/octet-stream" if kind in ACTIVE else f"{kinds.media_type(kind)}; charset=utf-8"
    response = _alone(HttpResponse(row.content.text.encode(), content_type=media))
    response.headers["Content-Disposition"] = _disposition(row)
    return response


@login_required
@require_GET
def frame(request: UserRequest, artifact: UUID, number: int) -> HttpResponse:
    """A page or a drawing in the frame that is for it; with ``?run``, where operators allow it, its scripts run there, see :mod:`chat.artifacts.framing`."""
    row = access_version(request.user, artifact, number)
    if kinds.KINDS.get(row.artifact.kind, kinds.TEXT).view != "frame":
        raise Invalid(_("This file is not looked at in a frame."), code="no_page")
    runs = "run" in request.GET and settings.ARTIFACT_SCRIPTS
    response = HttpResponse(framing.document(row.content.text, runs=runs))
    for name, value in framing.headers(runs=runs).items():
        response.headers[name] = value
    return response


@login_required
@require_GET
@limited("chat.artifact.zip", "30/m", methods=("GET",))
def packed(request: UserRequest, conversation: UUID) -> HttpResponseBase:
    """The newest version of each file on the branch that is shown, as a ZIP archive."""
    talk = access_conversation(request.user, conversation)
    rows = reading.current(talk)
    if not rows:
        raise Invalid(_("There are no files in this conversation."), code="no_files")
    response = StreamingHttpResponse(_pieces(packing.archive(rows)), content_type="application/zip")
    name = naming.from_words(talk.title or "files", "zip")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@login_required
@require_POST
@limited("chat.artifact.change", "60/m")
def revise(request: UserRequest, artifact: UUID, number: int) -> JsonResponse:
    """``text`` as a new version; ``newest`` is the last one that its writer knows of. ``{"artifacts": [...]}``."""
    said = body(request, MAX_EDIT_BODY)
    written = said.get("text")
    if not isinstance(written, str):
        raise Invalid(_("The request has no text."), code="bad_request")
    made = actions.revise(request.user, artifact, number, _number(said.get("newest")), written)
    return _changed(request, made)


@login_required
@require_POST
@limited("chat.artifact.change", "60/m")
def restore(request: UserRequest, artifact: UUID, number: int) -> JsonResponse:
    """An earlier version as the newest one. ``{"artifacts": [...]}``."""
    made = actions.restore(request.user, artifact, number, _number(body(request).get("newest")))
    return _changed(request, made)


@login_required
@require_POST
def keep(request: UserRequest, artifact: UUID) -> JsonResponse:
    """With ``kept`` true for as long as its conversation, else for its usual time. ``{"expires": when or null}``."""
    row = actions.keep(access_artifact(request.user, artifact), body(request).get("kept") is True)
    return JsonResponse({"expires": row.expires})


@login_required
@require_POST
def remove(request: UserRequest, artifact: UUID) -> JsonResponse:
    actions.remove(access_artifact(request.user, artifact))
    return JsonResponse({"deleted": str(artifact)})


def _changed(request: UserRequest, made: ArtifactVersion) -> JsonResponse:
    return _list(access_conversation(request.user, made.artifact.conversation_id))


def _list(talk: Conversation) -> JsonResponse:
    return JsonResponse({"artifacts": [row.model_dump(mode="json") for row in reading.shown(talk)]})


def _number(value: Any) -> int:
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        found = -1
    if not 0 <= found < 2**31:
        raise Invalid(_("The request names no version."), code="bad_request")
    return found


async def _pieces(archive: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (piece := await in_database(next, archive, None)) is not None:
        yield piece
        # The one thread for the database is everybody's: others go first.
        await asyncio.sleep(0)


def _disposition(row: ArtifactVersion) -> str:
    # Made safe once more: a name may have come by another way than it comes today.
    name = naming.safe(row.artifact.name, "")
    return content_disposition_header(True, name) or "attachment"


def _alone(response: HttpResponse) -> HttpResponse:
    """Whatever it holds, a browser neither guesses at it nor runs it."""
    response.headers["Content-Security-Policy"] = SANDBOX
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
