"""Who asks at a door ahead of Django, by the session's cookie. Synchronous; for threads that may use the database."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import parse_cookie

from meatlizard.accounts.access import session_valid
from meatlizard.accounts.models import User
from meatlizard.api.access import access_by_key
from meatlizard.errors import AppError
from meatlizard.ops.switches import operates


@dataclass(frozen=True, slots=True)
class Visitor:
    """``operates``: found out along with it, since rights are looked up in the database."""

    user: User
    operates: bool


def session_of(scope: dict[str, Any]) -> str:
    """The key of the session whose cookie came along; empty for none."""
    cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie")
    return parse_cookie(cookies.decode("latin-1")).get(settings.SESSION_COOKIE_NAME, "") if cookies else ""


def owner_of_key(authorization: str, other: str) -> User | None:
    """Whose key came along, as ``Authorization: Bearer`` or ``X-Api-Key``; None: none that counts. A header alone tells nothing of who asks."""
    kind, _space, said = authorization.partition(" ")
    secret = said.strip() if kind.lower() == "bearer" else other.strip()
    if not secret:
        return None
    try:
        return access_by_key(secret).owner
    except AppError:
        return None


def visitor(scope: dict[str, Any]) -> Visitor | None:
    """Who is signed in; None: a guest."""
    key = session_of(scope)
    if not key:
        return None
    number = import_module(settings.SESSION_ENGINE).SessionStore(key).get(SESSION_KEY)
    if not number or not session_valid(int(number), key):
        return None
    user = User.objects.filter(pk=number).first()
    return None if user is None else Visitor(user, operates(user))
