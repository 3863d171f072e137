"""Codes that tie a Discord account to a web account: made at one, entered at the other, within minutes, once.

They lie in the shared cache alone, under their hashes: a restart forgets them, and a new one is made.
"""

import hashlib
import secrets
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext

from discordbridge.actions import linking
from discordbridge.models import DiscordAccount
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.security.ratelimit import check

SECONDS = 600
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
"""Without those that look alike."""

LENGTH = 8
RATE = "40/h"
"""Codes that one person may make, look at or enter: of 2^40 possible ones nobody guesses another's."""


def for_web(user: User) -> str:
    """A code of a web account, to be entered with /link."""
    _within_rate(f"user {user.pk}")
    return _make({"user": user.pk})


def for_discord(snowflake: int, name: str) -> str:
    """A code of a Discord account, to be entered on the site."""
    _within_rate(f"discord {snowflake}")
    return _make({"discord": snowflake, "name": name})


def enter_at_discord(snowflake: int, name: str, code: str) -> DiscordAccount:
    """Raises Invalid for one that is wrong, old or used, and as :func:`discordbridge.actions.linking.link`."""
    _within_rate(f"discord {snowflake}")
    found = _take(code, "user")
    user = User.objects.filter(pk=found["user"]).first()
    if user is None:
        raise _wrong()
    return linking.link(snowflake, name, user)


def enter_on_web(user: User, code: str) -> DiscordAccount:
    """As :func:`enter_at_discord`."""
    _within_rate(f"user {user.pk}")
    found = _take(code, "discord")
    return linking.link(found["discord"], found["name"], user)


def whose_at_discord(snowflake: int, code: str) -> str:
    """The name of the web account that a code is of, for who is to say whether that is theirs. Raises as :func:`enter_at_discord`."""
    _within_rate(f"discord {snowflake}")
    user = User.objects.filter(pk=_found(code, "user")["user"]).first()
    if user is None:
        raise _wrong()
    return user.username


def whose_on_web(user: User, code: str) -> str:
    """The name of the Discord account that a code is of. Raises as :func:`enter_on_web`."""
    _within_rate(f"user {user.pk}")
    return str(_found(code, "discord")["name"])


def _make(of: dict[str, Any]) -> str:
    code = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    cache.set(_key(code), of, SECONDS)
    return f"{code[:4]}-{code[4:]}"


def _take(code: str, of: str) -> dict[str, Any]:
    """Whose it is. Of two who enter it at once the one that deletes it has it."""
    found = _found(code, of)
    if not cache.delete(_key(code)):
        raise _wrong()
    return found


def _found(code: str, of: str) -> dict[str, Any]:
    found: dict[str, Any] | None = cache.get(_key(code))
    if found is None or of not in found:
        raise _wrong()
    return found


def _wrong() -> Invalid:
    return Invalid(gettext("This code is wrong, used, or older than ten minutes. Make a new one."), code="wrong_code")


def _key(code: str) -> str:
    typed = "".join(code.split()).replace("-", "").upper()[:40]
    return "discord-link:" + hashlib.sha256(typed.encode()).hexdigest()


def _within_rate(who: str) -> None:
    check("discord-link", who, RATE, gettext("You have tried many codes. Wait a while."))
