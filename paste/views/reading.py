"""The page of a paste, and what it is made of."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from chat import completions
from chat.views.diagrams import draws
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden
from meatlizard.moderation import rulebook
from meatlizard.security.client_address import address_key
from paste import actions, collections, comments, counting, showing, visits
from paste.access import access_file, access_revision, files_of
from paste.forms import CommentForm, PasswordForm
from paste.models import Paste
from paste.views.decorators import by_address
from paste.views.files import asked_revision
from paste.views.sheets import sheets


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
@by_address
@draws
def show(request: HttpRequest, slug: str) -> HttpResponse:
    """``paste/show.html``; before it, where need be, ``paste/password.html`` and ``paste/confirm.html``. A view is used up by
    POST alone, so that previews of links use up none."""
    found = visits.visit(request, slug)
    if found.paste.sealed:
        return redirect(f"{reverse('sealed:sealed')}?{slug}")
    if found.stands == "password":
        return _password(request, found.paste)
    claim = ""
    if found.stands == "confirm":
        if request.method != "POST" or "open" not in request.POST:
            return render(request, "paste/confirm.html", {"paste": found.paste})
        claim = actions.claim_view(found.paste)
    response = render(request, "paste/show.html", page(request, found.paste, found.mine))
    if claim:
        visits.remember(response, found.paste, visits.CLAIMED, claim)
    if not found.mine:
        counting.seen(found.paste.pk)
    if found.paste.privacy == Paste.Privacy.PUBLIC and not found.paste.burns:
        response.headers["X-Robots-Tag"] = "index"
        response.headers["Cache-Control"] = "no-cache"
    return response


def _password(request: HttpRequest, paste: Paste) -> HttpResponse:
    form = PasswordForm(request.POST if "password" in request.POST else None)
    if form.is_valid():
        try:
            proof = actions.unlock(paste, form.cleaned_data["password"], address_key(request))
        except Forbidden as error:
            form.add_error("password", error.message)
        else:
            response = redirect("paste:show", paste.slug)
            visits.remember(response, paste, visits.UNLOCKED, proof)
            return response
    return render(request, "paste/password.html", {"form": form, "paste": paste}, status=403 if form.errors else 200)


def page(request: HttpRequest, paste: Paste, mine: bool, revision: int | None = None) -> dict[str, Any]:
    """Context of ``paste/show.html``."""
    user = request.user if isinstance(request.user, User) else None
    viewer = user.pk if user else None
    return {
        "paste": paste,
        "mine": mine,
        "revision": access_revision(request.user, paste, revision) if revision else None,
        "sheets": sheets(files_of(paste, revision), paste, revision),
        "address": request.build_absolute_uri(reverse("paste:show", args=[paste.slug])),
        "thread": comments.thread(paste, viewer) if paste.comments_count else [],
        "signs": comments.signs_of(paste, viewer),
        "offered_signs": comments.SIGNS,
        "starred": bool(user and comments.starred(user, paste)),
        "collections": list(collections.collections_of(user)) if user else [],
        "comment_form": CommentForm(auto_id="comment-%s"),
        "models": user is not None and not paste.sealed and completions.offered_to(user),
        "reports": rulebook.current().reports,
    }


@require_GET
@by_address
@draws
def revision(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """``paste/show.html`` of an earlier state."""
    paste = visits.opened(request, slug)
    return render(request, "paste/show.html", page(request, paste, request.user.pk == paste.owner_id, number))


@require_GET
@by_address
def piece(request: HttpRequest, slug: str, file: int, number: int) -> JsonResponse:
    """``{"html", "pending"}`` of a long file: its pieces after the first, and the first once more when it has been highlighted."""
    paste = visits.opened(request, slug)
    row = access_file(paste, file, asked_revision(request, paste))
    if number:
        return JsonResponse({"html": showing.piece(row, number), "pending": False})
    shown = showing.first(row)
    return JsonResponse({"html": shown.html, "pending": shown.pending})
