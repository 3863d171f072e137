"""The guarded fetcher: whatever it is told, it speaks to public machines alone. A listener on this machine counts who came."""

import gzip
import socket
import ssl
import threading
import zlib
from collections.abc import Iterator
from typing import Any, ClassVar

import httpcore
import pytest
from pytest_django import Settings

from meatlizard.errors import Forbidden
from meatlizard.security import fetch
from meatlizard.security.addresses import is_public
from meatlizard.security.fetch import Fetcher, Unreachable
from tests.fakes.web_site import Canary, page, serving

FORBIDDEN = [
    # this machine and its networks
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1",
    "192.168.255.255", "169.254.169.254", "169.254.0.1", "100.64.0.1", "100.127.255.255",
    # kept for protocols, documents, tests, all at once, and the future
    "192.0.0.1", "192.0.0.170", "192.0.2.1", "198.51.100.1", "203.0.113.1", "198.18.0.1", "198.19.255.255", "192.88.99.1", "224.0.0.1",
    "239.255.255.255", "240.0.0.1", "255.255.255.255",
    # the new kind: this machine, this network, old ones inside of new ones, tunnels, documents
    "::", "::1", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:10::1", "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::", "3fff::1",
    "5f00::1", "fc00::1", "fd00::1", "fd12:3456:789a::1", "fe80::1", "fe80::1%1", "fec0::1", "ff02::1", "ff0e::1", "2606:4700::1%eth0",
    # no address at all
    "", "localhost", "127.1", "1.2.3", "::g", "1.2.3.4/32",
]  # fmt: skip
PUBLIC = [
    "1.1.1.1", "8.8.8.8", "93.184.216.34", "172.32.0.1", "192.169.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450:4001::1",
    "::ffff:8.8.8.8",
]  # fmt: skip
SPELLINGS = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "017700000001", "0177.0.0.1", "127.000.000.001",
    "127.0.0.1.", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "localhost", "LOCALHOST", "localhost.",
    "１２７．０．０．１", "①②⑦.0.0.1", "0", "0.0.0.0",
]  # fmt: skip
"""Of this machine, in the ways that resolvers and browsers have understood it."""


@pytest.mark.parametrize("address", FORBIDDEN)
def test_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_that_are(address: str) -> None:
    assert is_public(address)


@pytest.fixture
def canary() -> Iterator[Canary]:
    with serving(Canary()) as server:
        yield server


def as_systems_do(host: str, port: int) -> list[str]:
    """Numbers in all the ways that the system's own look-up takes them, which the guard of these tests would not let it have."""
    try:
        return [socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))]
    except OSError:
        return fetch.resolve(host.rstrip("."), port)


class Names:
    """A resolver: what each name leads to, one answer after the other; the last one stays."""

    def __init__(self, **names: list[list[str]]) -> None:
        self.names = {name.replace("_", "."): answers for name, answers in names.items()}
        self.asked: list[str] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        answers = self.names.get(host)
        if answers is None:
            return fetch.resolve(host, port)
        return answers.pop(0) if len(answers) > 1 else answers[0]


def any_port(scheme: str, port: int) -> bool:
    return True


def open_to(canary: Canary, **more: Any) -> Fetcher:
    """A fetcher that takes this machine for a public one."""
    more.setdefault("resolve", Names(site_test=[["127.0.0.1"]]))
    return Fetcher(allowed=lambda address: address == "127.0.0.1", ports=any_port, **more)


# what must not be reached -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("host", SPELLINGS)
def test_this_machine_is_not_reached_however_it_is_spelled(canary: Canary, host: str) -> None:
    with pytest.raises(Unreachable):
        Fetcher(resolve=as_systems_do, ports=any_port).get(f"http://{host}:{canary.port}/")
    assert canary.came == 0


@pytest.mark.parametrize("address", [address for address in FORBIDDEN if address.count(":") or address.count(".") == 3])
def test_no_forbidden_address_is_reached_by_name(canary: Canary, address: str) -> None:
    for answers in ([address], ["93.184.216.34", address], [address, "93.184.216.34"]):
        fetcher = Fetcher(resolve=Names(bad_test=[answers]), ports=any_port)
        with pytest.raises(Unreachable, match="not public"):
            fetcher.get(f"http://bad.test:{canary.port}/")
    assert canary.came == 0


def test_a_redirect_is_checked_as_the_first_address_was(canary: Canary) -> None:
    canary.pages["/there"] = page(status=302, Location="http://inside.test/secret")
    names = Names(site_test=[["127.0.0.1"]], inside_test=[["10.0.0.1"]])
    for target in (
        "http://inside.test/secret",
        "http://169.254.169.254/latest/",
        "//inside.test/",
        "https://[fd00::1]/",
    ):
        canary.pages["/there"] = page(status=302, Location=target)
        with pytest.raises(Unreachable, match="not public"):
            open_to(canary, resolve=names).get(f"http://site.test:{canary.port}/there")
    for target in ("file:///etc/passwd", "ftp://site.test/", "javascript:alert(1)", "gopher://site.test:1/"):
        canary.pages["/there"] = page(status=301, Location=target)
        with pytest.raises(Unreachable):
            open_to(canary, resolve=names).get(f"http://site.test:{canary.port}/there")
    assert {path for path, _ in canary.asked} == {"/there"}


@pytest.mark.parametrize(
    "target", ["http://[", "//[::1", "http://site.test:x/", "http://site.test:99999999/", "http://]/", "http://\xff]/"]
)
def test_a_redirect_to_no_address_at_all_is_said(canary: Canary, target: str) -> None:
    canary.pages["/there"] = page(status=302, Location=target)
    with pytest.raises(Unreachable):
        open_to(canary).get(f"http://site.test:{canary.port}/there")


@pytest.mark.parametrize("address", ["http://site.test/\ud800", "http://site.test/?\udfff", "http://\ud800/"])
def test_what_cannot_be_written_is_no_address(address: str) -> None:
    with pytest.raises(Unreachable, match="not an address"):
        Fetcher(resolve=Names(site_test=[["93.184.216.34"]])).get(address)


def test_a_name_that_changes_its_mind_is_asked_once_and_never_believed_again(canary: Canary) -> None:
    """Public when it is looked at, this machine when it is connected to: the connection goes where was looked."""
    tried: list[str] = []

    class Watching(fetch._Checked):
        def connect_tcp(self, host: str, *arguments: Any, **more: Any) -> Any:
            tried.extend(self._addresses)
            raise httpcore.ConnectError("no way out of this test")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fetch, "_Checked", Watching)
        for _ in range(200):
            names = Names(rebind_test=[["93.184.216.34"], ["127.0.0.1"]])
            with pytest.raises(Unreachable):
                Fetcher(resolve=names, ports=any_port).get(f"http://rebind.test:{canary.port}/")
            assert names.asked == ["rebind.test"]
    assert set(tried) == {"93.184.216.34"}
    # And the other way about: looked at again for the redirect, it is refused.
    canary.pages["/"] = page(status=302, Location=f"http://rebind.test:{canary.port}/")
    names = Names(rebind_test=[["127.0.0.1"], ["127.0.0.2"]])
    with pytest.raises(Unreachable, match="not public"):
        open_to(canary, resolve=names).get(f"http://rebind.test:{canary.port}/")
    assert canary.came == 1


@pytest.mark.parametrize(
    "url",
    [
        "", "site.test", "//site.test/", "file:///etc/passwd", "ftp://site.test/", "gopher://site.test/", "dict://site.test/", "data:text/plain,x",
        "javascript:alert(1)", "http://", "http:///x", "http://user@site.test/", "http://user:secret@site.test/", "http://site.test\\@evil.test/",
        "http://site.test/\r\nX: y", "http://site test/", "http://site.test:99999/", "http://site.test:x/", "http://[::1%25eth0]/",
        "http://" + "a" * 64 + ".test/", "http://site.test/" + "a" * 3_000, "http://..test/", "http://\u0000.test/", "http://[v1.x]/", "http://[::1/",
    ],
)  # fmt: skip
def test_what_is_no_address_is_not_asked_for(canary: Canary, url: str) -> None:
    names = Names(site_test=[["127.0.0.1"]])
    with pytest.raises(Unreachable):
        open_to(canary, resolve=names).get(url)
    assert (canary.came, names.asked) == (0, [])


def test_only_the_ports_of_the_web(canary: Canary) -> None:
    names = Names(site_test=[["127.0.0.1"]])
    fetcher = Fetcher(resolve=names, allowed=lambda address: True)
    for url in (
        f"http://site.test:{canary.port}/",
        "http://site.test:22/",
        "https://site.test:80/",
        "http://site.test:443/",
    ):
        with pytest.raises(Unreachable, match="ports"):
            fetcher.get(url)
    assert canary.came == 0


def test_the_operator_may_switch_it_off(canary: Canary, settings: Settings) -> None:
    settings.FETCH_LINKS = False
    with pytest.raises(Forbidden, match="switched off"):
        open_to(canary).get(f"http://site.test:{canary.port}/")
    assert canary.came == 0


# what is fetched --------------------------------------------------------------------------------------------------------


def test_a_page_comes_by_its_name_and_nothing_of_us_goes(canary: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    canary.pages["/a%20b?q=%C3%A4"] = page(
        "Größe".encode(), Content_Type='text/html; charset="UTF-8"', Set_Cookie="tracked=1"
    )
    canary.pages["/to"] = page(status=307, Location="/a b?q=ä", Set_Cookie="tracked=1")
    found = open_to(canary).get(f"http://SITE.test:{canary.port}/a%20b?q=ä")
    assert (found.body.decode(), found.media_type, found.charset) == ("Größe", "text/html", "UTF-8")
    _, headers = canary.asked[-1]
    assert headers["Host"] == f"site.test:{canary.port}"
    assert {name.lower() for name in headers} == {"host", "user-agent", "accept", "accept-encoding", "connection"}
    canary.pages["/to"] = page(status=307, Location="/a%20b?q=%C3%A4", Set_Cookie="tracked=1")
    assert open_to(canary).get(f"http://site.test:{canary.port}/to").url.endswith("/a%20b?q=%C3%A4")
    assert "Cookie" not in canary.asked[-1][1]


def test_redirects_end(canary: Canary) -> None:
    canary.pages["/round"] = page(status=302, Location="/round")
    with pytest.raises(Unreachable, match="no end"):
        open_to(canary).get(f"http://site.test:{canary.port}/round")
    assert canary.came == 4


@pytest.mark.parametrize("status", [204, 304, 401, 403, 404, 500])
def test_what_is_no_page_is_said(canary: Canary, status: int) -> None:
    canary.pages["/"] = page(b"", status)
    with pytest.raises(Unreachable, match=str(status)):
        open_to(canary).get(f"http://site.test:{canary.port}/")


def test_packed_pages_are_unpacked_as_far_as_there_is_room(canary: Canary) -> None:
    url = f"http://site.test:{canary.port}/"
    canary.pages["/"] = page(gzip.compress(b"hello" * 100), Content_Encoding="gzip")
    assert open_to(canary).get(url).body == b"hello" * 100
    canary.pages["/"] = page(zlib.compress(b"hello"), Content_Encoding="deflate")
    assert open_to(canary).get(url).body == b"hello"
    canary.pages["/"] = page(gzip.compress(b"\0" * 50_000_000), Content_Encoding="gzip")
    with pytest.raises(Unreachable, match="larger"):
        open_to(canary).get(url)
    canary.pages["/"] = page(b"x" * 100, Content_Encoding="br")
    with pytest.raises(Unreachable):
        open_to(canary).get(url)
    canary.pages["/"] = page(b"no gzip at all", Content_Encoding="gzip")
    with pytest.raises(Unreachable):
        open_to(canary).get(url)


def test_a_page_has_a_largest_size(canary: Canary) -> None:
    canary.pages["/"] = page(b"x" * 1_000)
    url = f"http://site.test:{canary.port}/"
    assert len(open_to(canary, most=1_000).get(url).body) == 1_000
    with pytest.raises(Unreachable) as caught:
        open_to(canary, most=999).get(url)
    assert caught.value.code == "too_large"


def test_who_drips_gets_no_more_time_than_who_is_silent(canary: Canary) -> None:
    done = threading.Event()

    def drip(visit: Any) -> None:
        visit.send_response(200)
        visit.end_headers()
        while not done.wait(0.05):
            visit.wfile.write(b"x")

    def silent(visit: Any) -> None:
        done.wait(20)

    for way in (drip, silent):
        canary.pages["/"] = way
        with pytest.raises(Unreachable, match="in time"):
            open_to(canary, seconds=0.5).get(f"http://site.test:{canary.port}/")
    done.set()


def test_a_name_that_is_looked_up_for_ever(canary: Canary) -> None:
    done = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        done.wait(20)
        return ["127.0.0.1"]

    with pytest.raises(Unreachable, match="in time"):
        open_to(canary, resolve=slow, seconds=0.2).get(f"http://site.test:{canary.port}/")
    done.set()
    assert canary.came == 0


def test_no_such_name_and_nobody_there() -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror("unknown")

    with pytest.raises(Unreachable, match="no site"):
        Fetcher(resolve=unknown).get("http://site.test/")
    with pytest.raises(Unreachable, match="no site"):
        Fetcher(resolve=lambda host, port: []).get("http://site.test/")
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(Unreachable, match="reached"):
            Fetcher(resolve=Names(site_test=[["127.0.0.1"]]), allowed=lambda address: True, ports=any_port).get(
                f"http://site.test:{port}/"
            )


class Told(ssl.SSLContext):
    """Notes for whose name a certificate is asked."""

    names: ClassVar[list[object]] = []

    def wrap_socket(self, *arguments: Any, **more: Any) -> Any:
        self.names.append(more.get("server_hostname"))
        raise ssl.SSLError("no certificate in this test")


def test_the_certificate_is_asked_of_the_name_and_not_of_the_address(canary: Canary) -> None:
    with pytest.raises(Unreachable):
        open_to(canary, trust=Told(ssl.PROTOCOL_TLS_CLIENT)).get(f"https://site.test:{canary.port}/")
    assert Told.names == ["site.test"]
    assert canary.came == 1
