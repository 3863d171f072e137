"""Who somebody is, and whether he still is."""

from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db.models import Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from meatlizard.accounts.models import User


def needs_setup() -> bool:
    """Whether nobody has an account yet: the first one made is the administrator's."""
    return not User.objects.exists()


ORDINARY = Q(is_staff=False, is_superuser=False, groups=None, user_permissions=None)
"""Accounts that have no part in running the site."""


def runs_the_site(person: User) -> bool:
    """Whether there is any right of its own on this account, which whoever gets hold of it would have."""
    return not User.objects.filter(ORDINARY, pk=person.pk).exists()


def at_large(path: str = "") -> Q:
    """Of rows whose owner, found under ``path`` (``owner__``), is neither deactivated nor suspended: what such a person shares is out of
    reach meanwhile.
    """
    free = Q(**{f"{path}suspended_until": None}) | Q(**{f"{path}suspended_until__lte": timezone.now()})
    return free & Q(**{f"{path}is_active": True})


def session_valid(user_id: int, session_key: str | None) -> bool:
    """Whether the login session still stands: not ended or expired, the person active and not suspended, the password the same."""
    if not session_key:
        return False
    session: dict[str, Any] = import_module(settings.SESSION_ENGINE).SessionStore(session_key).load()
    if (
        session.get(SESSION_KEY) != str(user_id)
        or session.get(BACKEND_SESSION_KEY) not in settings.AUTHENTICATION_BACKENDS
    ):
        return False
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is None or user.is_suspended:
        return False
    known = session.get(HASH_SESSION_KEY) or ""
    return any(
        constant_time_compare(known, hash)
        for hash in (user.get_session_auth_hash(), *user.get_session_auth_fallback_hash())
    )
