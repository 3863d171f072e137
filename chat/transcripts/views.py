"""Pages of transcripts: one's own, and what a link opens."""

import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from chat.models import Transcript
from chat.telling.mail import address_of
from chat.transcripts import access, actions, letters, policy, store
from chat.transcripts.writers import MEDIA_TYPES, page_policy
from meatlizard.accounts.http import UserRequest
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, NotFound
from meatlizard.security.headers import unlisted
from meatlizard.security.ratelimit import limited
from meatlizard.storage.streams import pieces

ON_A_PAGE = 50
FORMS = ("html", "md", "json", "csv")


class ChoiceForm(forms.Form):
    web = forms.BooleanField(required=False)
    discord = forms.BooleanField(required=False)
    by_mail = forms.BooleanField(required=False)
    by_message = forms.BooleanField(required=False)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.transcripts.choose", "30/m")
def transcripts(request: UserRequest) -> HttpResponse:
    """``chat/transcripts/list.html``: what one chose, and one's own. Context: ``page`` of transcripts, ``choice``, ``site`` (what it makes),
    ``idle`` days, ``days`` they are kept, ``ways`` of links, ``address`` for letters, ``discord`` (whether there is a bot)."""
    if request.method == "POST":
        form = ChoiceForm(request.POST)
        try:
            if form.is_valid():
                actions.choose(request.user, **form.cleaned_data)
                messages.success(request, gettext("Saved."))
        except AppError as error:
            messages.error(request, error.message)
        return redirect("chat:transcripts")
    context = {
        "page": Paginator(access.transcripts_of(request.user), ON_A_PAGE).get_page(request.GET.get("page")),
        "choice": policy.choice_of(request.user.pk), "site": settings.TRANSCRIPTS, "idle": settings.TRANSCRIPT_IDLE_DAYS,
        "days": request.user.tier.transcript_days, "ways": settings.TRANSCRIPT_LINKS, "address": address_of(request.user),
        "discord": bool(settings.DISCORD_TOKEN),
    }  # fmt: skip
    return render(request, "chat/transcripts/list.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@limited("chat.transcripts.link", "30/h")
def transcript(request: UserRequest, transcript: UUID) -> HttpResponse:
    """``chat/transcripts/one.html``: saves it, and on POST makes a link. Context: ``row``, ``forms`` with their sizes, ``files``, ``links``,
    ``link`` (only in the answer that made it), ``ends`` (None: never), ``own``, ``gives_links``."""
    row = access.access_to_read(request.user, transcript)
    own = row.owner_id == request.user.pk
    link = ""
    if request.method == "POST":
        link = letters.address_of_link(actions.give_link(access.access_transcript(request.user, transcript), "page"))
    context = _shown(row) | {
        "own": own, "link": link, "links": access.links_of(row) if own else (), "ends": _ends(row),
        "gives_links": own and "page" in settings.TRANSCRIPT_LINKS,
    }  # fmt: skip
    return render(request, "chat/transcripts/one.html", context)


@login_required
@require_GET
@limited("chat.transcripts.read", "120/m", methods=("GET",))
def part(request: UserRequest, transcript: UUID, kind: str) -> HttpResponseBase:
    """A form of it, or a file by its number. Operators' reading is in the audit."""
    row = access.access_to_read(request.user, transcript)
    checked = _kind(row, kind)
    actions.note_reading(request.user, row, checked)
    return _answer(row, checked)


@login_required
@require_POST
def delete(request: UserRequest, transcript: UUID) -> HttpResponse:
    actions.delete(access.access_transcript(request.user, transcript))
    messages.success(request, gettext("The transcript was deleted. The conversation is where it was."))
    return redirect("chat:transcripts")


@login_required
@require_POST
def revoke(request: UserRequest, link: UUID) -> HttpResponse:
    row = access.access_link(request.user, link)
    actions.revoke(row)
    messages.success(request, gettext("The link was taken back. It opens nothing any more."))
    return redirect("chat:transcript", row.transcript_id)


@require_GET
@unlisted
@limited("chat.transcripts.linked", "60/m", by="address", methods=("GET",))
def linked(request: HttpRequest, signed: str) -> HttpResponse:
    """``chat/transcripts/linked.html``: what a link leads to. Programs that look at links see nothing of what was said. Context: ``link``,
    ``signed``, ``row``, ``forms``, ``files``."""
    link = access.by_link(_signed_in(request), signed)
    return render(request, "chat/transcripts/linked.html", _shown(link.transcript) | {"link": link, "signed": signed})


@require_GET
@unlisted
@limited("chat.transcripts.linked", "60/m", by="address", methods=("GET",))
def linked_part(request: HttpRequest, signed: str, kind: str) -> HttpResponseBase:
    """As :func:`part`, by a link."""
    link = access.by_link(_signed_in(request), signed)
    checked = _kind(link.transcript, kind)
    access.count_opening(link)
    return _answer(link.transcript, checked)


def _signed_in(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None


def _shown(row: Transcript) -> dict[str, Any]:
    sizes = [{"form": form, "size": row.parts[form]["size"]} for form in FORMS if form in row.parts]
    return {"row": row, "forms": sizes, "files": [dict(one, number=number) for number, one in enumerate(row.files)]}


def _ends(row: Transcript) -> datetime.datetime | None:
    days = row.owner.tier.transcript_days
    return row.closed + datetime.timedelta(days=days) if days else None


def _kind(row: Transcript, kind: str) -> str:
    """The name of a part that is there."""
    if kind in row.parts:
        return kind
    number = int(kind) if kind.isascii() and kind.isdigit() and len(kind) < 6 else -1
    if 0 <= number < len(row.files) and row.files[number]["kept"]:
        return str(number)
    raise NotFound(gettext("This transcript has no such part."))


def _answer(row: Transcript, part: str) -> HttpResponseBase:
    """The page is shown, everything else saved. Nothing in either runs, and the page is not the site's: it has no origin."""
    form = part in MEDIA_TYPES
    kind = MEDIA_TYPES[part] if form else "application/octet-stream"
    response = StreamingHttpResponse(pieces(store.opened(row, part)), content_type=kind)
    name = f"{row.closed:%Y-%m-%d} transcript.{part}" if form else row.files[int(part)]["name"]
    if form:
        response.headers["Content-Length"] = str(row.parts[part]["size"])
    if part != "html":
        response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    allowed = page_policy() if part == "html" else "default-src 'none'"
    response.headers["Content-Security-Policy"] = f"{allowed}; sandbox; frame-ancestors 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
