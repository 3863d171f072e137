"""Statistics as pages, files and JSON: for Alice, never for Charlie, and never as a formula."""

import csv
import datetime
import io
import time
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from meatlizard.accounts.models import User
from shortener import actions, files, plots, summary
from shortener.figures import Clicks
from shortener.models import HourCount, Link
from shortener.models.clicks import Dimension
from shortener.redirect import recording
from shortener.redirect.storing import store
from tests.meatlizard.api.keys import program_of
from tests.shortener.pages import TARGET, signed_in
from tests.shortener.visiting import FIREFOX

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

GOOGLE = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.fixture
def link(alice: User) -> Link:
    return actions.create(alice, target=TARGET, slug="x")


def click(link: Link, *, ago: float = 0, agent: str = FIREFOX, client: str = "198.51.100.7", referrer: str = "") -> Any:
    headers = [(b"user-agent", agent.encode()), (b"referer", referrer.encode())]
    return (link.pk, time.time() - ago, headers, (client, 1), "")


def kept(*clicks: Any) -> None:
    assert store(uuid.uuid4(), recording.note(list(clicks)))


def test_a_page_of_figures(alice: User, link: Link) -> None:
    client = signed_in(alice)
    assert "Nobody has clicked" in client.get(f"/links/{link.pk}/statistics/").content.decode()
    kept(click(link, referrer="https://news.example/a"), click(link, client="198.51.100.8"), click(link, agent=GOOGLE))
    page = client.get(f"/links/{link.pk}/statistics/?days=1")
    found = page.context["summary"]
    assert (found.clicks, found.bots, found.visitors) == (2, 1, 2)
    assert dict(found.tops["referrer"]) == {"news.example": 1, "": 1}
    assert sum(clicks.people for _moment, clicks in found.series) == 2 and 24 <= len(found.series) <= 25
    assert "news.example" in page.content.decode() and "<svg" in page.content.decode()
    assert client.get(f"/links/{link.pk}/live/").json() == {"clicks": 2, "bots": 1}
    for query in (
        "days=x",
        "days=-1",
        "since=2026-13-40",
        "since=9999-12-31",
        "until=0001-01-01",
        "since=2031-01-01&until=2030-01-01",
        "days=0",
    ):
        assert client.get(f"/links/{link.pk}/statistics/?{query}").status_code == 200, query


def test_figures_of_days_in_the_past(alice: User, link: Link) -> None:
    Link.objects.update(created=timezone.now() - datetime.timedelta(days=400))
    link.refresh_from_db()
    kept(click(link, ago=40 * 86_400), click(link))
    assert [summary.of(link, *summary.last_days(link, days)).clicks for days in (1, 30, 90, 0)] == [1, 1, 2, 2]
    day = (timezone.now() - datetime.timedelta(days=40)).date().isoformat()
    page = signed_in(alice).get(f"/links/{link.pk}/statistics/?since={day}&until={day}")
    assert page.context["summary"].clicks == 1 and page.context["summary"].step == "hour"
    ever = summary.of(link, *summary.last_days(link, 0))
    assert ever.step == "month" and 13 <= len(ever.series) <= 15


@pytest.mark.parametrize("peak", [0, 1, 2, 19, 20, 21, 99, 101, 12_345, 10**9])
def test_a_plot_stays_within_its_frame(peak: int) -> None:
    moment = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    series = [(moment, Clicks(peak, peak // 3)), (moment, Clicks(0, 0))]
    drawn = plots.plot(summary.Summary(moment, moment, "day", peak, 0, 0, series, {}))
    assert drawn.lines[1].value * 2 == drawn.lines[2].value >= peak + peak // 3
    for bar in drawn.bars:
        assert plots.TOP <= bar.bots_y <= bar.y <= plots.HEIGHT - plots.BOTTOM and bar.x + bar.width <= plots.WIDTH


HOSTILE = [
    "=1+1",
    "+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =1",
    "%0A=1",
    "|x",
    '=cmd|" /C calc"!A0',
    "'=1",
    "'x",
    "a\x00b",
    "plain",
    "",
    'a"b,c\nd',
]


def test_no_cell_of_a_file_is_a_formula_and_each_comes_back() -> None:
    read = list(csv.reader(io.StringIO(files.table(["v"], [(value,) for value in HOSTILE if value]))))[1:]
    cells = [row[0] for row in read]
    assert len(cells) == len(HOSTILE) - 1
    for value, cell in zip([value for value in HOSTILE if value], cells, strict=True):
        assert not cell.lstrip().startswith(("=", "+", "-", "@", "%", "|")), value
        assert files.plain(cell) == value.replace("\x00", "")


def test_files_of_figures(alice: User, link: Link) -> None:
    kept(click(link, referrer="https://news.example/a"))
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    for value in ("=HYPERLINK(1)", "@x"):
        HourCount.objects.create(link=link, hour=hour, dimension=Dimension.BROWSER, value=value, bot=False, count=3)
    client = signed_in(alice)
    answer = client.get(f"/links/{link.pk}/statistics.csv?days=1")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert answer["Content-Disposition"] == 'attachment; filename="x.csv"'
    assert {"kind": "referrer", "value": "news.example", "clicks": "1", "bots": ""} in rows
    assert {"kind": "browser", "value": "'=HYPERLINK(1)", "clicks": "3", "bots": ""} in rows
    assert sum(int(row["clicks"]) for row in rows if row["kind"] == "time") == 1
    said = client.get(f"/links/{link.pk}/statistics.json?days=1").json()
    assert said["clicks"] == 1 and {"value": "=HYPERLINK(1)", "clicks": 3} in said["by"]["browser"]


def test_figures_by_the_api(alice: User, charlie: User, link: Link) -> None:
    kept(click(link, ago=3 * 86_400), click(link, agent=GOOGLE), click(link))
    program = program_of(alice, "links:read")
    path = f"/api/v1/links/{link.pk}"
    said = program.get(f"{path}/statistics").json()
    assert (said["clicks"], said["bots"], said["visitors"], said["step"]) == (2, 1, 2, "day")
    since = (timezone.now() - datetime.timedelta(days=1)).isoformat().replace("+", "%2B")
    assert program.get(f"{path}/statistics?since={since}").json()["clicks"] == 1
    assert program.get(f"{path}/statistics?until=1980-01-01T00:00:00Z").status_code == 400
    assert program.get(f"{path}/statistics?since=0001-01-01T00:00:00Z").status_code == 422
    first = program.get(f"{path}/clicks?limit=2").json()
    rest = program.get(f"{path}/clicks?limit=2&after={first['next']}").json()
    assert len(first["items"]) == 2 and len(rest["items"]) == 1 and rest["next"] is None
    assert {item["bot"] for item in first["items"]} == {True, False} and "visitor" not in first["items"][0]
    for place in ("statistics", "clicks"):
        assert program_of(charlie, "links:read").get(f"{path}/{place}").status_code == 404
        assert program_of(alice, "links:write").get(f"{path}/{place}").status_code == 403


def test_a_stranger_and_a_guest_see_no_figures(charlie: User, link: Link) -> None:
    for place in ("statistics/", "statistics.csv", "statistics.json", "live/"):
        assert signed_in(charlie).get(f"/links/{link.pk}/{place}").status_code == 404, place
        assert "/login/" in Client().get(f"/links/{link.pk}/{place}")["Location"], place
