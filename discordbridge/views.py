"""Pages about what happened on Discord."""

from typing import IO
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from discordbridge.access import access_transcript, account_of, bot_wanted
from discordbridge.actions import codes, linking, transcripts
from meatlizard.accounts.http import UserRequest
from meatlizard.errors import AppError, NotFound
from meatlizard.storage.streams import pieces

PAGE_ALONE = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""Nothing in it runs or asks anybody but the site. No sandbox: its images would be asked for without the reader's cookies."""

FILE_ALONE = "default-src 'none'; sandbox"


@login_required
@require_GET
def transcript(request: UserRequest, transcript: UUID) -> HttpResponseBase:
    """Where the transcript of a session is; of former versions the page as it was written."""
    row = access_transcript(request.user, transcript)
    if not row.messages:
        return redirect("chat:transcript", row.pk)
    transcripts.note_reading(request.user, row)
    with _opened(row.page_name) as file:
        response = HttpResponse(file.read(), content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = PAGE_ALONE
    return response


@login_required
@require_GET
def transcript_file(request: UserRequest, transcript: UUID, attached: int) -> HttpResponseBase:
    """A file that was attached: images are shown, everything else is saved."""
    row = access_transcript(request.user, transcript)
    if attached >= len(row.files):
        raise NotFound(gettext("This transcript has no such file."))
    about = row.files[attached]
    kind = about["type"] if about["image"] else "application/octet-stream"
    response = StreamingHttpResponse(pieces(_opened(row.file_name(attached))), content_type=kind)
    response.headers["Content-Security-Policy"] = FILE_ALONE
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Disposition"] = (
        "inline" if about["image"] else content_disposition_header(True, about["name"]) or "attachment"
    )
    return response


def _opened(name: str) -> IO[bytes]:
    try:
        return default_storage.open(name)
    except FileNotFoundError:
        raise NotFound(gettext("This file is not kept any more.")) from None


class LinkForm(forms.Form):
    do = forms.ChoiceField(choices=[(one, one) for one in ("make", "look", "enter", "unlink")])
    code = forms.CharField(max_length=40, required=False)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: UserRequest) -> HttpResponse:
    """``discordbridge/link.html``. Context: ``account`` that is tied (or None), ``code`` that was just made,
    ``whose`` the code is that was ``entered``, to be confirmed, whether there is a ``bot``."""
    made = whose = ""
    form = LinkForm(request.POST)
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data["do"] == "make":
                made = codes.for_web(request.user)
            elif form.cleaned_data["do"] == "look":
                whose = codes.whose_on_web(request.user, form.cleaned_data["code"])
            elif form.cleaned_data["do"] == "enter":
                codes.enter_on_web(request.user, form.cleaned_data["code"])
                messages.success(request, gettext("Your accounts are tied from now on."))
            else:
                linking.unlink(request.user)
                messages.success(request, gettext("Your accounts are not tied any more."))
        except AppError as error:
            messages.error(request, error.message)
        if not made and not whose:
            return redirect("discord:link")
    entered = form.cleaned_data["code"] if whose else ""
    context = {
        "account": account_of(request.user.pk), "code": made, "whose": whose, "entered": entered, "bot": bot_wanted(),
    }  # fmt: skip
    return render(request, "discordbridge/link.html", context)
