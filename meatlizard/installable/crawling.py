"""What search engines are told of the site: where lists of its public pages are, and what is for people alone."""

from django.conf import settings

CLOSED = ("/accounts/", "/admin/", "/api/", "/dashboard/", "/files/", "/moderation/", "/rest/", "/ws/")

_sitemaps: list[str] = []


def add_sitemap(path: str) -> None:
    """To be called in an app's ``ready``."""
    if path not in _sitemaps:
        _sitemaps.append(path)


def robots() -> str:
    """``robots.txt`` by RFC 9309. It keeps nobody out: what is not for everybody asks who one is."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in CLOSED), ""]
    return "\n".join([*lines, *(f"Sitemap: {settings.SITE_URL}{path}" for path in _sitemaps), ""])
