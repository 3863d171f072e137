"""Who stands behind a request of a player. No address is kept: it is looked at for one limit, which the cache forgets after an hour."""

from typing import Final

from django.core import signing
from django.http import HttpRequest

from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden
from meatlizard.security.client_address import address_key
from meatlizard.security.ratelimit import hit
from shortener.redirect.agents import described, is_bot
from shortener.redirect.visits import referrer_host
from video.models import Video, Viewing
from video.watching.actions import Audience
from video.watching.beats import Session, sign

COOKIE: Final = "video_viewer"
COOKIE_SECONDS: Final = 86_400
SALT: Final = "video.viewer"
GUESTS: Final = "10/h"
"""Views of one video that guests of one address can count: a household has several people, and a program that drops its cookies is one."""


def session_for(request: HttpRequest, video: Video) -> str:
    """What the player of a page is given, to be sent along with what it tells."""
    person = request.user.pk if request.user.is_authenticated else None
    came_from = referrer_host(request.META.get("HTTP_REFERER", ""))
    return sign(video.pk.hex, person, "" if came_from == _own_host(request) else came_from)


def of(request: HttpRequest, video: Video, session: Session) -> Audience:
    """Raises Forbidden where the page was given to somebody else."""
    user = person_of(request, session)
    agent = request.META.get("HTTP_USER_AGENT", "")
    browser, system, device = described(agent)
    if user is not None and user.pk == video.owner_id:
        kind = Viewing.Kind.OWNER
    else:
        kind = Viewing.Kind.BOT if is_bot(agent) else Viewing.Kind.PERSON
    viewer = f"user {user.pk}" if user is not None else f"guest {_guest(request) or session.key}"
    return Audience(viewer, kind, session.began, device, browser[:60], system[:60], session.referrer)


def person_of(request: HttpRequest, session: Session) -> User | None:
    """Whose page it is. A page of a guest stays one's of a guest, whoever is signed in: with another site's help anybody could send it."""
    if not session.person:
        return None
    if not isinstance(request.user, User) or request.user.pk != session.person:
        raise Forbidden(code="not_your_page")
    return request.user


def may_count(request: HttpRequest, video: Video, audience: Audience) -> bool:
    """Whether one more view of a guest is believed. To be asked where one would be counted."""
    if not audience.viewer.startswith("guest "):
        return True
    return hit("video.view", f"{video.pk.hex} {address_key(request)}", GUESTS, open_in_trouble=True) is None


def cookie(audience: Audience) -> str:
    """By which a guest's browser is known for a day."""
    return signing.dumps(audience.viewer.removeprefix("guest "), salt=SALT)


def _guest(request: HttpRequest) -> str:
    try:
        key = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_SECONDS)
    except signing.BadSignature:
        return ""
    return key if isinstance(key, str) else ""


def _own_host(request: HttpRequest) -> str:
    return referrer_host(f"http://{request.get_host()}")
