"""The key of a request, from ``Authorization: Bearer`` or ``X-Api-Key``. Cookies of browsers count for nothing here, so no page of
another site can act with them."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from ninja.security import APIKeyHeader, HttpBearer

from meatlizard.accounts.models import User
from meatlizard.api import actions
from meatlizard.api.access import access_by_key, allow
from meatlizard.api.models import ApiKey
from meatlizard.control import services
from meatlizard.errors import LimitReached, Unauthenticated
from meatlizard.security import ratelimit
from meatlizard.security.client_address import Source, address_key

RATE = "600/m"
"""Requests with one key."""

REFUSED_RATE = "60/10m"
"""Wrong keys from one address."""


REFUSAL = "#/components/schemas/Refusal"


class KeyRequest(HttpRequest):
    """For annotations of operations: ``auth`` is the key, ``user`` its owner."""

    auth: ApiKey
    user: User


def authenticate(request: HttpRequest, secret: str, scope: str) -> ApiKey:
    """As :func:`key_of`; sets ``user`` to the owner of the key."""
    key = key_of(request, secret, scope)
    request.user = key.owner
    return key


def key_of(source: Source, secret: str, scope: str, rate: tuple[str, str] | None = None) -> ApiKey:
    """The key that ``secret`` is, for doors ahead of Django too. ``rate``: what its requests are counted as, and how many it may send;
    None: as those of the API.

    Raises Unauthenticated, Forbidden or LimitReached.
    """
    address = address_key(source)
    wait = ratelimit.hit("api.refused", address, REFUSED_RATE, count=False, open_in_trouble=True)
    if wait is not None:
        raise LimitReached(_("Too many wrong keys were tried from here."), code="rate_limited", retry_after=wait)
    try:
        key = access_by_key(secret)
    except Unauthenticated:
        ratelimit.hit("api.refused", address, REFUSED_RATE, open_in_trouble=True)
        raise
    group, most = rate or ("api", RATE)
    ratelimit.check(group, f"key {key.pk}", most, open_in_trouble=True)
    if rate is None:
        services.check("api", key.owner)
    if scope:
        allow(key, scope)
        if (service := services.of_scope(scope)) is not None:
            services.check(service.name, key.owner)
    actions.note_use(key)
    return key


class BearerKey(HttpBearer):
    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey:
        return authenticate(request, token.strip(), self.scope)


class HeaderKey(APIKeyHeader):
    param_name = "X-Api-Key"

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope

    def authenticate(self, request: HttpRequest, key: str | None) -> ApiKey | None:
        return authenticate(request, key.strip(), self.scope) if key else None


def needs(scope: str = "") -> dict[str, Any]:
    """Arguments of an operation, ``@router.get("/", **needs("links:read"))``: any key, or one with ``scope``; said in the description too."""
    refused = {"description": "Refused", "content": {"application/json": {"schema": {"$ref": REFUSAL}}}}
    return {
        "auth": [BearerKey(scope), HeaderKey(scope)],
        "openapi_extra": {"x-scope": scope, "responses": {"default": refused}},
    }
