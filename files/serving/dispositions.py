"""The Content-Disposition header, by RFC 6266 with names as in RFC 8187: whatever a file is called, one header, and the same name at its end. Pure."""

from typing import Final
from urllib.parse import quote

from files.serving import zipping

UNRESERVED: Final = "!#$&+-.^_`|~"
"""What RFC 8187 lets stand beside letters and digits."""

FALLBACK: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 !#$&'()+,-.=@[]^_`{}~")
"""Without quotes, backslashes and the percent sign, which browsers read in different ways."""


def disposition(name: str, *, inline: bool = False) -> str:
    """ASCII. ``name``: anything; what no system takes as a name becomes ``_``."""
    kind = "inline" if inline else "attachment"
    name = zipping.part(name.replace("/", "_")) or "_"
    plain = "".join(char if char in FALLBACK else "_" for char in name)
    if plain == name:
        return f'{kind}; filename="{name}"'
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=UNRESERVED)}"
