"""Who sends a request that is no form of ours: a key of the API, or a script of this site's own pages. A cookie alone says nothing, since
a page of somebody else's may have had it sent."""

from django.http import HttpRequest
from django.utils.translation import gettext

from meatlizard.accounts.models import User
from meatlizard.api.authentication import authenticate
from meatlizard.errors import Forbidden
from meatlizard.security import ratelimit
from meatlizard.security.client_address import address_key
from paste.access import Viewer, makers

SCOPE, READING = "pastes:write", "pastes:read"
MEMBER_RATE, VISITOR_RATE = "60/10m", "20/10m"
"""Pastes made by one person, or from one address without an account."""


def sender(request: HttpRequest, secret: str = "") -> User | None:
    """None for nobody in particular. ``secret``: a key that stands elsewhere than in a header, for programs that can send none. Raises
    Unauthenticated for a wrong key, Forbidden for one that may not make pastes."""
    secret = _key(request) or secret
    if secret:
        return authenticate(request, secret, SCOPE).owner
    # Pages of other sites cannot set this on a request to here.
    if request.user.is_authenticated and request.headers.get("X-Requested-With"):
        return request.user
    return None


def _key(request: HttpRequest) -> str:
    scheme, _space, rest = request.headers.get("Authorization", "").partition(" ")
    return rest.strip() if scheme.lower() == "bearer" else request.headers.get("X-Api-Key", "").strip()


def reader(request: HttpRequest) -> Viewer:
    """Whose key it is, or who is signed in: reading for them changes nothing that a page of somebody else's could see."""
    secret = _key(request)
    return authenticate(request, secret, READING).owner if secret else request.user


def maker(request: HttpRequest, secret: str = "") -> User | None:
    """Who makes a paste. Raises Forbidden for nobody in particular where only members may, and LimitReached."""
    user = sender(request, secret)
    if user is None and makers() != "everyone":
        words = gettext(
            "On this site only members make pastes. Make a key at %(page)s and send it as “Authorization: Bearer KEY”."
        )
        raise Forbidden(words % {"page": request.build_absolute_uri("/api/keys/")}, code="members_only")
    key = f"user {user.pk}" if user is not None else f"address {address_key(request)}"
    ratelimit.check("paste.make", key, MEMBER_RATE if user is not None else VISITOR_RATE)
    return user
