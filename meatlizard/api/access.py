"""Whose a key is, and the keys of a person."""

import hashlib

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from meatlizard.accounts.models import User
from meatlizard.api.models import ApiKey
from meatlizard.errors import Forbidden, NotFound, Unauthenticated


def key_hash(secret: str) -> str:
    """SHA-256 is enough for the 240 random bits of a key."""
    return hashlib.sha256(f"meatlizard-api {secret}".encode(errors="replace")).hexdigest()


def access_by_key(secret: str) -> ApiKey:
    """The key that ``secret`` is, with its owner. Raises Unauthenticated for one that is unknown, over, or whose owner is deactivated, in
    the same words; Forbidden while the owner is suspended."""
    row = ApiKey.objects.usable().select_related("owner").filter(key_hash=key_hash(secret)).first()
    if row is None or not row.owner.is_active:
        raise Unauthenticated(_("This key is wrong, was revoked, or is past its time."), code="key_refused")
    if row.owner.is_suspended:
        raise Forbidden(_("Your account is suspended. Open the site to see why and until when."), code="suspended")
    return row


def allow(key: ApiKey, scope: str) -> None:
    """Raises Forbidden for what the key was not made for."""
    if scope not in key.allowed:
        raise Forbidden(
            _("This key may not do that. It needs the scope {scope}.").format(scope=scope), code="scope_missing"
        )


def access_own_key(viewer: User, key: int) -> ApiKey:
    row = ApiKey.objects.filter(pk=key, owner=viewer.pk).first()
    if row is None:
        raise NotFound(_("This key does not exist, or is not yours."))
    return row


def keys_of(viewer: User) -> "QuerySet[ApiKey]":
    return ApiKey.objects.filter(owner=viewer.pk)
