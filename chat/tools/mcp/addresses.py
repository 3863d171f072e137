"""Where a server may be."""

import ipaddress
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from meatlizard.errors import Invalid
from meatlizard.security.addresses import is_public

_METADATA = [
    ipaddress.ip_network(one) for one in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "100.100.100.200/32")
]
"""Where clouds tell a machine its secrets: not even in a private network."""


def may_be_private(text: str) -> bool:
    """Public addresses, this machine's, and those of private networks."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address.version == network.version and address in network for network in _METADATA):
        return False
    if is_public(text) or address.is_loopback:
        return True
    return address.is_private and not (address.is_unspecified or address.is_multicast or address.is_reserved)


def checked(address: str, private: bool) -> None:
    """Raises Invalid for what will not be spoken to, as far as the address alone says it."""
    try:
        parts = urlsplit(address)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise Invalid(_("This is no address."), code="mcp_address") from None
    if parts.scheme not in ("http", "https") or not host or port == 0 or not address.isprintable() or " " in address:
        raise Invalid(_("The address begins with https:// or http:// and names a host."), code="mcp_address")
    if parts.username is not None or parts.password is not None:
        raise Invalid(_("Secrets do not belong into the address: set a header."), code="mcp_address")
    if parts.scheme == "http" and not private:
        raise Invalid(_("Outside of your own network the address has to begin with https://."), code="mcp_address")
