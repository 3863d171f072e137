"""robots.txt by RFC 9309: which group is ours, which rule wins, and what a site that cannot say allows."""

import time
from collections.abc import Callable

import pytest
from pytest_django import Settings

from meatlizard.security.fetch import Fetched, Fetcher, Unreachable
from meatlizard.security.robots import KEPT, KEPT_UNREACHABLE, SITES, Robots, parse

EXAMPLE = """\
User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
"""
"""The file of section 5.1 of the RFC."""


@pytest.mark.parametrize(
    ("product", "path", "allowed"),
    [
        ("meatlizard", "/example/page.html", False), ("meatlizard", "/publications/x", True), ("meatlizard", "/a.gif", False),
        ("meatlizard", "/a.gif?x", True), ("meatlizard", "/other", True),
        ("foobot", "/example/page.html", True), ("foobot", "/example/allowed.gif", True), ("foobot", "/", False), ("FooBot", "/x", False),
        ("barbot", "/example/page.html", False), ("bazbot", "/example/page.html", False), ("bazbot", "/example/", True),
        ("quxbot", "/example/page.html", True),
    ],
)  # fmt: skip
def test_the_example_of_the_standard(product: str, path: str, allowed: bool) -> None:
    assert parse(EXAMPLE, product).allow(path) is allowed


@pytest.mark.parametrize(
    ("rules", "path", "allowed"),
    [
        # the longest rule wins, and of two as long the one that allows
        ("disallow: /a\nallow: /a/b", "/a/b/c", True), ("allow: /a\ndisallow: /a/b", "/a/b/c", False), ("disallow: /p\nallow: /p", "/page", True),
        ("disallow: /", "/robots.txt", True), ("disallow:", "/a", True), ("disallow: a", "/a", True), ("Disallow : /a # why", "/a", False),
        # wild cards
        ("disallow: /*/secret", "/x/y/secret/z", False), ("disallow: /a$", "/ab", True), ("disallow: /a$", "/a", False),
        ("disallow: /*.php$", "/x.php", False), ("disallow: /*.php$", "/x.php5", True), ("disallow: /a*b*c", "/acb", True),
        ("disallow: /ab*b$", "/ab", True), ("disallow: *", "/x", False), ("disallow: /x**y", "/x1y", False),
        # one path in several spellings
        ("disallow: /bücher", "/b%C3%BCcher", False), ("disallow: /b%c3%bccher", "/bücher", False), ("disallow: /a%7Eb", "/a~b", False),
        ("disallow: /%61bc", "/abc", False), ("disallow: /a%2Fb", "/a/b", True), ("disallow: /p%2A", "/p*", False), ("disallow: /p%24", "/p$", False),
        ("disallow: /?q=", "/?q=1", False),
        # what is no rule ends no group
        ("crawl-delay: 3\nsitemap: https://a.test/s\ndisallow: /a", "/a", False),
    ],
)  # fmt: skip
def test_one_rule_against_one_path(rules: str, path: str, allowed: bool) -> None:
    assert parse(f"user-agent: *\n{rules}\n").allow(path) is allowed


def test_groups_that_name_us_are_one_and_take_the_place_of_those_for_everybody() -> None:
    text = "\ufeffuser-agent: MEATLIZARD/2.0\rdisallow: /a\r\n\r\nuser-agent: *\ndisallow: /\nuser-agent: meatlizard\ndisallow: /b\n"
    rules = parse(text)
    assert [rules.allow(path) for path in ("/a", "/b", "/c")] == [False, False, True]
    assert parse("disallow: /\nuser-agent: *\nallow: /").allow("/x"), "a rule before any group is nobody's"
    assert parse("user-agent: meatlizardbot\ndisallow: /").allow("/x"), "another's name that begins like ours"


def test_a_file_made_to_take_long_takes_no_time() -> None:
    text = (
        "user-agent: *\n"
        + "disallow: /*a*a*a*a*a*a*a*a*a*b\n" * 10
        + "".join(f"disallow: /*{n}$\n" for n in range(30_000))
    )
    started = time.process_time()
    assert parse(text).allow("/" + "a" * 1_900)
    assert time.process_time() - started < 5


class Site(Fetcher):
    """What it answers for robots.txt, and how often it was asked."""

    def __init__(self, answer: str | int) -> None:
        super().__init__()
        self.answer, self.asked = answer, list[str]()

    def get(self, url: str, before: Callable[[str], None] | None = None) -> Fetched:
        self.asked.append(url)
        if isinstance(self.answer, int):
            raise Unreachable("no", answered=self.answer)
        return Fetched(url, "text/plain", "", self.answer.encode())


@pytest.mark.parametrize(
    ("answer", "allowed"),
    [(404, True), (401, True), (403, True), (410, True), (500, False), (503, False), (429, False), (0, False), ("", True)],
)  # fmt: skip
def test_a_site_without_rules_allows_all_and_one_that_cannot_say_nothing(answer: str | int, allowed: bool) -> None:
    robots = Robots(Site(answer))
    if allowed:
        robots.check("https://a.test/x")
        return
    with pytest.raises(Unreachable, match="robots") as caught:
        robots.check("https://a.test/x")
    assert caught.value.code == "robots"


def test_rules_are_asked_for_once_in_a_while_for_each_site(settings: Settings) -> None:
    now = [0.0]
    site = Site("user-agent: *\ndisallow: /private")
    robots = Robots(site, clock=lambda: now[0])
    for _ in range(3):
        robots.check("https://A.test/x?y#z")
        with pytest.raises(Unreachable):
            robots.check("https://a.test/private/x")
    assert site.asked == ["https://a.test/robots.txt"]
    robots.check("http://a.test/x")
    robots.check("https://a.test:8443/x")
    assert len(site.asked) == 3, "another scheme or port is another site"
    now[0] = KEPT + 1
    robots.check("https://a.test/x")
    assert len(site.asked) == 4
    site.answer = 503
    with pytest.raises(Unreachable):
        robots.check("https://b.test/")
    now[0] += KEPT_UNREACHABLE + 1
    site.answer = 404
    robots.check("https://b.test/")
    settings.FETCH_ROBOTS = False
    robots.check("https://a.test/private")
    assert len(robots._known) == 4


def test_only_so_many_sites_are_remembered(settings: Settings) -> None:
    robots = Robots(Site(404))
    for number in range(SITES + 5):
        robots.check(f"https://{number}.test/")
    assert len(robots._known) == SITES
    robots.check("http://[")
    robots.check("ftp://a.test/x")
