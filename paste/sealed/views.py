"""Pages of sealed pastes, and PrivateBin's JSON API at the same address: who asks for JSON gets JSON."""

import json
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from meatlizard.errors import Forbidden, Invalid, NotFound, Unavailable
from meatlizard.ops import switches
from meatlizard.security.client_address import address_key
from meatlizard.security.headers import unlisted
from meatlizard.security.ratelimit import check as check_limit
from paste import actions as pastes
from paste import contents
from paste.access import makers
from paste.doors.bodies import bounded
from paste.doors.senders import maker, sender
from paste.sealed import actions, answers, form, parts
from paste.sealed.access import access_coming, access_part, access_sealed, access_sealed_by_token
from paste.sealed.answers import told
from paste.sealed.description import description

READ_RATE = "300/10m"
PART_RATE = "6000/10m"
COMMENT_RATE = "60/h"
STRANGER = AnonymousUser()
EXPIRES = [
    ("5min", _("5 minutes")), ("10min", _("10 minutes")), ("1hour", _("1 hour")), ("1day", _("1 day")),
    ("1week", _("1 week")), ("1month", _("30 days")), ("1year", _("1 year")), ("never", _("never")),
]  # fmt: skip


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST", "PUT", "DELETE"])
@unlisted
def sealed(request: HttpRequest) -> HttpResponse:
    """``?ID`` reads, ``?pasteid=&deletetoken=`` deletes, nothing makes one; JSON as PrivateBin's clients send it."""
    if request.method not in ("GET", "HEAD"):
        return _sent(request)
    if _asks_for_json(request):
        return _api_get(request)
    if "pasteid" in request.GET:
        # A look at the address deletes nothing: the page it leads to asks.
        paste = access_sealed_by_token(request.GET["pasteid"], request.GET.get("deletetoken", ""))
        query = urlencode({"token": request.GET.get("deletetoken", "")})
        return redirect(f"{reverse('paste:forget', args=[paste.slug])}?{query}")
    slug = next(iter(request.GET), "")
    return _read_page(request, slug) if slug else _new_page(request)


def _asks_for_json(request: HttpRequest) -> bool:
    if request.headers.get("X-Requested-With") == "JSONHttpRequest":
        return True
    accepted = request.headers.get("Accept", "")
    return "application/json" in accepted and "text/html" not in accepted


@told
def _sent(request: HttpRequest) -> HttpResponse:
    """Makes a paste or a comment, or deletes."""
    most = pastes.largest(anonymous=False)
    sent = form.read(bounded(request, most, form.AROUND), most)
    if isinstance(sent, form.Deletion):
        actions.delete(request.user, sent, address_key(request))
        return JsonResponse({"status": 0, "id": sent.pasteid})
    if isinstance(sent, form.NewComment):
        return _comment(request, sent)
    return answers.made(*actions.create(maker(request), sent))


def _comment(request: HttpRequest, sent: form.NewComment) -> HttpResponse:
    user = sender(request)
    if user is None and makers() != "everyone":
        raise Forbidden(gettext("On this site only members comment. Sign in first."), code="members_only")
    check_limit("paste.comment", f"user {user.pk}" if user else f"address {address_key(request)}", COMMENT_RATE)
    row = actions.comment(user or STRANGER, sent, address_key(request))
    return JsonResponse({"status": 0, "id": row.public_id, "created": int(row.created.timestamp())})


@told
def _api_get(request: HttpRequest) -> HttpResponse:
    if "jsonld" in request.GET:
        found = description(request.GET["jsonld"], request.path)
        if found is None:
            raise NotFound(code="no_such_kind")
        return JsonResponse(found)
    slug = next(iter(request.GET), "")
    if request.method == "GET" and "pasteid" in request.GET:
        _check_writable()
        pastes.delete(access_sealed_by_token(request.GET["pasteid"], request.GET.get("deletetoken", "")))
        return JsonResponse({"status": 0, "id": request.GET["pasteid"]})
    check_limit("paste.sealed.read", f"address {address_key(request)}", READ_RATE, open_in_trouble=True)
    if request.method == "HEAD":
        # It must use nothing up.
        access_sealed(request.user, slug)
        return HttpResponse(content_type="application/json")
    if switches.current().read_only and access_sealed(request.user, slug).paste.burns:
        _check_writable()
    return answers.opened(actions.open_classic(request.user, slug))


def _check_writable() -> None:
    """PrivateBin's clients delete, and use up views, by GET, which nothing before this takes for writing."""
    if (closed := switches.current()).read_only:
        raise Unavailable(closed.maintained, code="maintenance")


@csrf_exempt
@require_POST
@unlisted
@told
def open_proved(request: HttpRequest) -> HttpResponse:
    """``{"pasteid", "proof"}``: the sealed text, for who can read it."""
    if request.headers.get("X-Requested-With") != "JSONHttpRequest":
        raise Invalid(gettext("Send this with the header “X-Requested-With: JSONHttpRequest”."), code="bad_request")
    asked = form.opening(bounded(request, form.AROUND))
    return answers.opened(actions.open_proved(request.user, asked.pasteid, asked.proof, address_key(request)))


@csrf_exempt
@require_http_methods(["GET", "PUT"])
@unlisted
@told
def part(request: HttpRequest) -> HttpResponse:
    """``?id=&n=``: a part of a large file. PUT with ``X-Token`` brings it, GET (with ``X-Claim`` where a view was used up) fetches it."""
    slug, said = request.GET.get("id", ""), request.GET.get("n", "")
    if not slug:
        raise Invalid(gettext("Say which part of which paste: ?id=ID&n=1"), code="bad_request")
    number = int(said) if said.isascii() and said.isdecimal() and len(said) < 6 else 0
    if request.method == "PUT":
        row = access_coming(slug, request.headers.get("X-Token", ""))
        parts.put(row, number, bounded(request, parts.PART_BYTES, parts.TAG_BYTES))
        return JsonResponse({"status": 0})
    check_limit("paste.sealed.part", f"address {address_key(request)}", PART_RATE, open_in_trouble=True)
    file = access_part(request.user, slug, number, request.headers.get("X-Claim", ""))
    return HttpResponse(contents.read(file), content_type="application/octet-stream")


@csrf_exempt
@require_POST
@unlisted
@told
def ready(request: HttpRequest) -> HttpResponse:
    """``{"pasteid", "deletetoken"}``: all parts have been sent."""
    sent = form.read(bounded(request, form.AROUND), form.AROUND)
    if not isinstance(sent, form.Deletion):
        raise Invalid(code="bad_request")
    parts.finish(access_coming(sent.pasteid, sent.deletetoken or ""))
    return JsonResponse({"status": 0, "id": sent.pasteid})


def _new_page(request: HttpRequest) -> HttpResponse:
    """``paste/sealed_new.html``. Context: ``may_make``, ``largest`` (characters of sealed text), ``expires``, ``visitor``, and for large
    files ``files_most`` and ``part_bytes``."""
    visitor = not request.user.is_authenticated
    context = {
        "may_make": not visitor or makers() == "everyone",
        "largest": pastes.largest(visitor),
        "expires": [(key, label) for key, label in EXPIRES if not (visitor and key in ("1year", "never"))],
        "visitor": visitor,
        "files_most": 0 if visitor else settings.SEALED_FILES_MAX_BYTES,
        "part_bytes": parts.PART_BYTES,
    }
    return render(request, "paste/sealed_new.html", context)


def _read_page(request: HttpRequest, slug: str) -> HttpResponse:
    """``paste/sealed.html``: without the sealed text, so that whoever only looks at the address uses nothing up. Context: ``paste``,
    ``facts`` (what the page's script needs)."""
    row = access_sealed(request.user, slug)
    paste, seal = row.paste, row.seal
    facts: dict[str, Any] = {
        "id": paste.slug, "adata": json.loads(paste.adata), "views": paste.views_left,
        "proof": seal is not None and (row.needs_proof or paste.burns),
        "password": seal is not None and seal.password, "recipient": seal is not None and seal.recipient,
        "discussion": paste.discussion and (request.user.is_authenticated or makers() == "everyone"),
    }  # fmt: skip
    return render(request, "paste/sealed.html", {"paste": paste, "facts": facts})
