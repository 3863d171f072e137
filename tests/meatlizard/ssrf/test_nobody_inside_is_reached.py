"""No address of a network that is not public is reached: by no spelling, no name, no redirect, no change of mind of a name server.

Each case ends with a look at what was tried: no connection at all, and listeners of this machine that heard nobody.
"""

import threading
from collections.abc import Iterator
from ipaddress import IPv4Address, ip_address
from itertools import product

import pytest

from meatlizard.security.fetch import Fetcher, Request, Unreachable
from tests.fakes.web_site import page
from tests.meatlizard.ssrf.network import PUBLIC, Network, network
from tests.meatlizard.test_fetch import FORBIDDEN

ADDRESSES = [
    address
    for address in FORBIDDEN
    if address != "::g" and (":" in address or (address.count(".") == 3 and "/" not in address))
]
METADATA = IPv4Address("169.254.169.254")


def spellings(address: str) -> list[str]:
    """Of one address, what resolvers, browsers and libraries have taken for it, as the host of an address of the web."""
    if ":" in address:
        return [f"[{address}]", f"[{address.upper()}]", f"[{ip_address(address.partition('%')[0]).exploded}]"]
    number = int(IPv4Address(address))
    a, b, c, d = IPv4Address(address).packed
    old = IPv4Address(address)
    return [
        address, f"{address}.", str(number), hex(number), f"0{number:o}", f"{a}.{number & 0xFFFFFF}", f"{a}.{b}.{number & 0xFFFF}",
        f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}", f"0{a:o}.0{b:o}.0{c:o}.0{d:o}", f"{a:03}.{b:03}.{c:03}.{d:03}", f"0x{a:x}.{b}.0{c:o}.{d}",
        "".join(chr(0xFF10 + int(sign)) if sign.isdecimal() else sign for sign in address), address.replace(".", "。"), address.replace(".", "%2e"),
        # inside of new ones: mapped, compatible, translated (NAT64), tunnelled (6to4, Teredo)
        f"[::ffff:{old}]", f"[::ffff:{old.packed[:2].hex()}:{old.packed[2:].hex()}]", f"[0:0:0:0:0:ffff:{old}]", f"[::{old}]", f"[::ffff:0:{old}]",
        f"[64:ff9b::{old}]", f"[64:ff9b:1::{old}]", f"[2002:{old.packed[:2].hex()}:{old.packed[2:].hex()}::1]", f"[2001:0:{old.packed[:2].hex()}:{old.packed[2:].hex()}::1]",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def inside() -> Iterator[Network]:
    with network() as made:
        yield made


def refused(made: Network, url: str) -> None:
    fetcher = Fetcher(resolve=made.resolver, ports=lambda scheme, port: True, seconds=20)
    with pytest.raises(Unreachable):
        fetcher.get(url)


def test_there_is_a_public_site_and_listeners_that_hear(inside: Network) -> None:
    """Or nothing below would prove anything."""
    fetcher = Fetcher(resolve=inside.resolver)
    assert fetcher.get("http://site.test/").body == b"hello"
    careless = Fetcher(
        resolve=inside.resolver, allowed=lambda address: True, ports=lambda scheme, port: True, seconds=5
    )
    with pytest.raises(Unreachable):
        careless.get(f"http://0x7f000001:{inside.listeners.port}/")
    assert inside.tried == ["127.0.0.1"]
    inside.tried.clear()
    while not inside.listeners.heard:
        threading.Event().wait(0.01)
    inside.listeners.heard.clear()


@pytest.mark.parametrize("address", ADDRESSES)
def test_directly_in_every_spelling(inside: Network, address: str) -> None:
    for host in spellings(address):
        refused(inside, f"http://{host}:{inside.listeners.port}/")
    inside.check()


@pytest.mark.parametrize("address", ADDRESSES)
def test_by_a_redirect_in_every_spelling(inside: Network, address: str) -> None:
    for host in spellings(address)[:: 3 if address != "127.0.0.1" else 1]:
        refused(inside, inside.redirects_to(f"http://{host}:{inside.listeners.port}/"))
    inside.check()


@pytest.mark.parametrize("address", [one for one in ADDRESSES if "%" not in one])
def test_by_a_name_also_among_public_addresses(inside: Network, address: str) -> None:
    for answers in ([address], [PUBLIC, address], [address, PUBLIC], [PUBLIC, "2606:4700::1111", address]):
        inside.resolver.names["bad.test"] = [answers]
        refused(inside, f"http://bad.test:{inside.listeners.port}/")
        refused(inside, inside.redirects_to(f"//bad.test:{inside.listeners.port}/"))
    inside.check()


@pytest.mark.parametrize(
    ("status", "target"),
    list(product(
        [301, 302, 303, 307, 308],
        [
            "http://127.0.0.1:{port}/", "//127.0.0.1:{port}/", "http:\\\\127.0.0.1:{port}\\", "http://site.test@127.0.0.1:{port}/", "/\\127.0.0.1:{port}/",
            "http://127.0.0.1:{port}#@site.test/", "file:///etc/passwd", "gopher://127.0.0.1:{port}/_GET", "dict://127.0.0.1:{port}/", "ftp://127.0.0.1:{port}/",
            "ldap://127.0.0.1:{port}/", "jar:http://127.0.0.1:{port}/!/", "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/", "data:text/html,x",
        ],
    )),
)  # fmt: skip
def test_by_every_kind_of_redirect(inside: Network, status: int, target: str) -> None:
    refused(inside, inside.redirects_to(target.format(port=inside.listeners.port), status))
    inside.check()


def test_by_a_name_that_changes_its_mind_again_and_again(inside: Network) -> None:
    """Public when it is looked at, this machine from then on: the connection goes where was looked, and nothing is looked up twice."""
    fetcher = Fetcher(resolve=inside.resolver, seconds=20)
    for number in range(500):
        inside.resolver.asked.clear()
        inside.resolver.names["rebind.test"] = [[PUBLIC], ["127.0.0.1", "::1"]]
        assert fetcher.get("http://rebind.test/").body == b"hello"
        assert [kind for _, kind in inside.resolver.asked] == [1, 28]
        # And the other way about: by the time of a redirect to itself it has changed.
        if number % 5 == 0:
            inside.resolver.names["rebind.test"] = [[PUBLIC], ["127.0.0.1"]]
            inside.redirects_to("http://rebind.test/again")
            with pytest.raises(Unreachable, match="not public"):
                fetcher.get("http://rebind.test/there")
    inside.check()


def test_by_a_name_that_is_public_at_every_second_look(inside: Network) -> None:
    fetcher = Fetcher(resolve=inside.resolver, seconds=20)
    reached = 0
    for number in range(200):
        inside.resolver.names["flip.test"] = [[PUBLIC], ["127.0.0.1"]] if number % 2 else [["127.0.0.1"], [PUBLIC]]
        try:
            fetcher.get("http://flip.test/")
            reached += 1
        except Unreachable:
            pass
    assert reached == 100
    inside.check()


def test_by_an_address_that_an_answer_of_a_service_names(inside: Network) -> None:
    """A service with a key is followed nowhere at all, however public the place."""
    request = Request(inside.redirects_to("http://site.test/"), headers={"Authorization": "Bearer secret"})
    with pytest.raises(Unreachable):
        Fetcher(resolve=inside.resolver).ask(request)
    inside.check()


def test_nothing_of_one_answer_goes_to_the_next(inside: Network) -> None:
    inside.site.asked.clear()
    inside.site.pages["/page"] = page(b"done", Set_Cookie="a=1")
    assert Fetcher(resolve=inside.resolver).get(inside.redirects_to("http://site.test/page")).body == b"done"
    last = {name.lower() for name in inside.site.asked[-1][1]}
    assert last == {"host", "user-agent", "accept", "accept-encoding", "connection"}


def test_proxies_and_passwords_of_the_environment_are_not_used(
    inside: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{inside.listeners.port}")
    monkeypatch.setenv("NETRC", "/dev/null")
    assert Fetcher(resolve=inside.resolver).get("http://site.test/").body == b"hello"
    inside.check()


def test_unusual_ports_are_not_even_looked_up(inside: Network) -> None:
    inside.resolver.asked.clear()
    for port in (0, 1, 22, 25, 3306, 5432, 6379, 8000, 8080, 11211, 27017, 65535, 65536):
        with pytest.raises(Unreachable):
            Fetcher(resolve=inside.resolver).get(f"http://site.test:{port}/")
    assert inside.resolver.asked == []
    inside.check()


def test_the_metadata_of_clouds_is_behind_none_of_it(inside: Network) -> None:
    for name in ("metadata.google.internal", "metadata", "instance-data", "169.254.169.254.nip.test"):
        inside.resolver.names[name] = [[str(METADATA)]]
        refused(inside, f"http://{name}/computeMetadata/v1/")
    for host in ("[fd00:ec2::254]", "100.100.100.200", "192.0.0.192", "169.254.170.2"):
        refused(inside, f"http://{host}/latest/meta-data/")
    inside.check()
