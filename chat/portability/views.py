"""Downloads of conversations, and the page where archives come in."""

from typing import TypeVar
from uuid import UUID

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from chat.access import access_conversation
from chat.portability import actions
from chat.portability import export as exporting
from chat.portability.access import access_import, imports_of
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError, NotFound
from meatlizard.security.ratelimit import limited
from meatlizard.threads import in_turns

Response = TypeVar("Response", bound=HttpResponseBase)


class ImportForm(forms.Form):
    archive = forms.FileField(
        label=_("Archive"), help_text=_("A ZIP archive as it was downloaded, or the conversations.json out of it."),
        error_messages={"required": _("Choose a file first."), "empty": _("This file is empty.")},
    )  # fmt: skip


def _kind(kind: str) -> str:
    if kind not in exporting.WRITERS:
        raise NotFound(gettext("Conversations are exported as json, markdown or html."))
    return kind


@login_required
@require_GET
@limited("chat.export", "120/m", methods=("GET",))
def export(request: UserRequest, conversation: UUID, kind: str) -> HttpResponse:
    """One conversation as a file."""
    talk = access_conversation(request.user, conversation)
    content = exporting.WRITERS[_kind(kind)](talk)
    return _download(HttpResponse(content, content_type=exporting.TYPES[kind]), exporting.file_name(talk, kind))


@login_required
@require_GET
@limited("chat.export.all", "10/h", methods=("GET",))
def export_all(request: UserRequest, kind: str) -> HttpResponseBase:
    """All conversations of a person as a ZIP archive, made while it is sent."""
    pieces = in_turns(exporting.archive(request.user, _kind(kind)))
    response = StreamingHttpResponse(pieces, content_type="application/zip")
    return _download(response, f"conversations-{kind}-{timezone.now():%Y-%m-%d}.zip")


def _download(response: Response, name: str) -> Response:
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    return response


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.import", "20/h")
def archives(request: UserRequest) -> HttpResponse:
    """``chat/archives.html``: takes archives, and offers one's own. Context: ``form``, ``runs``, ``most`` (bytes)."""
    form = ImportForm()
    status = 200
    if request.method == "POST":
        form = ImportForm(request.POST, request.FILES)
        status = 400
        if form.is_valid():
            file = form.cleaned_data["archive"]
            try:
                run = actions.begin(request.user, file.name, file, file.size)
                return redirect("chat:imported", run.pk)
            except AppError as error:
                form.add_error("archive", error.message)
                status = error.status
    context = {"form": form, "runs": imports_of(request.user), "most": actions.MAX_UPLOAD}
    return render(request, "chat/archives.html", context, status=status)


@login_required
@require_GET
def imported(request: UserRequest, run: UUID) -> HttpResponse:
    """``chat/imported.html``: what came of an archive; while it is under way the page loads itself again. Context: ``run``."""
    return render(request, "chat/imported.html", {"run": access_import(request.user, run)})
