"""Typed reading of environment variables beyond what django-environ knows. All raise ImproperlyConfigured naming the variable."""

import base64
import binascii
import ipaddress
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SQLITE_START = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA mmap_size=67108864; PRAGMA temp_store=MEMORY"
"""WAL: readers do not wait for the writer. NORMAL: a power cut may lose the last moments, and corrupts nothing."""

SQLITE_BUSY_SECONDS = 20
POOL_SIZE = 20
"""Connections of one process to PostgreSQL at most; a request waits for a free one."""

POOL_SECONDS = 3
"""How long a caller waits for a connection: a database that is away must not hold up what could say so."""

RECONNECT_SECONDS = 2
"""After trying so long to reach the database the pool begins anew. With its usual five minutes of growing pauses the site came back
twelve seconds after a database that had been away for sixteen; with this at once."""


class _Variables(FileAwareMapping):
    def __getitem__(self, key: str) -> str:
        # Who writes a secret into a file ends it with a newline.
        return str(super().__getitem__(key)).rstrip("\r\n")


class Env(environ.FileAwareEnv):
    """Environment variables, or files named by ``<NAME>_FILE``, as typed values."""

    ENVIRON = _Variables(cache=False)
    smart_cast = False


def origin(name: str, value: str) -> str:
    """``scheme://host[:port]`` of a site's address, without a path."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ImproperlyConfigured(f"{name} must look like https://chat.example.org, without a path; it is {value!r}.")
    try:
        parts.port  # noqa: B018  (the property checks the number)
    except ValueError:
        raise ImproperlyConfigured(f"{name} has a port that is no number from 0 to 65535.") from None
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def host(name: str, value: str) -> str:
    """``host[:port]``, in small letters; empty for none."""
    parts = urlsplit(f"//{value}")
    try:
        fits = not value or (parts.netloc == value and parts.hostname and "@" not in value and (parts.port or 1) > 0)
    except ValueError:
        fits = False
    if not fits:
        raise ImproperlyConfigured(
            f"{name} must look like files.example.net, without https:// and path; it is {value!r}."
        )
    return value.lower()


def endpoint(name: str, value: str, scheme: str) -> str:
    """The address of a service, with a path perhaps and without a slash at its end. ``scheme`` without the ``s`` of its safe form."""
    parts = urlsplit(value)
    if parts.scheme not in (scheme, f"{scheme}s") or not parts.hostname or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"{name} must look like {scheme}s://host/path; it is {value!r}.")
    if parts.scheme == scheme and not is_loopback(parts.hostname):
        raise ImproperlyConfigured(
            f"{name} sends the bot's token unencrypted over a network: begin it with {scheme}s://."
        )
    return value.rstrip("/")


def service(name: str, value: str) -> str:
    """The address of a service that needs no key, perhaps in the site's own network; empty for none."""
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment):
        raise ImproperlyConfigured(f"{name} must look like https://search.example.org; it is {value!r}.")
    return value.rstrip("/")


def scanner(name: str, value: str) -> str:
    """``unix:///run/clamav/clamd.ctl`` or ``tcp://host:3310``; empty for none."""
    parts = urlsplit(value)
    try:
        fits = (
            not value
            or (parts.scheme == "unix" and bool(parts.path))
            or (parts.scheme == "tcp" and bool(parts.hostname and parts.port))
        )
    except ValueError:
        fits = False
    if not fits:
        raise ImproperlyConfigured(
            f"{name} must look like unix:///run/clamav/clamd.ctl or tcp://host:3310; it is {value!r}."
        )
    return value


def is_loopback(host: str) -> bool:
    """Whether ``host`` (name or address) is this machine and nothing else."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def networks(name: str, values: Iterable[str]) -> list[Network]:
    """Networks in CIDR notation; a bare address is a network of one."""
    found = []
    for value in values:
        try:
            found.append(ipaddress.ip_network(value.strip()))
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}. Write networks like 10.0.0.0/8 or fd00::/8.") from None
    return found


def positive(name: str, value: int) -> int:
    if value < 1:
        raise ImproperlyConfigured(f"{name} must be at least 1; it is {value}.")
    return value


def counted(name: str, value: int) -> int:
    if value < 0:
        raise ImproperlyConfigured(f"{name} is 0 or more; it is {value}.")
    return value


def percent(name: str, value: int) -> int:
    if not 0 <= value <= 100:
        raise ImproperlyConfigured(f"{name} is a number from 0 to 100; it is {value}.")
    return value


def one_of(name: str, value: str, allowed: Iterable[str]) -> str:
    if value not in (choices := list(allowed)):
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(choices)}; it is {value!r}.")
    return value


def chosen(name: str, values: Iterable[str], ready: Mapping[str, str]) -> list[str]:
    """Of services, those that are wanted, in their order; without any named, all that have what they need. ``ready``: what each needs."""
    wanted = [value.strip().lower() for value in values if value.strip()]
    for value in wanted:
        if not ready.get(one_of(name, value, ready)):
            raise ImproperlyConfigured(f"{name} names {value}, for which there is no key or address.")
    return wanted or [service for service, needed in ready.items() if needed]


def keys(name: str, values: Iterable[str]) -> list[bytes]:
    """Of 32 bytes each, from base64. What is wrong with one is said without it."""
    found = []
    for number, value in enumerate((value.strip() for value in values if value.strip()), 1):
        try:
            key = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != 32:
            raise ImproperlyConfigured(
                f"{name}: key {number} is not base64 of 32 bytes, as `openssl rand -base64 32` prints."
            )
        found.append(key)
    return found


def database(parsed: dict[str, Any], var: Path) -> dict[str, Any]:
    """Django's DATABASES entry for what django-environ made of DATABASE_URL."""
    engine = parsed.get("ENGINE", "")
    if engine == "django.db.backends.sqlite3":
        options = {"transaction_mode": "IMMEDIATE", "timeout": SQLITE_BUSY_SECONDS, "init_command": SQLITE_START}
        # Kept between calls by the threads that live long; a request's own thread closes its connection (see ops.apps).
        return {**parsed, "NAME": parsed["NAME"] or str(var / "db.sqlite3"), "CONN_MAX_AGE": None, "OPTIONS": options}
    if engine == "django.db.backends.postgresql":
        pool = {"min_size": 1, "max_size": POOL_SIZE, "timeout": POOL_SECONDS, "reconnect_timeout": RECONNECT_SECONDS}
        return {**parsed, "CONN_HEALTH_CHECKS": True, "OPTIONS": {**parsed.get("OPTIONS", {}), "pool": pool}}
    raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:/// or postgresql://.")
