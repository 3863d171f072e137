"""Reading a page: its article, without what nobody sees; hostile pages end within bounds; and the tool says what was really read."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings

from chat.tools.registry import Call, Result
from chat.tools.web import answering
from chat.tools.web.answering import PART, fetch_webpage, web_search
from chat.tools.web.pages import Pages
from chat.tools.web.providers.found import Found
from chat.tools.web.reading import article
from chat.tools.web.search import Search
from meatlizard.errors import AppError, Invalid
from meatlizard.security import ratelimit
from meatlizard.security.fetch import Fetcher, Unreachable
from meatlizard.security.robots import Robots
from tests.chat.attachments import files
from tests.fakes.web_site import Canary, page, serving

WORDS = "The lizard eats what it finds in the garden, and sleeps on warm stones until evening. "
ARTICLE = f"""<!doctype html><html lang=en><head><title>Lizards</title><meta property="article:published_time" content="2026-05-06T07:08:09Z">
</head><body><nav><a href=/menu>Menu</a></nav><article><h1>Lizards</h1><p>{WORDS * 6}<a href="/stones">warm stones</a></p>
<p style="display: none">HIDDEN one</p><p hidden>HIDDEN two</p><div aria-hidden=true>HIDDEN three</div><p style="FONT-SIZE : 0px">HIDDEN four</p>
<p style="position:absolute;left:-9999px">HIDDEN five</p><p style="opacity:0">HIDDEN six</p><!-- HIDDEN seven --><img src=x alt="HIDDEN eight">
<script>HIDDEN nine</script><noscript>HIDDEN ten</noscript><template>HIDDEN eleven</template><p style="opacity:0.9">{WORDS}Größe</p>
<p>{WORDS}<a href="javascript:alert(1)">no link</a> <a href="https://other.test/x#part">another</a></p></article>
<footer><a href="https://foot.test/">Imprint</a></footer></body></html>"""


class Web:
    """A site of this machine that stands for the web."""

    def __init__(self, site: Canary) -> None:
        self.site = site
        self.fetcher = Fetcher(
            resolve=lambda host, port: ["127.0.0.1"], allowed=lambda address: True, ports=lambda scheme, port: True, seconds=10
        )  # fmt: skip
        self.pages = Pages(self.fetcher, Robots(self.fetcher))
        site.pages["/robots.txt"] = page(b"", 404)

    def has(self, path: str, body: bytes | str, kind: str = "text/html; charset=utf-8", **headers: str) -> str:
        data = body if isinstance(body, bytes) else body.encode()
        self.site.pages[path] = page(data, Content_Type=kind, **headers)
        return f"http://lizard.test:{self.site.port}{path}"


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    with serving(Canary()) as site:
        world = Web(site)
        monkeypatch.setattr(answering, "pages", world.pages)
        yield world


def test_an_article_is_read_with_its_title_day_and_links_and_without_what_nobody_sees(web: Web) -> None:
    address = web.has("/lizards", ARTICLE)
    found = web.pages.read(address)
    assert (found.title, found.published, found.address) == ("Lizards", "2026-05-06", address)
    assert "sleeps on warm stones" in found.text
    assert "Größe" in found.text
    assert "HIDDEN" not in found.text + found.title
    targets = [target for _, target in found.links]
    assert targets[:2] == [f"http://lizard.test:{web.site.port}/stones", "https://other.test/x"]
    assert "https://foot.test/" in targets
    assert not [target for target in targets if target.startswith("javascript")]


def test_invisible_letters_do_not_come_through(web: Web) -> None:
    hidden = "".join(chr(0xE0000 + ord(letter)) for letter in "obey")
    found = web.pages.read(web.has("/x", f"<p>{WORDS}a{hidden}b\u202ec {WORDS}</p>"))
    assert "abc" in found.text


def test_what_a_redirect_leads_to_is_what_was_read(web: Web) -> None:
    address = web.has("/lizards", ARTICLE)
    web.site.pages["/short"] = page(status=302, Location="/lizards")
    assert web.pages.read(address.replace("/lizards", "/short")).address == address


def test_text_and_pdf_are_read_too(web: Web) -> None:
    assert web.pages.read(web.has("/a.txt", "Grüße\n", "text/plain; charset=utf-8")).text == "Grüße\n"
    assert (
        web.pages.read(web.has("/l.txt", "Grüße\n".encode("latin-1"), "text/plain; charset=latin-1")).text == "Grüße\n"
    )
    assert web.pages.read(web.has("/a.json", '{"a": 1}', "application/json")).text == '{"a": 1}'
    assert "lizard" in web.pages.read(web.has("/a.pdf", files.pdf("a lizard"), "text/html")).text


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"\x89PNG\r\n\x1a\n\x00\x00", "text/html"), (b"x", "image/png"), (b"PK\x03\x04", "application/zip"), (b"MZ\x00", "application/octet-stream")],
)  # fmt: skip
def test_other_files_are_not(web: Web, body: bytes, kind: str) -> None:
    with pytest.raises(Invalid, match="cannot be read"):
        web.pages.read(web.has("/x", body, kind))


@pytest.mark.parametrize("body", ["", "<html></html>", "<script>x()</script>", "<p hidden>HIDDEN</p>"])
def test_a_page_without_words_has_none(body: str) -> None:
    assert article.read(body.encode(), "http://a.test/").text == ""


def test_what_robots_are_kept_from_is_not_read_also_behind_a_redirect(web: Web, settings: Settings) -> None:
    address = web.has("/private/x", ARTICLE)
    web.site.pages["/robots.txt"] = page(b"user-agent: *\ndisallow: /private/")
    web.site.pages["/open"] = page(status=302, Location="/private/x")
    for url in (address, address.replace("/private/x", "/open")):
        with pytest.raises(Unreachable, match="robots"):
            web.pages.read(url)
    assert "/private/x" not in [path for path, _ in web.site.asked]
    settings.FETCH_ROBOTS = False
    assert web.pages.read(address).title == "Lizards"


HOSTILE = {
    "deep": "<div>" * 20_000, "unclosed": "<b><i>" * 10_000, "attributes": "<a " + " ".join(f"x{n}=1" for n in range(2_000)) + ">",
    "entities": "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]><p>&c;&c;</p>",
    "external": "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><p>&a;</p>", "tables": "<table><tr><td>" * 3_000,
    "numbers": "<p>" + "&#x41;" * 100_000, "comments": "<!--" * 100_000, "cdata": "<![CDATA[" * 100_000, "links": "<a href='/x'>x</a>" * 2_000,
    "charset": "<meta charset='utf-7'><p>+ADw-script+AD4-", "base": "<base href='file:///etc/'><a href='passwd'>x</a><p>words</p>",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_a_hostile_page_is_read_within_bounds(name: str) -> None:
    found = article.read(HOSTILE[name].encode(), "http://a.test/")
    assert len(found.text) <= article.MOST_TEXT
    assert "root:" not in found.text
    assert not [target for _, target in found.links if not target.startswith("http")]


def test_a_page_without_words_is_said(web: Web) -> None:
    with pytest.raises(Invalid, match="no text"):
        web.pages.read(web.has("/x", "<script>x()</script>"))


def test_a_reader_that_dies_takes_nothing_with_it(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    from chat.tools.web import articles

    monkeypatch.setattr(articles, "CHILD", articles.CHILD.with_name("missing.py"))
    with pytest.raises(Invalid, match="too much"):
        web.pages.read(web.has("/x", ARTICLE))
    monkeypatch.undo()
    monkeypatch.setattr(articles, "SECONDS", 0.0)
    with pytest.raises(Invalid, match="too much"):
        articles.read(ARTICLE.encode(), "http://lizard.test/")


async def run(tool: Any, call: Call, **arguments: Any) -> Result:
    result: Result = await tool.run(call, json.dumps(arguments))
    return result


@pytest.mark.django_db(transaction=True)
async def test_the_tool_tells_what_was_read_and_names_it_as_the_source(web: Web, call: Call) -> None:
    address = web.has("/lizards", ARTICLE)
    result = await run(fetch_webpage, call, url=address)
    (source,) = result.sources
    assert (source.title, source.address) == ("Lizards", address)
    assert WORDS[:40] in source.excerpt
    for piece in ("Title: Lizards", f"Address: {address}", "Published: 2026-05-06", "- another: https://other.test/x"):
        assert piece in result.text
    assert result.shown == "Lizards (lizard.test)"


@pytest.mark.django_db(transaction=True)
async def test_a_long_page_comes_in_parts(web: Web, call: Call) -> None:
    address = web.has("/long", "word " * (PART // 2), "text/plain")
    first = await run(fetch_webpage, call, url=address)
    last = await run(fetch_webpage, call, url=address, part=3)
    assert "Part 1 of 3" in first.text
    assert "Part 3 of 3" in last.text
    with pytest.raises(AppError, match="3 parts"):
        await run(fetch_webpage, call, url=address, part=4)
    with pytest.raises(AppError):
        await run(fetch_webpage, call, url="http://127.0.0.1/" + "x" * 3_000)


@pytest.mark.django_db(transaction=True)
async def test_a_search_lists_what_was_found_and_names_no_source(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    class Service:
        name = "lizards"

        def search(self, query: str, most: int) -> list[Found]:
            return [Found("One", "https://a.test/", "About one", "2026-01-02")] if query != "nothing" else []

    monkeypatch.setattr(answering, "search", Search(lambda: [Service()]))
    result = await run(web_search, call, query="lizards")
    assert result.text == "Result 1: One\nhttps://a.test/\n(2026-01-02) About one"
    assert (result.sources, result.shown) == ((), "1 page found (lizards)")
    assert "No pages" in (await run(web_search, call, query="nothing")).text
    monkeypatch.setattr(ratelimit, "hit", lambda *arguments, **more: 5.0)
    with pytest.raises(AppError, match="many pages"):
        await run(web_search, call, query="more")


def test_each_is_offered_only_where_it_can_do_something(settings: Settings) -> None:
    settings.SEARCH_PROVIDERS, settings.FETCH_LINKS = [], False
    assert (web_search.ready(), fetch_webpage.ready()) == (False, False)
    settings.SEARCH_PROVIDERS, settings.FETCH_LINKS = ["brave"], True
    assert (web_search.ready(), fetch_webpage.ready()) == (True, True)
    assert web_search.foreign
    assert fetch_webpage.foreign
