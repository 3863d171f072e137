"""Searching the web: what goes to each service, what is taken from its answer, and who is asked when it has none."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from chat.tools.web import search as searching
from chat.tools.web.providers.brave import Brave
from chat.tools.web.providers.found import Found, Provider
from chat.tools.web.providers.searxng import SearXNG
from chat.tools.web.providers.tavily import Tavily
from chat.tools.web.search import RESTS, Search
from meatlizard import environment
from meatlizard.errors import Unavailable
from meatlizard.security.fetch import Fetcher, Unreachable
from tests.fakes.search_services import FakeBrave, FakeSearXNG, FakeTavily, SearchService
from tests.fakes.web_site import serving

HERE = Fetcher.of_operator(seconds=5)


class World:
    """All three services, and what asks them."""

    def __init__(self, searxng: FakeSearXNG, brave: FakeBrave, tavily: FakeTavily) -> None:
        self.searxng, self.brave, self.tavily = searxng, brave, tavily
        searxng.rows = [
            {"url": "https://a.test/1", "title": "One &amp; only", "content": "About <b>one</b>", "publishedDate": "2026-05-06T00:00:00", "engine": "x"},
            {"url": "https://a.test/2", "title": "Two", "content": None},
        ]  # fmt: skip
        brave.rows = [
            {"url": "https://b.test/1", "title": "B <strong>one</strong>", "description": "x < y &lt;i&gt;", "page_age": "2026-01-02T03:04:05"},
            {"url": "https://b.test/2", "title": "B two"},
        ]  # fmt: skip
        tavily.rows = [
            {"url": "https://t.test/1", "title": "T", "content": "about t", "score": 0.9, "raw_content": None}
        ]

    def of(self, name: str) -> Provider:
        made: dict[str, Provider] = {
            "searxng": SearXNG(self.searxng.address, HERE),
            "brave": Brave("BSA-secret", HERE, self.brave.address),
            "tavily": Tavily("tvly-secret", HERE, self.tavily.address),
        }
        return made[name]

    def service(self, name: str) -> SearchService:
        found: SearchService = getattr(self, name)
        return found

    def search(self, *names: str, **more: Any) -> Search:
        return Search(lambda: [self.of(name) for name in names], **more)


@pytest.fixture
def world() -> Iterator[World]:
    cache.clear()
    with ExitStack() as life:
        yield World(*(life.enter_context(serving(kind())) for kind in (FakeSearXNG, FakeBrave, FakeTavily)))


def test_each_service_is_asked_in_its_own_way_and_means_the_same(world: World) -> None:
    assert world.of("searxng").search("größe & co", 10) == [
        Found("One & only", "https://a.test/1", "About one", "2026-05-06"),
        Found("Two", "https://a.test/2"),
    ]
    assert world.of("brave").search("größe", 1) == [Found("B one", "https://b.test/1", "x < y <i>", "2026-01-02")]
    assert world.of("tavily").search("größe", 3) == [Found("T", "https://t.test/1", "about t")]
    assert world.searxng.asked[0].query["q"] == "größe & co"
    assert json.loads(world.tavily.asked[0].body)["query"] == "größe"


def test_a_key_goes_in_a_header_and_in_no_address(world: World) -> None:
    for name in ("brave", "tavily"):
        world.of(name).search("x", 5)
        asked = world.service(name).asked[0]
        assert "secret" not in asked.path + json.dumps(dict(asked.query)) + asked.body.decode()
        assert any("secret" in value for value in asked.headers.values())


@pytest.mark.parametrize("name", ["searxng", "brave", "tavily"])
def test_a_key_goes_over_no_redirect(world: World, name: str) -> None:
    world.service(name).redirect = f"{world.searxng.address}/elsewhere"
    with pytest.raises(Unreachable):
        world.of(name).search("x", 5)
    assert [asked.path for asked in world.searxng.asked if asked.path == "/elsewhere"] == []


def test_what_a_service_does_not_take_is_not_sent(world: World) -> None:
    assert world.of("brave").search("word " * 300, 50)
    assert len(world.brave.asked[0].query["q"]) <= 400
    assert world.of("tavily").search("x", 50)


SHAPES = [
    b" ", b"{", b"[]", b'{"results": 3, "web": 3}', b'{"results": [3], "web": {"results": [3]}}', b"\xff\xfe", b"[" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("name", ["searxng", "brave", "tavily"])
def test_an_answer_of_another_shape_is_no_answer(world: World, name: str) -> None:
    for raw in SHAPES:
        world.service(name).raw = raw
        with pytest.raises(Unreachable, match="cannot be read"):
            world.of(name).search("x", 5)


def test_wrong_keys_and_missing_formats_are_refused(world: World) -> None:
    world.searxng.json_on = False
    asked: list[tuple[Provider, int]] = [
        (Brave("wrong", HERE, world.brave.address), 422),
        (Tavily("wrong", HERE, world.tavily.address), 401),
        (world.of("searxng"), 403),
    ]
    for provider, answered in asked:
        with pytest.raises(Unreachable) as caught:
            provider.search("x", 5)
        assert caught.value.answered == answered


def test_a_searxng_whose_engines_are_silent_has_no_answer_and_one_that_finds_nothing_has(world: World) -> None:
    world.searxng.rows = []
    assert world.of("searxng").search("x", 5) == []
    world.searxng.silent = [["google", "timeout"]]
    with pytest.raises(Unreachable):
        world.of("searxng").search("x", 5)


def test_the_next_is_asked_when_one_fails_and_that_one_rests(world: World) -> None:
    now = [0.0]
    search = world.search("searxng", "brave", "tavily", clock=lambda: now[0])
    world.searxng.fault = 500
    world.brave.fault = 429
    assert search.find("one")[0] == "tavily"
    assert search.find("two")[0] == "tavily"
    assert (len(world.searxng.asked), len(world.brave.asked)) == (1, 1), "who failed is not asked again at once"
    now[0] = RESTS + 1
    world.searxng.fault = 0
    assert search.find("three")[0] == "searxng"
    for name in ("searxng", "brave", "tavily"):
        world.service(name).fault = 503
    with pytest.raises(Unavailable, match="No search service"):
        search.find("four")
    world.tavily.fault = 0
    assert search.find("five")[0] == "tavily", "when all rest, all are asked"


def test_the_same_question_is_answered_from_memory(world: World) -> None:
    search = world.search("searxng")
    first = search.find("Some  Words")
    assert search.find("some words") == first
    assert len(world.searxng.asked) == 1
    search.find("other words")
    assert len(world.searxng.asked) == 2


def test_only_addresses_that_can_be_opened_and_each_once(world: World) -> None:
    addresses = [
        "javascript:alert(1)", "https://a.test/", "", "ftp://a.test", "https://a.test/", "http://b.test/" + "x" * 3_000, "http://b.test/",
    ]  # fmt: skip
    world.searxng.rows = [{"url": url, "title": "x"} for url in addresses]
    assert [one.address for one in world.search("searxng").find("x")[1]] == ["https://a.test/", "http://b.test/"]


def test_a_public_service_is_not_looked_for_in_the_own_network(world: World) -> None:
    made: list[Provider] = [Brave("k", Fetcher(), world.brave.address), Tavily("k", Fetcher(), world.tavily.address)]
    for provider in made:
        with pytest.raises(Unreachable):
            provider.search("x", 5)
    assert world.brave.asked + world.tavily.asked == []


def test_the_operator_says_who_is_asked_and_in_which_order(settings: Settings) -> None:
    settings.SEARXNG_URL, settings.BRAVE_SEARCH_KEY, settings.TAVILY_KEY = "http://searxng:8080", "b", "t"
    settings.SEARCH_PROVIDERS = ["tavily", "searxng", "brave"]
    assert [provider.name for provider in searching.configured()] == ["tavily", "searxng", "brave"]
    ready = {"searxng": "", "brave": "key", "tavily": "key"}
    assert environment.chosen("SEARCH_PROVIDERS", [], ready) == ["brave", "tavily"]
    assert environment.chosen("SEARCH_PROVIDERS", [" Tavily "], ready) == ["tavily"]
    for named in ("searxng", "altavista"):
        with pytest.raises(ImproperlyConfigured, match="SEARCH_PROVIDERS"):
            environment.chosen("SEARCH_PROVIDERS", [named], ready)
    assert environment.service("SEARXNG_URL", "http://searxng:8080/path/") == "http://searxng:8080/path"
    assert environment.service("SEARXNG_URL", "") == ""
    for wrong in ("searxng:8080", "ftp://searxng", "http://", "http://a?b"):
        with pytest.raises(ImproperlyConfigured, match="SEARXNG_URL"):
            environment.service("SEARXNG_URL", wrong)
