"""Verbs on keys: make, revoke, note that one was used."""

import datetime
import secrets
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.api import registry
from meatlizard.api.access import key_hash
from meatlizard.api.models import ApiKey
from meatlizard.errors import Invalid, LimitReached
from meatlizard.ops import switches

BEGINNING = "mlk_"
"""By which a person, and a program that looks for secrets, sees what this is."""

PREFIX_LENGTH = 10
MAX_KEYS = 50
MAX_DAYS = 3_650
USED_SECONDS = 60
"""Between two notes of the last use; the row is not written at every request."""


def create_key(owner: User, name: str, scopes: Iterable[str], days: int | None = 365) -> tuple[ApiKey, str]:
    """A key and its secret, which nobody can be told again. ``days`` None: it does not expire.

    Raises Invalid for unusable values, LimitReached beyond MAX_KEYS.
    """
    name, chosen = " ".join(name.split()), sorted(set(scopes))
    if not name or len(name) > 100:
        raise Invalid(_("A key has a name of 1 to 100 characters."), code="name_refused")
    if not chosen or set(chosen) - set(registry.scopes()):
        raise Invalid(_("Choose what the key may do."), code="scopes_refused")
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise Invalid(_("A key is valid for 1 to 3,650 days, or for ever."), code="expiry_out_of_range")
    secret = BEGINNING + secrets.token_urlsafe(30)
    now = timezone.now()
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).filter(pk=owner.pk).first()
        if ApiKey.objects.filter(owner=owner.pk).count() >= MAX_KEYS:
            raise LimitReached(_("You have 50 keys already. Revoke some first."), code="too_many_keys")
        row = ApiKey.objects.create(
            owner=owner, name=name, prefix=secret[:PREFIX_LENGTH], key_hash=key_hash(secret), scopes=" ".join(chosen),
            expires=None if days is None else now + datetime.timedelta(days=days),
        )  # fmt: skip
    return row, secret


def revoke(key: ApiKey) -> None:
    key.delete()


def note_use(key: ApiKey) -> None:
    """Once a minute, and not while the site is only read."""
    if switches.current().read_only:
        return
    now = timezone.now()
    before = now - datetime.timedelta(seconds=USED_SECONDS)
    if key.last_used is None or key.last_used < before:
        ApiKey.objects.filter(Q(last_used=None) | Q(last_used__lt=before), pk=key.pk).update(last_used=now)
