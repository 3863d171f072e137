"""Hosts to which no link leads: lists in the format of ``/etc/hosts``, which operators name by address, and single hosts added by hand."""

import re
from collections.abc import Iterable, Iterator

from meatlizard.kept_sql import KeptSelect, given
from shortener import targets
from shortener.models import BlockedHost, KnownHost

MAX_LINE = 1_000
MAX_HOSTS = 1_000_000

_SINK = re.compile(r"[0-9a-f.:]+", re.IGNORECASE)
"""What stands first in a line of such a file, where it is not a bare list of names."""


AT_ONCE = 6
"""Names that one statement asks for: as many as the hosts of most links have."""

_listed: "KeptSelect[str]" = KeptSelect(
    lambda: BlockedHost.objects.filter(
        host__in=[given(BlockedHost, "host", f"name{place}") for place in range(AT_ONCE)], list__enabled=True
    ).values_list("host", flat=True)
)


def hosts_in(text: str) -> Iterator[str]:
    """The hosts of a file: ``0.0.0.0 host more # remark``, or bare names, one a line. What cannot be a public host is left out."""
    for line in text.splitlines():
        if len(line) > MAX_LINE:
            continue
        words = line.partition("#")[0].lstrip("\ufeff").split()
        if len(words) > 1 and _SINK.fullmatch(words[0]) and ("." in words[0] or ":" in words[0]):
            words = words[1:]
        for word in words:
            try:
                host = targets.ascii_host(word)
            except targets.Refused:
                continue
            if "." in host and host not in ("0.0.0.0", "255.255.255.255") and not host.endswith(".localdomain"):  # noqa: S104
                yield host


def blocked(hosts: Iterable[str]) -> set[str]:
    """Those of ``hosts`` that are on a list in use, themselves or by what they lie below."""
    below = {host: targets.parents(host) for host in hosts}
    named = {name for names in below.values() for name in names}
    if not named:
        return set()
    listed: set[str] = set()
    names = sorted(named)
    for start in range(0, len(names), AT_ONCE):
        some = names[start : start + AT_ONCE]
        places = {f"name{place}": name for place, name in enumerate(some + [some[0]] * (AT_ONCE - len(some)))}
        listed.update(_listed.rows(**places))
    return {host for host, names in below.items() if not listed.isdisjoint(names)}


def known(host: str) -> bool:
    """Whether the operator trusts the host, or what it lies below; the site itself is trusted."""
    return host in targets.own_hosts() or KnownHost.objects.filter(host__in=targets.parents(host)).exists()
