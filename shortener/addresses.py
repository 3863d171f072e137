"""The whole address of a link, as people pass it on."""

from urllib.parse import quote, unquote, urlsplit

from django.conf import settings

from shortener.models import Link
from shortener.targets import PREFIX


def address_of(link: Link) -> str:
    """``link`` with its domain read."""
    return compose(link.domain.host if link.domain is not None else "", link.slug)


def compose(host: str, slug: str) -> str:
    """``host`` empty: the site's own."""
    path = quote(slug, safe="/-._~")
    if not host:
        return f"{settings.SITE_URL}{PREFIX}{path}"
    return f"{urlsplit(settings.SITE_URL).scheme}://{host}/{path}"


def taken_apart(address: str) -> tuple[str, str] | None:
    """Host (empty: the site's own) and slug of an address, with or without its scheme; None for what is no address of a link here by its
    form."""
    try:
        parts = urlsplit(address.strip() if "://" in address else f"//{address.strip()}")
    except ValueError:
        return None
    site = urlsplit(settings.SITE_URL).netloc
    path = unquote(parts.path)
    if parts.netloc.lower() == site:
        return ("", path[len(PREFIX) :].strip("/")) if path.startswith(PREFIX) else None
    return (parts.netloc.lower(), path.strip("/")) if parts.netloc and path.strip("/") else None
