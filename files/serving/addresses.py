"""Addresses of contents, at the site's own host and at the content host.

At the content host an address is signed, holds for :data:`LIFE_SECONDS`, and says for whom it was made: no cookie reaches that host, and what
runs there by a browser's mistake finds nothing of the site.
"""

import binascii
import uuid
from typing import Final
from urllib.parse import quote

from django.conf import settings
from django.core import signing
from django.urls import reverse

from files.asgi.asked import Asked
from files.serving import sources
from files.serving.sources import Offer
from meatlizard.errors import NotFound

LIFE_SECONDS: Final = 3_600
"""A film is asked for in pieces as long as it runs; each time it is looked whether it may still be seen."""

PREFIX: Final = "/content/"
_SALT: Final = "files.content"


def content(file: uuid.UUID, name: str, *, number: int | None = None, save: bool = False) -> str:
    """The path of a file's bytes. ``number``: of a version that is not the newest; ``save``: as a file, whatever it is."""
    query = [*(["download"] if save else []), *([f"version={number}"] if number is not None else [])]
    path = reverse("files:content", args=[file, _last(name)])
    return f"{path}?{'&'.join(query)}" if query else path


def at_content_host(asked: Asked, offer: Offer) -> str:
    """Empty when there is no such host, or the request has come there already."""
    if not settings.CONTENT_URL or not offer.kind or is_content_host(asked.headers.get("host", "")):
        return ""
    token = signing.dumps([offer.kind, offer.key, offer.viewer], salt=_SALT, compress=True)
    return f"{settings.CONTENT_URL}{PREFIX}{token}/{quote(_last(offer.name), safe='')}"


def is_content_host(host: str) -> bool:
    return bool(settings.CONTENT_HOST) and host.lower().removesuffix(".") == settings.CONTENT_HOST


def redeemed(token: str) -> Offer:
    """What an address is of, now. Raises NotFound for one that is over, made up, or leads to what is not theirs any more."""
    try:
        kind, key, viewer = signing.loads(token, salt=_SALT, max_age=LIFE_SECONDS)
    except (signing.BadSignature, ValueError, TypeError, binascii.Error):
        raise NotFound from None
    return sources.again(str(kind), viewer, str(key))


def _last(name: str) -> str:
    """One part of a path, whatever is in it; browsers and servers take these two for a way up."""
    name = name.replace("/", "_")
    return name if name not in (".", "..", "") else "_"
