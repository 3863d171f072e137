"""Opening short links, ahead of Django."""

import asyncio
import datetime
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.test import override_settings
from django.utils import timezone

from meatlizard.accounts.models import User
from shortener import actions
from shortener.models import BlockedHost, BlockList, Domain, KnownHost, Link
from shortener.redirect.guessing import MISSES
from shortener.redirect.memory import Memory
from shortener.redirect.storing import recorder
from tests.shortener.visiting import Visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]
TARGET = "https://example.org/page"


async def make(owner: User, **details: Any) -> Link:
    details.setdefault("target", TARGET)
    return await sync_to_async(actions.create)(owner, **details)


async def test_a_link_leads_to_its_target_and_is_counted(visitor: Visitor, alice: User) -> None:
    link = await make(alice, slug="docs/2026")
    for _round in range(3):
        answer = await visitor.ask("/s/docs/2026")
        assert (answer.status, answer.location) == (302, TARGET)
        assert answer.headers["cache-control"] == "private, no-store"
    assert (await visitor.ask("/s/docs/2026/")).location == TARGET
    assert await sync_to_async(recorder.flush)() == 4
    await link.arefresh_from_db()
    assert (link.clicks, link.bot_clicks) == (4, 0)
    assert link.last_click is not None


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_each_status(visitor: Visitor, alice: User, status: int) -> None:
    await make(alice, slug="x", status=status)
    assert (await visitor.ask("/s/x")).status == status


async def test_head_is_answered_and_not_counted(visitor: Visitor, alice: User) -> None:
    await make(alice, slug="x", max_clicks=1)
    for _round in range(3):
        assert (await visitor.ask("/s/x", method="HEAD")).location == TARGET
    assert await sync_to_async(recorder.flush)() == 0
    assert (await visitor.ask("/s/x")).location == TARGET


@pytest.mark.parametrize("path", ["/", "/chat/", "/s", "/S/x", "/static/s/x", "/accounts/login/"])
async def test_other_requests_go_to_django_untouched(visitor: Visitor, alice: User, path: str) -> None:
    await make(alice, slug="x")
    assert (await visitor.ask(path)).django == path


async def test_what_is_no_link_goes_to_django(visitor: Visitor, alice: User) -> None:
    await make(alice, slug="x")
    odd = [
        "/s/",
        "/s/X",
        "/s/y",
        "/s/x+",
        "/s/@other.example/x",
        "/s/../x",
        "/s/x\x00",
        "/s/\ud7ff",
        "/s/x\r\nA: b",
        "/s/" + "a" * 5_000,
        "/s//x",
    ]
    for path in odd:
        answer = await visitor.ask(path)
        assert answer.django == path, path
    assert (await visitor.ask("/s/x", method="POST")).django == "/s/x"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "", "127.0.0.1.evil.example", "127.0.0.1@evil.example", "\xff", "[::1", "127.0.0.1, evil"]
)  # fmt: skip
async def test_under_a_host_name_that_is_not_ours_django_decides(visitor: Visitor, alice: User, host: str) -> None:
    await make(alice, slug="x")
    assert (await visitor.ask("/s/x", host=host)).django == "/s/x"


async def test_two_host_headers_are_none(visitor: Visitor, alice: User) -> None:
    await make(alice, slug="x")
    assert (await visitor.ask("/s/x", headers=[("host", "127.0.0.1")])).django == "/s/x"
    assert (await visitor.ask("/s/x", headers=[("x-forwarded-host", "evil.example")])).location == TARGET


async def test_a_domain_of_its_own(visitor: Visitor, alice: User, remembered: Memory) -> None:
    domain = await Domain.objects.acreate(host="go.example.net", home="https://example.net/home")
    await make(alice, slug="x", domain=domain)
    await make(alice, slug="s/x", domain=domain, target="https://example.org/deep")
    await make(alice, slug="x", target="https://example.org/own")
    await remembered.refresh()
    for host in ("go.example.net", "GO.example.net:443", "go.example.net."):
        assert (await visitor.ask("/x", host=host)).location == TARGET
    assert (await visitor.ask("/s/x", host="go.example.net")).location == "https://example.org/deep"
    assert (await visitor.ask("/s/x")).location == "https://example.org/own"
    assert (await visitor.ask("/", host="go.example.net")).location == "https://example.net/home"
    assert (await visitor.ask("/robots.txt", host="go.example.net")).status == 404
    assert (await visitor.ask("/x", host="go.example.net", method="POST")).status == 405
    assert (await visitor.ask("/y", host="go.example.net")).location == "http://127.0.0.1:8000/s/@go.example.net/y"
    assert (await visitor.ask("/x+", host="go.example.net")).location == "http://127.0.0.1:8000/s/@go.example.net/x+"
    assert (await visitor.ask("/é\r\n", host="go.example.net")).location.endswith("/%C3%A9%0D%0A")


async def test_a_domains_own_page_for_what_it_does_not_know(visitor: Visitor, remembered: Memory) -> None:
    await Domain.objects.acreate(host="go.example.net", not_found="https://example.net/lost")
    await Domain.objects.acreate(host="off.example.net", enabled=False)
    await remembered.refresh()
    assert (await visitor.ask("/y", host="go.example.net")).location == "https://example.net/lost"
    assert (await visitor.ask("/y", host="off.example.net")).django == "/y"


@pytest.mark.parametrize(
    ("target", "query", "led_to"),
    [
        ("https://a.example/x", b"b=1", "https://a.example/x?b=1"),
        ("https://a.example/x?a=1", b"b=2", "https://a.example/x?a=1&b=2"),
        ("https://a.example/x?", b"b=2", "https://a.example/x?b=2"),
        ("https://a.example/x#part", b"b=2", "https://a.example/x?b=2#part"),
        ("https://a.example/x?a#p?q", b"", "https://a.example/x?a#p?q"),
        (
            "https://a.example/x",
            b"b=%0d%0aX:1&c=\r\nSet-Cookie: a",
            "https://a.example/x?b=%0d%0aX:1&c=%0D%0ASet-Cookie:%20a",
        ),
        ("https://a.example/x", b"a#b<c>\"'\xff", "https://a.example/x?a%23b%3Cc%3E%22'%FF"),
    ],
)
async def test_the_query_is_passed_on_where_its_owner_wants_it(
    visitor: Visitor, alice: User, target: str, query: bytes, led_to: str
) -> None:
    await make(alice, slug="with", target=target, forward_query=True)
    await make(alice, slug="without", target=target)
    assert (await visitor.ask("/s/with", query=query)).location == led_to
    assert (await visitor.ask("/s/without", query=query)).location == target.rstrip("?")


async def test_before_and_after_its_time(visitor: Visitor, alice: User) -> None:
    day = datetime.timedelta(days=1)
    now = timezone.now()
    await make(alice, slug="early", not_before=now + day)
    await make(alice, slug="late", not_after=now - day, fallback="https://example.org/over")
    await make(alice, slug="now", not_before=now - day, not_after=now + day)
    assert (await visitor.ask("/s/early")).django
    assert (await visitor.ask("/s/late")).location == "https://example.org/over"
    assert (await visitor.ask("/s/now")).location == TARGET
    assert await sync_to_async(recorder.flush)() == 1


async def test_a_link_ends_at_its_moment_though_it_is_remembered(visitor: Visitor, alice: User) -> None:
    soon = timezone.now() + datetime.timedelta(seconds=0.6)
    await make(alice, slug="x", not_after=soon)
    assert (await visitor.ask("/s/x")).location == TARGET
    await asyncio.sleep(max(0.0, (soon - timezone.now()).total_seconds()) + 0.01)
    assert (await visitor.ask("/s/x")).django


async def test_so_many_clicks_and_then_the_fallback(visitor: Visitor, alice: User) -> None:
    link = await make(alice, slug="x", max_clicks=2, fallback="https://example.org/gone")
    led_to = [(await visitor.ask("/s/x")).location for _round in range(4)]
    assert led_to == [TARGET, TARGET, "https://example.org/gone", "https://example.org/gone"]
    await sync_to_async(actions.reset_clicks_left)(link)
    assert (await visitor.ask("/s/x")).location == TARGET


async def test_bots_take_none_of_counted_out_clicks(visitor: Visitor, alice: User) -> None:
    await make(alice, slug="x", max_clicks=1)
    bot = "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"
    for agent in (bot, ""):
        assert (await visitor.ask("/s/x", agent=agent)).django == "/s/x"
    assert (await visitor.ask("/s/x")).location == TARGET
    assert (await visitor.ask("/s/x")).django == "/s/x"


async def test_pages_are_djangos(visitor: Visitor, alice: User) -> None:
    await make(alice, slug="locked", password="please")
    assert (await visitor.ask("/s/locked")).django == "/s/locked"
    with override_settings(LINK_INTERSTITIAL="all"):
        await make(alice, slug="asks")
        assert (await visitor.ask("/s/asks")).django == "/s/asks"
    assert await sync_to_async(recorder.flush)() == 0


async def test_known_hosts_need_no_word_of_warning(visitor: Visitor, alice: User, olga: User) -> None:
    with override_settings(LINK_INTERSTITIAL="unknown"):
        await make(alice, slug="x", target="https://www.example.org/")
        assert (await visitor.ask("/s/x")).django
        await sync_to_async(actions.save_known_host)(olga, KnownHost(host="Example.org"))
        assert (await visitor.ask("/s/x")).location == "https://www.example.org/"


async def test_rules_lead_visitors_apart(visitor: Visitor, alice: User) -> None:
    rules = [
        {"conditions": [{"type": "language", "any_of": ["de"]}], "targets": [{"target": "https://example.org/de"}]},
        {"conditions": [{"type": "query", "name": "ab"}],
         "targets": [{"target": "https://example.org/a", "weight": 1}, {"target": "https://example.org/b", "weight": 1}]},
    ]  # fmt: skip
    link = await make(alice, slug="x", rules=rules)
    german = await visitor.ask("/s/x", headers=[("accept-language", "en;q=0.3, de-AT;q=0.8, *;q=0.1")])
    assert german.location == "https://example.org/de"
    assert (await visitor.ask("/s/x", headers=[("accept-language", "en, de;q=0")])).location == TARGET
    drawn = [(await visitor.ask("/s/x", query=b"ab", client=f"198.51.100.{n}")).location for n in range(60)]
    assert set(drawn) == {"https://example.org/a", "https://example.org/b"}
    again = [(await visitor.ask("/s/x", query=b"ab", client=f"198.51.100.{n}")).location for n in range(60)]
    assert again == drawn, "one visitor sees the same on the same day"
    await sync_to_async(recorder.flush)()
    from shortener.figures import by
    from shortener.models.clicks import Dimension

    counted = dict(await sync_to_async(by)(link, Dimension.ROUTE))
    assert counted["1"] == 1
    assert counted["2a"] + counted["2b"] == 120


@pytest.mark.parametrize("change", ["edit", "disable", "delete", "take_down", "take_down_host", "take_down_person"])
async def test_changes_here_hold_at_once(visitor: Visitor, alice: User, olga: User, change: str) -> None:
    link = await make(alice, slug="x")
    assert (await visitor.ask("/s/x")).location == TARGET
    run = {
        "edit": lambda: actions.edit(link, target="https://example.com/new"),
        "disable": lambda: actions.edit(link, disabled=True),
        "delete": lambda: actions.delete(link),
        "take_down": lambda: actions.take_down(olga, link, "why"),
        "take_down_host": lambda: actions.take_down_host(olga, "example.org", "why"),
        "take_down_person": lambda: actions.take_down_person(olga, alice, "why"),
    }[change]
    await sync_to_async(run)()
    answer = await visitor.ask("/s/x")
    assert (answer.location == "https://example.com/new") if change == "edit" else answer.django


async def test_a_host_that_is_listed_later_ends_its_links(visitor: Visitor, alice: User, olga: User) -> None:
    await make(alice, slug="x", fallback="https://sub.evil.example/")
    assert (await visitor.ask("/s/x")).location == TARGET
    listed = await BlockList.objects.acreate(name="list")
    await BlockedHost.objects.acreate(list=listed, host="evil.example")
    await sync_to_async(actions.save_list)(olga, listed)
    assert (await visitor.ask("/s/x")).django


async def test_a_new_link_works_though_it_was_asked_for_before(visitor: Visitor, alice: User) -> None:
    assert (await visitor.ask("/s/soon")).django
    await make(alice, slug="soon")
    assert (await visitor.ask("/s/soon")).location == TARGET


async def test_who_tries_slugs_is_sent_away_and_others_are_not(visitor: Visitor, alice: User) -> None:
    await make(alice, slug="x")
    for number in range(MISSES):
        assert (await visitor.ask(f"/s/guess{number}", client="198.51.100.66")).django
    for path in ("/s/guess", "/s/x"):
        assert (await visitor.ask(path, client="198.51.100.66")).status == 429
    assert (await visitor.ask("/s/x", client="198.51.100.67")).location == TARGET
