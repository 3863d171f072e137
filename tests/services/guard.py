"""No test reaches the Internet: a connection, datagram or name look-up that would leave this machine raises.

Installed in the test process by ``conftest.py`` and in the site and client processes that tests start by ``guarded/sitecustomize.py``.
Servers written in other languages are given no address outside, and the browser gets the same rule as an option.
"""

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

LOCAL_NAMES = frozenset({"localhost", "ip6-localhost", "testserver", ""})


class LeftTheMachine(RuntimeError):
    """A test tried to reach another machine."""


def is_local(host: object) -> bool:
    """Whether ``host`` (a name, an address, or None for "any") is this machine."""
    if host is None:
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name.lower() in LOCAL_NAMES or name.lower().endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def check(family: int, address: Any) -> None:
    """Raises LeftTheMachine when ``address`` of an Internet socket is not of this machine."""
    if family in (socket.AF_INET, socket.AF_INET6) and not is_local(address[0]):
        raise LeftTheMachine(f"Tests stay on this machine, and this one wanted {address!r}.")


def install() -> None:
    """Puts the guard before every Python socket of this process. A second call does nothing."""
    if getattr(socket.socket, "guarded", False):
        return

    class GuardedSocket(socket.socket):
        guarded = True

        def connect(self, address: Any) -> None:
            check(self.family, address)
            super().connect(address)

        def connect_ex(self, address: Any) -> int:
            check(self.family, address)
            return super().connect_ex(address)

        def sendto(self, *args: Any) -> int:
            check(self.family, args[-1])
            return super().sendto(*args)

    plain: Callable[..., Any] = socket.getaddrinfo

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not is_local(host) and not _is_address(host):
            raise LeftTheMachine(f"Tests stay on this machine, and this one looked up {host!r}.")
        return plain(host, *args, **kwargs)

    # The standard library and asyncio look these up in the module each time, so replacing them there reaches all.
    for name, guarded in {"socket": GuardedSocket, "SocketType": GuardedSocket, "getaddrinfo": getaddrinfo}.items():
        setattr(socket, name, guarded)


def _is_address(host: Any) -> bool:
    """Turning a written address into numbers asks nobody, so it is allowed; connecting to it is checked by itself."""
    try:
        ipaddress.ip_address(host.decode() if isinstance(host, bytes) else str(host).partition("%")[0])
    except ValueError:
        return False
    return True
