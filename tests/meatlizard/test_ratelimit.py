"""Limits by person and by address."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from pytest_django import Settings

from meatlizard.accounts.models import User
from meatlizard.environment import networks
from meatlizard.errors import LimitReached
from meatlizard.security.ratelimit import hit, limited


@pytest.fixture(autouse=True)
def _a_standing_clock_and_an_empty_cache(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    # A window that ends in the middle of a test would forgive a hit.
    monkeypatch.setattr("django_ratelimit.core.time.time", lambda: 1_800_000_000.0)
    cache.clear()
    yield
    cache.clear()


def test_the_one_too_many_is_told_when_to_come_back() -> None:
    assert [hit("send", "alice", "3/m") for _ in range(3)] == [None, None, None]
    retry = hit("send", "alice", "3/m")
    assert retry is not None
    assert 1 <= retry <= 60


def test_people_and_groups_are_counted_apart() -> None:
    assert hit("send", "alice", "1/m") is None
    assert hit("send", "alice", "1/m") is not None
    assert hit("send", "bob", "1/m") is None
    assert hit("other", "alice", "1/m") is None


def test_looking_does_not_count() -> None:
    assert [hit("pair", "a", "2/m", count=False) for _ in range(5)] == [None] * 5
    hit("pair", "a", "2/m")
    assert hit("pair", "a", "2/m", count=False) is None
    hit("pair", "a", "2/m")
    assert hit("pair", "a", "2/m", count=False) is not None


def test_nobody_passes_when_the_counter_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("django.core.cache.backends.locmem.LocMemCache.add", lambda *args, **kwargs: False)
    monkeypatch.setattr("django.core.cache.backends.locmem.LocMemCache.incr", lambda *args, **kwargs: None)
    assert hit("send", "alice", "100/m") is not None


@limited("press", "2/m")
def press(request: HttpRequest) -> HttpResponse:
    return HttpResponse("pressed")


@limited("knock", "2/m", by="address")
def knock(request: HttpRequest) -> HttpResponse:
    return HttpResponse("knocked")


def request_of(user: User, method: str = "POST", **meta: str) -> HttpRequest:
    request = RequestFactory().generic(method, "/", **meta)  # type: ignore[arg-type]
    request.user = user
    return request


def test_a_view_stops_alice_and_not_bob(alice: User, bob: User) -> None:
    assert press(request_of(alice)).status_code == 200
    assert press(request_of(alice)).status_code == 200
    with pytest.raises(LimitReached) as limit:
        press(request_of(alice))
    assert limit.value.retry_after is not None
    assert press(request_of(bob)).status_code == 200
    assert press(request_of(alice, "GET")).status_code == 200


def test_invented_addresses_do_not_help(alice: User, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = networks("TRUSTED_PROXIES", ["10.0.0.0/8"])
    passed = 0
    for number in range(1000):
        meta = {"REMOTE_ADDR": "10.0.0.2", "HTTP_X_FORWARDED_FOR": f"6.6.{number // 250}.{number % 250}, 203.0.113.5"}
        try:
            knock(request_of(alice, **meta))
            passed += 1
        except LimitReached:
            pass
    assert passed == 2


def test_two_clients_behind_one_proxy_have_a_limit_each(alice: User, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = networks("TRUSTED_PROXIES", ["10.0.0.0/8"])
    for client in ("203.0.113.5", "203.0.113.6"):
        for _ in range(2):
            meta = {"REMOTE_ADDR": "10.0.0.2", "HTTP_X_FORWARDED_FOR": client}
            assert knock(request_of(alice, **meta)).status_code == 200
