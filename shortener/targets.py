"""Where links may lead: public places of the web, and never round in a circle.

An address is read as strictly as the strictest reader does, and stored in the one form in which it is sent: ASCII, without spaces,
control characters and backslashes. What two readers might take for two different places is refused.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import idna
from django.conf import settings
from django.utils.translation import gettext as _

from meatlizard.errors import Invalid
from meatlizard.security.addresses import is_public
from shortener.models.links import MAX_HOST, MAX_URL

PREFIX = "/s/"
"""Below it stand the links of the site's own address."""

SCHEMES = ("http", "https")
LOCAL = frozenset(
    {"localhost", "local", "internal", "intranet", "lan", "home", "corp", "private", "localdomain", "onion"}
)
"""Last labels of names that mean something else to each reader's own network. (``home.arpa`` is among them by its own rule.)"""

_SAFE = "%/:?#[]@!$&'()*+,;=~-._"
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"0x[0-9a-f]*|[0-9]+")

OWN_PLACES: set[str] = {"/chat/shared/", "/p/"}
"""Beginnings of the site's own paths to which links may lead. Apps add theirs by :func:`allow_own`.
Sealed pastes are not among them: the key stands in the address, and would be stored with the link."""


class Refused(Invalid):
    """This address is no target for a link; the message says why."""

    default_code = "target_refused"


@dataclass(frozen=True, slots=True)
class Target:
    """``url`` as it is stored and sent; ``host`` in ASCII, without a port."""

    url: str
    host: str


def allow_own(prefix: str) -> None:
    """To be called in an app's ``ready``: what stands below ``prefix`` is meant to be passed on."""
    OWN_PLACES.add(prefix)


def read(text: str, domains: Iterable[str] = ()) -> Target:
    """``domains``: hosts of our own links, to which none may lead. Raises Refused."""
    url = text.strip(" \t\r\n")
    if not url or len(url) > MAX_URL:
        raise Refused(_("An address has at most %s characters, and at least some.") % MAX_URL)
    if any(ord(letter) <= 32 or letter in "\\\x7f" or 0x80 <= ord(letter) < 0xA0 for letter in url):
        raise Refused(_("There are characters in this address that no address has."))
    try:
        url.encode()
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Refused(_("This is not an address of the web.")) from None
    if parts.scheme not in SCHEMES:
        raise Refused(_("Links lead to addresses that begin with http:// or https://."), code="scheme_refused")
    if parts.username is not None or parts.password is not None:
        raise Refused(_("There is a name before the host of this address, by which it looks like another one."))
    # "http:/host" and "http:host" lead browsers somewhere, and other readers elsewhere.
    if not parts.hostname or not url[len(parts.scheme) :].startswith("://"):
        raise Refused(_("This is not an address of the web."))
    host = ascii_host(parts.hostname)
    # Brackets are for addresses of the new kind; what else may stand in them has never been used.
    if "[" in parts.netloc and ":" not in host:
        raise Refused(_("This is not an address of the web."))
    if host in frozenset(domains):
        raise Refused(_("This leads to another short link of this site. Give the address behind it."), code="chain")
    shown = f"[{host}]" if ":" in host else host
    netloc = shown if port is None else f"{shown}:{port}"
    path, query, fragment = (quote(part, safe=_SAFE) for part in (parts.path or "/", parts.query, parts.fragment))
    if host in own_hosts():
        _refuse_circles(netloc, path)
    else:
        _refuse_private(host)
    whole = urlunsplit((parts.scheme, netloc, path, query, fragment))
    if len(whole) > MAX_URL:
        raise Refused(_("An address has at most %s characters, and at least some.") % MAX_URL)
    return Target(whole, host)


def ascii_host(text: str) -> str:
    """A host name as it is looked up, or an address as it is written. Raises Refused."""
    text = text.lower().rstrip(".")
    if ":" in text:
        try:
            return str(ipaddress.IPv6Address(text))
        except ValueError:
            raise Refused(_("This is not an address of the web.")) from None
    if not text.isascii():
        try:
            text = idna.encode(text, uts46=True, transitional=False).decode()
        except (idna.IDNAError, UnicodeError):
            raise Refused(_("There is no such host name.")) from None
    labels = text.split(".")
    if len(text) > MAX_HOST or not all(_LABEL.fullmatch(label) for label in labels):
        raise Refused(_("There is no such host name."))
    return _as_browsers_count(text) if _NUMBER.fullmatch(labels[-1]) else text


def parents(host: str) -> list[str]:
    """The host, and what it lies below, down to two labels (one, for a list that names a whole ending)."""
    labels = host.split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def _as_browsers_count(host: str) -> str:
    """Browsers take ``0x7f.1``, ``2130706433`` and ``0177.0.0.1`` for addresses. By WHATWG's URL standard, "IPv4 parser"."""
    numbers = []
    labels = host.split(".")
    if len(labels) > 4:
        raise Refused(_("There is no such host name."))
    for label in labels:
        if not _NUMBER.fullmatch(label):
            raise Refused(_("There is no such host name."))
        try:
            numbers.append(
                int(label[2:] or "0", 16) if label.startswith("0x") else int(label, 8 if label[0] == "0" else 10)
            )
        except ValueError:
            raise Refused(_("There is no such host name.")) from None
    *first, last = numbers
    if any(number > 255 for number in first) or last >= 256 ** (5 - len(numbers)):
        raise Refused(_("There is no such host name."))
    value = last + sum(number << (8 * (3 - place)) for place, number in enumerate(first))
    return str(ipaddress.IPv4Address(value))


def _refuse_private(host: str) -> None:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        labels = host.split(".")
        if len(labels) < 2 or labels[-1] in LOCAL or host.endswith(".home.arpa"):
            raise Refused(_("This host exists in some private networks only."), code="private_target") from None
        return
    if not is_public(host):
        raise Refused(_("This address lies in a network that is not public."), code="private_target")


def own_hosts() -> frozenset[str]:
    return frozenset(host.lower().strip("[]") for host in settings.ALLOWED_HOSTS)


def _refuse_circles(netloc: str, path: str) -> None:
    """Of our own pages those that were registered, on the port where we are; short links are not among them."""
    plain = unquote(unquote(path))
    known = any(plain.startswith(place) for place in OWN_PLACES) and ".." not in plain and "//" not in plain
    if not known or netloc != urlsplit(settings.SITE_URL).netloc:
        raise Refused(
            _(
                "Of this site's own pages, links lead to those that are meant to be passed on, and never to short links."
            ),
            code="chain",
        )
