"""What is kept of clicks, and what figures say of them."""

import datetime
import json
import os
import time
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from meatlizard.accounts.models import User
from shortener import actions, figures, rollup
from shortener.figures import Clicks, Span
from shortener.models import Click, ClickBatch, ClosedDay, HourCount, Link, Salt
from shortener.models.clicks import Dimension
from shortener.redirect import recording
from shortener.redirect.agents import described, is_bot
from shortener.redirect.countries import Countries, countries
from shortener.redirect.storing import store

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"
GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
NOW = int(time.time())
DAY = 86_400


@pytest.fixture
def link(alice: User) -> Link:
    return actions.create(alice, target="https://example.org/", slug="x")


def raw(link: Link, at: float = NOW, client: str = "198.51.100.7", agent: str = FIREFOX, **headers: str) -> Any:
    named = {"user-agent": agent, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return (link.pk, at, [(name.encode(), value.encode("latin-1")) for name, value in named.items()], (client, 1), "")


def kept(*clicks: Any) -> bool:
    recording.prepare_salts(*(int(click[1]) // DAY for click in clicks))
    return store(uuid.uuid4(), recording.note(list(clicks)))


def test_what_is_kept_of_a_click(link: Link) -> None:
    kept(raw(link, referer="https://www.news.example/story?id=1", accept_language="sv-SE,sv;q=0.9"))
    row = Click.objects.get()
    assert (row.referrer, row.language, row.browser, row.system, row.device) == (
        "news.example", "sv-se", "Firefox", "Linux", "desktop",
    )  # fmt: skip
    assert not row.bot and len(row.visitor) == 16
    assert row.at == datetime.datetime.fromtimestamp(NOW, datetime.UTC)
    everything = json.dumps(list(Click.objects.values()), default=str)
    assert "198.51" not in everything and "story" not in everything


def test_batches_are_stored_once(link: Link) -> None:
    key, clicks = uuid.uuid4(), recording.note([raw(link), raw(link, agent=GOOGLE)])
    assert store(key, clicks) and not store(key, clicks)
    link.refresh_from_db()
    assert (link.clicks, link.bot_clicks) == (1, 1)
    assert Click.objects.count() == 2


def test_clicks_of_a_link_that_is_gone_disturb_nobody(link: Link, alice: User) -> None:
    other = actions.create(alice, target="https://example.com/")
    clicks = [raw(link), raw(other)]
    actions.delete(link)
    kept(*clicks)
    other.refresh_from_db()
    assert other.clicks == 1
    rollup.count()
    rollup.sweep()
    assert Click.objects.count() == 1
    assert not HourCount.objects.filter(link=link.pk).exists()


def test_hostile_headers_are_data(link: Link) -> None:
    nul = raw(link, referer="https://a\x00b.example/", accept_language="\xff\x00", agent="\x00\xff" * 300)
    kept(
        nul,
        raw(link, referer="javascript:alert(1)"),
        raw(link, referer="http://[::1"),
        raw(link, referer="http://" + "a" * 3_000),
    )
    assert Click.objects.count() == 4
    assert set(Click.objects.values_list("referrer", flat=True)) <= {"", "a" * 120}


def test_who_asks_not_to_be_tracked_is_counted_and_nothing_else(link: Link) -> None:
    for name in ("dnt", "sec-gpc"):
        kept(raw(link, referer="https://news.example/", accept_language="sv", **{name: "1"}))
    row = Click.objects.first()
    assert row is not None
    assert (row.visitor, row.referrer, row.country, row.browser, row.system, row.device, row.language) == ("",) * 7
    assert figures.total(link) == Clicks(2, 0)
    with override_settings(LINK_DNT=False):
        kept(raw(link, dnt="1"))
    assert Click.objects.exclude(visitor="").count() == 1


def test_one_visitor_counts_once_a_day_for_each_link(link: Link, alice: User) -> None:
    other = actions.create(alice, target="https://example.com/")
    noon = NOW // DAY * DAY - DAY * 5 + DAY // 2
    kept(
        raw(link, noon),
        raw(link, noon + 60),
        raw(link, noon + DAY),
        raw(other, noon),
        raw(link, noon, client="198.51.100.8"),
    )
    kept(raw(link, noon, agent=GOOGLE))
    assert figures.visitors(link) == 3
    seen = Click.objects.filter(bot=False).values_list("visitor", flat=True)
    assert len(set(seen)) == 4, "not known again on another day, nor at another link"
    before = figures.visitors(link)
    rollup.count()
    assert rollup.close_days() > 0
    assert figures.visitors(link) == before
    assert rollup.close_days() == 0


def test_salts_go_after_a_day_and_are_a_processs_own_only_without_a_database(link: Link) -> None:
    kept(raw(link), raw(link, NOW - 3 * DAY))
    assert Salt.objects.count() == 4
    rollup.sweep()
    assert Salt.objects.count() == 3
    first = recording.note([raw(link)])[0]
    recording.forget_salts()
    interim = recording.note([raw(link)])[0]
    assert interim[2] and interim[2] != first[2], "noting asks no database"
    recording.prepare_salts()
    assert recording.note([raw(link)])[0] == first


def test_figures_are_the_same_before_between_and_after_counting(link: Link, alice: User) -> None:
    hour = NOW // 3600 * 3600
    languages = ["sv", "de", "de", ""]
    for place, spoken in enumerate(languages * 3):
        kept(raw(link, hour - place * 3600, accept_language=spoken), raw(link, hour, agent=GOOGLE))

    def said() -> list[Any]:
        by = [figures.by(link, dimension) for dimension in (Dimension.LANGUAGE, Dimension.BROWSER, Dimension.ROUTE)]
        return [
            figures.total(link),
            figures.over_time(link, "hour"),
            figures.by(link, Dimension.SYSTEM, bots=True),
            *by,
        ]

    before = said()
    assert before[0] == Clicks(12, 12)
    assert before[3] == [("de", 6), ("", 3), ("sv", 3)]
    assert sum(clicks.people for _moment, clicks in before[1]) == 12 and len(before[1]) == 12
    assert rollup.count() == 12
    assert said() == before
    kept(raw(link, hour))
    assert figures.total(link) == Clicks(13, 12)
    assert rollup.count() == 1 and rollup.count() == 0
    assert figures.total(link) == Clicks(13, 12)
    other = actions.create(alice, target="https://example.com/")
    assert figures.total(other) == Clicks(0, 0)


def test_spans_and_steps(link: Link) -> None:
    day = datetime.datetime(2026, 3, 31, 23, 30, tzinfo=datetime.UTC)
    for hours in (0, 1, 30):
        kept(raw(link, (day + datetime.timedelta(hours=hours)).timestamp()))
    for _counted in (False, True):
        april = datetime.datetime(2026, 4, 1, tzinfo=datetime.UTC)
        assert figures.total(link, Span(since=april)) == Clicks(2, 0)
        assert figures.total(link, Span(until=april)) == Clicks(1, 0)
        assert [clicks.people for _moment, clicks in figures.over_time(link, "day")] == [1, 1, 1]
        assert [(moment.month, clicks.people) for moment, clicks in figures.over_time(link, "month")] == [
            (3, 1),
            (4, 2),
        ]
        assert figures.visitors(link, Span(since=april)) == 2
        rollup.count()


def test_clicks_go_when_their_days_are_over_and_counts_stay(link: Link) -> None:
    kept(raw(link, NOW - 100 * DAY), raw(link, NOW - 10 * DAY), raw(link))
    rollup.count()
    rollup.close_days()
    assert rollup.sweep() == 1
    assert Click.objects.count() == 2
    with override_settings(LINK_CLICK_DAYS=1):
        assert rollup.sweep() == 1, "the days that are not closed yet stay"
    with override_settings(LINK_CLICK_DAYS=0):
        assert rollup.sweep() == 0
    assert figures.total(link) == Clicks(3, 0)
    assert figures.visitors(link) == 3


def test_nothing_is_swept_before_it_is_counted(link: Link) -> None:
    kept(raw(link, NOW - 100 * DAY))
    ClosedDay.objects.create(day=timezone.now().date() - datetime.timedelta(days=2))
    assert rollup.sweep() == 0
    rollup.count()
    assert rollup.sweep() == 1
    ClickBatch.objects.update(stored=timezone.now() - rollup.KEYS_KEPT * 2)
    rollup.sweep()
    assert not ClickBatch.objects.exists()


def test_bots_are_known_by_the_public_list() -> None:
    from crawleruseragents import CRAWLER_USER_AGENTS_DATA

    samples = [agent for crawler in CRAWLER_USER_AGENTS_DATA for agent in crawler.get("instances", [])]
    assert len(samples) > 1_500
    assert [agent for agent in samples if not is_bot(agent)] == []
    assert is_bot("") and is_bot("curl/8.5.0")
    pixel = "Mozilla/5.0 (Linux; Android 15; Pixel 9 Build/AP3A; Google/google) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36"
    assert not is_bot(FIREFOX) and not is_bot(pixel)


def test_no_agent_takes_long() -> None:
    began = time.process_time()
    for agent in ("a" * 100_000, "Mozilla/" * 10_000, "(" * 50_000, "compatible; " * 9_000, "bot" * 30_000):
        described(agent)
        is_bot(agent)
    assert time.process_time() - began < 5


def test_countries_come_from_the_operators_database(link: Link) -> None:
    file = Path(os.environ.get("VECTORS_DIR", ""), "GeoIP2-City-Test.mmdb")
    if not file.is_file():
        pytest.skip("VECTORS_DIR names no folder with GeoIP2-City-Test.mmdb")
    with override_settings(GEOIP_DATABASE=str(file)):
        found = {
            address: countries.of(address) for address in ("2.125.160.216", "89.160.20.112", "127.0.0.1", "x", "::1")
        }
        kept(raw(link, client="89.160.20.112"))
    assert found == {"2.125.160.216": "GB", "89.160.20.112": "SE", "127.0.0.1": "", "x": "", "::1": ""}
    assert Click.objects.get().country == "SE"
    assert figures.by(link, Dimension.COUNTRY) == [("SE", 1)]


def test_without_a_usable_database_no_country_is_known(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mmdb"
    broken.write_bytes(b"\xab\xcd\xefMaxMind.com" + os.urandom(200))
    for path in ("", str(tmp_path / "missing.mmdb"), str(broken), str(tmp_path)):
        with override_settings(GEOIP_DATABASE=path):
            assert Countries().of("89.160.20.112") == ""
