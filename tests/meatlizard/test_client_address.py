"""A client cannot choose the address it is counted by, and two clients behind one proxy are two."""

from typing import Any

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from meatlizard.environment import networks
from meatlizard.security.client_address import address_key, client_address, was_forwarded


def scope(peer: str | None, *forwarded: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return {"type": "websocket", "client": (peer, 5000) if peer else None, "headers": headers}


@pytest.fixture
def behind_a_proxy(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = networks("TRUSTED_PROXIES", ["10.0.0.0/8", "fd00::/8", "192.0.2.7"])


def test_without_proxies_the_header_is_a_strangers_claim(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = []
    assert client_address(scope("203.0.113.5", "198.51.100.1")) == "203.0.113.5"
    request = RequestFactory().get("/", REMOTE_ADDR="203.0.113.5", headers={"X-Forwarded-For": "198.51.100.1"})
    assert client_address(request) == "203.0.113.5"


@pytest.mark.usefixtures("behind_a_proxy")
def test_two_clients_behind_one_proxy_are_two() -> None:
    first, second = scope("10.0.0.2", "203.0.113.5"), scope("10.0.0.2", "203.0.113.6")
    assert address_key(first) == "203.0.113.5"
    assert address_key(second) == "203.0.113.6"


@pytest.mark.usefixtures("behind_a_proxy")
@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.2", ["6.6.6.6, 203.0.113.5"], "203.0.113.5"),  # the client's own invention stands left
        ("10.0.0.2", ["6.6.6.6", "203.0.113.5"], "203.0.113.5"),  # the same in two headers
        ("10.0.0.2", ["203.0.113.5, 10.9.9.9"], "203.0.113.5"),  # a chain of two proxies
        ("10.0.0.2", ["203.0.113.5, 192.0.2.7, 10.9.9.9"], "203.0.113.5"),
        ("203.0.113.9", ["198.51.100.1"], "203.0.113.9"),  # past the proxy, straight to the port
        ("10.0.0.2", [], "10.0.0.2"),
        ("10.0.0.2", ["unknown"], "10.0.0.2"),
        ("10.0.0.2", ["203.0.113.5, <script>"], "10.0.0.2"),
        ("10.0.0.2", ["203.0.113.5:4711"], "203.0.113.5"),
        ("10.0.0.2", ["[2001:db8::1]:4711"], "2001:db8::1"),
        ("::ffff:10.0.0.2", ["203.0.113.5"], "203.0.113.5"),
        ("fd00::2", ["2001:db8::1%eth0"], "2001:db8::1"),
        ("10.0.0.2", [", ".join(["10.0.0.3"] * 5000)], "10.0.0.3"),
        (None, ["203.0.113.5"], "0.0.0.0"),
    ],
)
def test_the_rightmost_hop_that_no_proxy_is(peer: str | None, forwarded: list[str], client: str) -> None:
    assert client_address(scope(peer, *forwarded)) == client
    meta = {"REMOTE_ADDR": peer or "", **({"HTTP_X_FORWARDED_FOR": ",".join(forwarded)} if forwarded else {})}
    assert client_address(RequestFactory().get("/", **meta)) == client


def test_a_household_is_one_ipv6_client() -> None:
    assert address_key(scope("2001:db8:1:2::1")) == address_key(scope("2001:db8:1:2:ffff::9")) == "2001:db8:1:2::/64"
    assert address_key(scope("2001:db8:1:3::1")) != address_key(scope("2001:db8:1:2::1"))


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "Via", "X-Forwarded-Proto"])
def test_any_trace_of_a_proxy_shows(header: str) -> None:
    assert was_forwarded(RequestFactory().get("/", headers={header: "x"}))
    assert not was_forwarded(RequestFactory().get("/"))
