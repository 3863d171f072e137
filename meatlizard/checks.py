"""System checks: settings that are unsafe together keep the site from starting. Each has an id and names the remedy.

They run with every management command, and :func:`refuse_unsafe` runs them for any ASGI server.
"""

import base64
import binascii
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured

from meatlizard.environment import is_loopback

REGISTRATIONS = ("open", "invite", "closed")
WEAK_KEYS = ("django-insecure", "changeme", "secret", "password", "example")


@register(Tags.security)
def production(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Everything below."""
    return [*addresses(), *secrets(), *services(), *choices()]


def refuse_unsafe() -> None:
    """Raises ImproperlyConfigured naming every error."""
    errors = [message for message in production(None) if message.is_serious()]
    if errors:
        raise ImproperlyConfigured("\n".join(str(message) for message in errors))


def _error(number: int, text: str, hint: str) -> Error:
    return Error(text, hint=hint, id=f"meatlizard.E{number:03}")


def _warning(number: int, text: str, hint: str) -> Warning:
    return Warning(text, hint=hint, id=f"meatlizard.W{number:03}")


def addresses() -> Iterator[CheckMessage]:
    if not settings.HTTPS and not is_loopback(settings.SITE_HOST):
        yield _error(
            1,
            f"SITE_URL is {settings.SITE_URL}: passwords would cross the network unencrypted.",
            "Put a front server with TLS before the site and set SITE_URL to its https:// address.",
        )
    if settings.DEBUG and not is_loopback(settings.SITE_HOST):
        yield _error(2, "DEBUG is on for a public site: error pages would show its insides.", "Remove DEBUG.")
    if any(host == "*" or host.startswith("*") for host in settings.ALLOWED_HOSTS):
        yield _error(3, "ALLOWED_HOSTS has a '*': anybody's name would pass for this site.", "Name the hosts.")
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        yield _error(
            4,
            "SITE_URL is https, and no TRUSTED_PROXIES are set: the front server's visitors would all look like itself, and unencrypted.",
            "Set TRUSTED_PROXIES to the address of the server that ends TLS, for example 127.0.0.1.",
        )
    if settings.CONTENT_HOST:
        yield from content_host(urlsplit(settings.CONTENT_URL).hostname or "")
    if any(network.prefixlen == 0 for network in settings.TRUSTED_PROXIES):
        yield _error(5, "TRUSTED_PROXIES trusts the whole Internet.", "Name the addresses of the front servers only.")


def content_host(host: str) -> Iterator[CheckMessage]:
    if host in (settings.SITE_HOST, *settings.ALLOWED_HOSTS):
        yield _error(
            19,
            f"CONTENT_HOST is {host}, where the site's pages are: what people upload would be at their side.",
            "Give contents a name of their own, best of another domain, or remove CONTENT_HOST.",
        )
    elif host.endswith(f".{settings.SITE_HOST}") or settings.SITE_HOST.endswith(f".{host}"):
        yield _warning(
            2,
            f"CONTENT_HOST {host} and the site {settings.SITE_HOST} are one above the other: for browsers they are one site.",
            "Give contents a name of another domain, as example-files.net beside example.net.",
        )


def secrets() -> Iterator[CheckMessage]:
    generate = "`make run` writes generated secrets into .env; or: python meatlizard/ops/make_env.py"
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if key == settings.UNSET:
            yield _error(6, "SECRET_KEY is not set.", generate)
        elif len(key) < 40 or len(set(key)) < 10 or key.lower().startswith(WEAK_KEYS):
            yield _error(7, "SECRET_KEY, or one of SECRET_KEY_FALLBACKS, is short or easily guessed.", generate)
    if not settings.INFERENCE_SERVER_KEY:
        yield _error(8, "INFERENCE_SERVER_KEY is not set.", generate)
    elif not is_key(settings.INFERENCE_SERVER_KEY):
        yield _error(9, "INFERENCE_SERVER_KEY is not base64 of 32 bytes.", generate)


def is_key(text: str) -> bool:
    """Whether ``text`` is base64 of the 32 bytes of an X25519 private key, not all alike."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return False
    return len(raw) == 32 and len(set(raw)) > 1


def services() -> Iterator[CheckMessage]:
    if settings.MULTIPROCESS and not settings.REDIS_URL:
        yield _error(
            10,
            "MULTIPROCESS is on without REDIS_URL: the processes could not tell each other anything, nor count limits together.",
            "Set REDIS_URL, or run one process.",
        )
    if settings.REDIS_URL and not settings.REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
        yield _error(11, "REDIS_URL is no address of a Redis server.", "Write redis://host:6379/0.")
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        if settings.MULTIPROCESS:
            yield _warning(
                1,
                "Several processes share one SQLite file: they must be on one machine, and write one after another.",
                "Set DATABASE_URL to PostgreSQL.",
            )
    elif not database["NAME"]:
        yield _error(12, "DATABASE_URL names no database.", "Write postgresql://user:password@host:5432/name.")
    named = {name: getattr(settings, name) for name in ("S3_BUCKET", "S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")}
    if any(named.values()) or settings.S3_ENDPOINT_URL:
        missing = [name for name, value in named.items() if not value]
        if missing:
            yield _error(13, f"S3 is half configured: {', '.join(missing)} missing.", "Set all of S3_*, or none.")
    if settings.STORAGE == "s3" and not settings.S3_BUCKET:
        yield _error(18, "STORAGE is s3, and there is no bucket.", "Set S3_BUCKET and its keys, or STORAGE=local.")


def choices() -> Iterator[CheckMessage]:
    if settings.REGISTRATION not in REGISTRATIONS:
        yield _error(14, f"REGISTRATION is {settings.REGISTRATION!r}.", f"Choose one of: {', '.join(REGISTRATIONS)}.")
    if bool(settings.DISCORD_CLIENT_ID) != bool(settings.DISCORD_CLIENT_SECRET):
        yield _error(
            15,
            "Sign-in with Discord is half configured.",
            "Set both DISCORD_CLIENT_ID and DISCORD_CLIENT_SECRET, or none.",
        )
    if settings.NODE_HEARTBEAT_SECONDS * 3 > settings.LEASE_SECONDS:
        yield _error(
            16,
            "LEASE_SECONDS is less than three times NODE_HEARTBEAT_SECONDS: one lost heartbeat would take work away from a healthy node.",
            "Raise LEASE_SECONDS, or lower NODE_HEARTBEAT_SECONDS.",
        )
