"""Who asks at a door ahead of Django: somebody signed in (by the session's cookie), a program (by a key), or whoever has an address that
entitles (a grant: share links, upload links). Synchronous; for threads that may use the database.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Protocol, TypeAlias, runtime_checkable
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from files.asgi.asked import Asked
from meatlizard.accounts.acting import is_acting
from meatlizard.accounts.models import User
from meatlizard.api.authentication import key_of
from meatlizard.errors import Forbidden, Unauthenticated
from meatlizard.kept_sql import KeptSelect, given
from meatlizard.ops import switches
from meatlizard.security.origin import is_same_origin

READ: Final = "files:read"
WRITE: Final = "files:write"
"""Scopes of keys."""

KEY_RATE: Final = ("files", "12000/m")
"""Requests with one key at these doors: a large file may come in many pieces, and many small files in a row."""


class Grant(Protocol):
    """What an address or a header entitles to, whoever has it."""

    @property
    def mark(self) -> str:
        """Which one it is, as ``upload <slug>``: kept with an upload, and only who shows the same goes on with it. 60 characters at most."""


@runtime_checkable
class UploadGrant(Grant, Protocol):
    """Lets others upload to ``owner``, who has the files and pays for them."""

    @property
    def owner(self) -> User: ...

    @property
    def folder(self) -> UUID | None:
        """Where the files go; None: the owner's top folder."""

    def admit(self, size: int | None, name: str) -> None:
        """Raises AppError for what it does not allow (any more). Called in the transaction that creates an upload, and with a ``size`` again
        when a deferred one becomes known. ``name``: as the uploader calls it."""

    def stored(self, file: Any) -> None:
        """Called in the transaction that has stored a :class:`files.models.File`."""


@runtime_checkable
class ContentGrant(UploadGrant, Protocol):
    """What is uploaded becomes no file of the owner's, but something else of theirs."""

    def keep(self, blob: Any, name: str, reservation: UUID | None) -> None:
        """Called in the transaction that ends the upload, in the place of storing a file: holds the :class:`files.models.Blob` and settles the
        reservation. Raises AppError for what it cannot be."""


Recogniser: TypeAlias = "Callable[[Asked, User | None], Grant | None]"
"""Tells the grant in a request, if there is one; raises AppError for one that is over or wants a password. Gets who is signed in."""

_person = KeptSelect(lambda: User.objects.filter(id=given(User, "id")).select_related("tier"))
_recognisers: list[Recogniser] = []


@dataclass(frozen=True, slots=True)
class Who:
    """``user``: somebody signed in, or the owner of the key; None when nobody is known."""

    user: User | None
    by_key: bool = False
    grant: Grant | None = None


def recognise(recogniser: Recogniser) -> Recogniser:
    """To be called (or used as a decorator) when the app is ready. The first that tells a grant counts."""
    if recogniser not in _recognisers:
        _recognisers.append(recogniser)
    return recogniser


def identify(asked: Asked, scope: str, *, writing: bool) -> Who:
    """Who asks. ``scope``: what a key must be allowed. A wrong key is refused even where nobody need be known.

    Raises Unauthenticated for a wrong key; Forbidden for a key without the scope, while suspended, and for pages of other sites that write
    in somebody's name; LimitReached; Unavailable for who writes during maintenance.
    """
    secret = _secret(asked)
    user = key_of(asked.scope, secret, scope, KEY_RATE).owner if secret else _signed_in(asked)
    if user is not None and not secret and user.is_suspended:
        raise Forbidden(_("Your account is suspended. Open the site to see why and until when."), code="suspended")
    grant = next((found for one in _recognisers if (found := one(asked, user)) is not None), None)
    if writing:
        _may_write(asked, user, signed_in=user is not None and not secret, granted=grant is not None)
    return Who(user, bool(secret), grant)


def known(asked: Asked, scope: str, *, writing: bool) -> User:
    """As :func:`identify`, for what only members may. Raises Unauthenticated for who is not known."""
    user = identify(asked, scope, writing=writing).user
    if user is None:
        raise unknown()
    return user


def unknown() -> Unauthenticated:
    return Unauthenticated(_("Sign in, or send a key of yours as “Authorization: Bearer”."))


def _may_write(asked: Asked, user: User | None, *, signed_in: bool, granted: bool) -> None:
    if signed_in and not granted and not is_same_origin(asked.scope):
        # The cookie came by itself; whose page sent it is told by Origin alone, on which a page cannot lie.
        raise Forbidden(_("The page was open too long, or is not of this site. Reload it and try again."), code="csrf")
    # A grant writes for its owner, and owners cannot write now either.
    switches.may_change(user or AnonymousUser())  # type: ignore[arg-type]


def _secret(asked: Asked) -> str:
    way, _space, secret = asked.headers.get("authorization", "").partition(" ")
    if way.lower() == "bearer":
        return secret.strip()
    return asked.headers.get("x-api-key", "").strip()


def _signed_in(asked: Asked) -> User | None:
    key = asked.cookies.get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    # As django.contrib.auth.get_user, with the person's tier and SQL that is kept: every piece of every upload asks this.
    if is_acting(session):
        raise Forbidden(_("Not while you are signed in as somebody else: files are the member's alone."), code="acting")
    if session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS:
        return None
    user = _person.first(id=int(session[SESSION_KEY]))
    told = session.get(HASH_SESSION_KEY)
    if user is None or not user.is_active or not told:
        return None
    valid = (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    return user if any(constant_time_compare(told, one) for one in valid) else None
