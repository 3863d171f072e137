"""For the pages of a link (password, "this leads to", preview): where a visitor stands, and the way on.

The path ahead of Django hands such requests on, and asks nothing that these do not ask again.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.hashers import check_password
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from meatlizard.errors import Forbidden, NotFound
from meatlizard.security import ratelimit
from shortener.access import NO_SUCH_LINK, link_at
from shortener.details import MAX_PASSWORD, storable
from shortener.models import Link
from shortener.redirect import visits
from shortener.redirect.entries import Entry, compiled
from shortener.redirect.limits import let_through
from shortener.redirect.path import FOREIGN, slug_in
from shortener.redirect.storing import recorder
from shortener.redirect.visits import Seen, Step

_HOST = re.compile(r"[a-z0-9_.-]{1,253}")

GUESSES = "5/15m"
"""Passwords tried for one link from one address."""

GUESSES_BY_ALL = "100/h"


@dataclass(frozen=True, slots=True)
class Arrival:
    """``step`` says which page is to be shown; ``preview``: the address ended in ``+``. ``tells``: whether the page may say where the link
    leads; a link with a password, a limit or times does not give its target away.
    """

    link: Link
    entry: Entry
    step: Step
    preview: bool

    @property
    def tells(self) -> bool:
        return not (self.entry.locked or self.entry.limited) and self.step not in (Step.NOWHERE, Step.ELSEWHERE)


def arrive(request: HttpRequest, path: str, *, unlocked: str = "", confirmed: bool = False) -> Arrival:
    """``path``: what stands behind ``/s/``: a slug, or ``@host/slug``, with or without ``+``; ``unlocked``: what :func:`unlock` gave.

    Raises NotFound for a link that leads nowhere.
    """
    host, slug, preview = parts(path)
    link = link_at(host, slug)
    entry = compiled(link)
    if entry is None:
        raise NotFound(str(NO_SUCH_LINK), code="no_such_link")
    step = visits.step(entry, seen(request), unlocked=is_unlocked(link, unlocked), confirmed=confirmed)
    if step is Step.NOWHERE:
        raise NotFound(str(NO_SUCH_LINK), code="no_such_link")
    return Arrival(link, entry, step, preview)


def pass_on(request: HttpRequest, arrival: Arrival) -> HttpResponse:
    """The redirect itself, counted, for an arrival whose step is PASS or ELSEWHERE. Raises NotFound when the last click was just taken,
    and Forbidden at any other step.
    """
    entry, step = arrival.entry, arrival.step
    if step is Step.PASS and entry.limited and not let_through(entry.link):
        step = visits.closed(entry)
    if step is Step.NOWHERE:
        raise NotFound(str(NO_SUCH_LINK), code="no_such_link")
    if step is Step.ELSEWHERE and entry.fallback is not None:
        return _redirect(302, entry.fallback.with_query(b""))
    if step is not Step.PASS:
        raise Forbidden(_("This link asks for something first."), code="not_yet")
    who = seen(request)
    location, route = visits.led_to(entry, who)
    recorder.record(entry.link, {"headers": who.headers, "client": who.client}, route)
    # Of a form that was sent in: the browser must ask the target with GET, and not send the form there.
    return _redirect(303 if request.method == "POST" else entry.status, location)


def unlock(link: Link, password: str, address: str) -> str:
    """What proves that the password was given, for :func:`arrive`. Raises Forbidden for a wrong one, LimitReached after too many."""
    too_often = _("Too many passwords were tried. Wait a little.")
    ratelimit.check("link.password", f"{link.pk} {address}", GUESSES, too_often)
    ratelimit.check("link.password.all", str(link.pk), GUESSES_BY_ALL, too_often)
    if len(password) > MAX_PASSWORD or not check_password(storable(password), link.password):
        raise Forbidden(_("This is not the password."), code="wrong_password")
    return _proof(link)


def is_unlocked(link: Link, proof: str) -> bool:
    return not link.password or constant_time_compare(proof, _proof(link))


def parts(path: str) -> tuple[str, str, bool]:
    """Host (empty: the site's own), slug, and whether the preview was asked for. Raises NotFound for what can be no link."""
    preview = path.endswith("+")
    path = path.removesuffix("+")
    host = ""
    foreign = path.startswith(FOREIGN)
    if foreign:
        named, _slash, path = path[1:].partition("/")
        host = named.lower()
    slug = slug_in(path)
    if not slug or (foreign and not _HOST.fullmatch(host)):
        raise NotFound(str(NO_SUCH_LINK), code="no_such_link")
    return host, slug, preview


def seen(request: HttpRequest) -> Seen:
    scope: dict[str, Any] | None = getattr(request, "scope", None)
    query = request.META.get("QUERY_STRING", "").encode("latin-1", "replace")
    if scope is not None:
        return Seen(scope["headers"], scope.get("client"), query)
    headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in request.headers.items()]
    return Seen(headers, (request.META.get("REMOTE_ADDR", ""), 0), query)


def _redirect(status: int, location: bytes) -> HttpResponse:
    response = HttpResponse(status=status)
    response["Location"] = location.decode("ascii")
    response["Cache-Control"] = "private, no-store"
    return response


def _proof(link: Link) -> str:
    return salted_hmac("shortener.password", f"{link.pk} {link.password}", algorithm="sha256").hexdigest()
