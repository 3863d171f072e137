"""For the pages of a link (password, "this leads to", preview): where a visitor stands, and the way on.

The path ahead of Django hands such requests on, and asks nothing that these do not ask again.
"""

import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from meatlizard.errors import Forbidden, NotFound
from meatlizard.security.passwords import Lock
from shortener.access import NO_SUCH_LINK, link_at
from shortener.details import storable
from shortener.models import Link
from shortener.redirect import visits
from shortener.redirect.entries import Entry, compiled
from shortener.redirect.limits import let_through
from shortener.redirect.path import FOREIGN, slug_in
from shortener.redirect.storing import recorder
from shortener.redirect.visits import Seen, Step

_HOST = re.compile(r"[a-z0-9_.-]{1,253}")


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
    step = visits.step(entry, seen(request), unlocked=_lock(link).is_open(unlocked), confirmed=confirmed)
    if step is Step.NOWHERE:
        raise NotFound(str(NO_SUCH_LINK), code="no_such_link")
    return Arrival(link, entry, step, preview)


def pass_on(request: HttpRequest, arrival: Arrival) -> HttpResponse:
    """The redirect itself, counted, for an arrival whose step is PASS or ELSEWHERE. Raises NotFound when the last click was just taken,
    and Forbidden at any other step.
    """
    entry, step = arrival.entry, arrival.step
    # Who only asks whether it is there takes no click and is none, as on the way ahead of Django.
    counts = request.method != "HEAD"
    if step is Step.PASS and entry.limited and counts and not let_through(entry.link):
        step = visits.closed(entry)
    if step is Step.NOWHERE:
        raise NotFound(str(NO_SUCH_LINK), code="no_such_link")
    if step is Step.ELSEWHERE and entry.fallback is not None:
        return _redirect(302, entry.fallback.with_query(b""))
    if step is not Step.PASS:
        raise Forbidden(_("This link asks for something first."), code="not_yet")
    who = seen(request)
    location, route = visits.led_to(entry, who)
    if counts:
        recorder.record(entry.link, {"headers": who.headers, "client": who.client}, route)
    # Of a form that was sent in: the browser must ask the target with GET, and not send the form there.
    return _redirect(303 if request.method == "POST" else entry.status, location)


def unlock(link: Link, password: str, address: str) -> str:
    """For :func:`arrive`; as :meth:`meatlizard.security.passwords.Lock.unlock`."""
    return _lock(link).unlock(storable(password), address)


def _lock(link: Link) -> Lock:
    return Lock("link", link.pk, link.password)


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
