"""Links from Bitly, Shlink, Kutt, YOURLS and tables come in after one has seen what would become of them; all of one's own go out."""

import csv
import io
import json
from typing import Any

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from shortener import actions, changes
from shortener.carrying import bringing, export, reading
from shortener.models import Change, Domain, Link, LinkFolder
from tests.hostile.corpus import corpus
from tests.shortener.pages import TARGET, signed_in

pytestmark = [pytest.mark.django_db]


BITLY = {"links": [{"created_at": "2024-01-01T00:00:00+0000", "id": "bit.ly/abc", "link": "https://bit.ly/abc", "long_url": TARGET, "title": "T",
                    "tags": ["red"], "archived": False, "custom_bitlinks": []}], "pagination": {"total": 1}}  # fmt: skip
BITLY_CSV = f'"created","bitlink","long_url","title","tags"\n"2024-01-01","bit.ly/abc","{TARGET}","T","red"\n'
SHLINK = {"shortUrls": {"data": [{"shortCode": "abc", "shortUrl": "https://s.test/abc", "longUrl": TARGET, "title": "T", "tags": ["red"], "domain": None,
                                  "meta": {"validSince": None, "validUntil": "2031-01-01T12:00:00+02:00", "maxVisits": 7}, "dateCreated": "x"}]}}  # fmt: skip
SHLINK_CSV = (
    f"createdAt,domain,shortCode,shortUrl,longUrl,title,tags,visits\n2024,,abc,https://s.test/abc,{TARGET},T,red,5\n"
)
KUTT = {"data": [{"id": "ce1ae6a1", "address": "abc", "banned": False, "password": False, "target": TARGET, "description": "T", "visit_count": 3,
                  "expire_in": None, "link": "https://kutt.it/abc", "created_at": "x"}], "limit": 10, "total": 1}  # fmt: skip
YOURLS = {"links": {"link_1": {"shorturl": "https://sho.rt/abc", "url": TARGET, "title": "T", "timestamp": "2024-01-01 00:00:00", "ip": "1.2.3.4",
                               "clicks": "9"}}, "stats": {"total_links": "1", "total_clicks": "9"}}  # fmt: skip
YOURLS_CSV = f"keyword;url;title;timestamp;ip;clicks\nabc;{TARGET};T;2024-01-01 00:00:00;1.2.3.4;9\n"

FILES = {
    "bitly": json.dumps(BITLY), "bitly table": BITLY_CSV, "shlink": json.dumps(SHLINK), "shlink table": SHLINK_CSV, "kutt": json.dumps(KUTT),
    "yourls": json.dumps(YOURLS), "yourls table": YOURLS_CSV, "a list": json.dumps([{"url": TARGET, "slug": "abc", "title": "T"}]),
    "a table": f"\ufeffTarget\tSlug\tTitle\r\n{TARGET}\tabc\tT\r\n",
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_files_of_others_come_in_once(alice: User, name: str) -> None:
    found = reading.read(FILES[name])
    dry = bringing.bring_in(alice, found, dry=True)
    assert [(line.what, line.slug) for line in dry] == [("made", "abc")] and not Link.objects.exists()
    assert bringing.bring_in(alice, found) == dry
    link = Link.objects.get()
    assert (link.slug, link.target, link.title, link.disabled) == ("abc", TARGET, "T", False)
    if "red" in FILES[name]:
        assert [tag.name for tag in link.tags.all()] == ["red"]
    assert [line.what for line in bringing.bring_in(alice, found)] == ["present"] and Link.objects.count() == 1


def test_what_shlink_says_of_time_and_visits_comes_along(alice: User) -> None:
    bringing.bring_in(alice, reading.read(FILES["shlink"]))
    link = Link.objects.get()
    assert (
        link.max_clicks == 7
        and link.not_after is not None
        and link.not_after.isoformat() == "2031-01-01T10:00:00+00:00"
    )


def test_each_line_says_what_became_of_it(alice: User, charlie: User) -> None:
    actions.create(charlie, target="https://example.com/", slug="taken")
    rows = [
        {"target": TARGET, "slug": "one", "folder": "Box"}, {"target": TARGET, "slug": "taken"}, {"target": "javascript:alert(1)"}, {"slug": "none"},
        {"target": TARGET, "slug": "two", "max_clicks": "many"}, {"target": "https://example.org/3", "slug": "one"},
    ]  # fmt: skip
    found = reading.read(json.dumps(rows))
    lines = bringing.bring_in(alice, found, dry=True)
    assert [line.what for line in lines] == ["made", "refused", "refused", "refused", "refused", "refused"]
    assert all(line.why for line in lines[1:]) and not LinkFolder.objects.exists()
    renamed = bringing.bring_in(alice, found, rename=True)
    assert [line.what for line in renamed] == ["made", "made", "refused", "refused", "refused", "refused"]
    assert renamed[1].slug != "taken" and "taken" in renamed[1].why and Link.objects.get(slug="one").folder is not None


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "{}", "[" * 100_000, '{"links": 5}', "target\n", "x" * (reading.MAX_BYTES + 1), json.dumps([{"target": TARGET}] * 1_001), "\x00",
     '"' + "a" * 200_000],
)  # fmt: skip
def test_what_is_no_file_of_links_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        reading.read(text)


@pytest.mark.parametrize(
    "row",
    [{"target": [1]}, {"target": TARGET, "slug": {"a": 1}}, {"target": TARGET, "tags": {"a": "b"}}, {"target": TARGET, "not_after": "9" * 30},
     {"target": TARGET, "rules": "{"}, {"target": TARGET, "rules": [{"x": 1}]}, {"target": TARGET, "status": "1e9"}, {"target": "\x00", "slug": "\x00"},
     {"target": TARGET, "title": "x" * 5_000, "notes": "y" * 50_000}, {"target": TARGET, "folder": "f" * 500}, {"target": TARGET, "tags": "t," * 500},
     {"target": TARGET, "not_before": "0001-01-01T00:00:00+23:59"}, {"target": TARGET, "not_after": "-5"}],
)  # fmt: skip
def test_no_row_breaks_an_import(alice: User, row: dict[str, Any]) -> None:
    (line,) = bringing.bring_in(alice, reading.read(json.dumps([row])))
    assert line.what in ("made", "refused") and Link.objects.count() == (line.what == "made")


def test_what_goes_out_comes_in_again_at_somebody_elses(alice: User, bob: User) -> None:
    rules = [
        {
            "conditions": [{"type": "device", "any_of": ["ios"]}],
            "targets": [{"target": "https://example.com/ios", "weight": 1}],
        }
    ]
    Domain.objects.create(host="go.example.org")
    actions.create(
        alice, target=TARGET, slug="a/b", title="=1+1", tags=["red", "blue"], notes="-2", folder=actions.make_folder(alice, "@Box"), status=308,
        forward_query=True, password="open", max_clicks=9, fallback="https://example.com/over", rules=rules, public_stats=True, disabled=True,
    )  # fmt: skip
    whole, table = export.as_json(alice), export.as_table(alice)
    assert "open" not in whole.replace("open_", "") and '"has_password": true' in whole
    row = next(csv.DictReader(io.StringIO(table)))
    assert (
        row["title"] == "'=1+1" and row["folder"] == "'@Box" and row["notes"] == "'-2" and row["has_password"] == "true"
    )
    kept = (
        "target",
        "title",
        "notes",
        "status",
        "forward_query",
        "max_clicks",
        "fallback",
        "rules",
        "public_stats",
        "disabled",
    )
    said = {name: getattr(Link.objects.get(), name) for name in kept}
    for text in (whole, table):
        (line,) = bringing.bring_in(bob, reading.read(text), rename=True)
        assert line.what == "made", line
        link = Link.objects.get(owner=bob)
        assert {name: getattr(link, name) for name in kept} == said
        assert (
            sorted(tag.name for tag in link.tags.all()) == ["blue", "red"]
            and link.folder is not None
            and link.folder.name == "@Box"
        )
        actions.delete(link)


def test_hostile_texts_go_out_and_come_in_as_they_are(alice: User, bob: User) -> None:
    for payload in list(corpus())[::60]:
        cache.clear()
        link = actions.create(alice, target=TARGET, title=payload.text[:200], notes=payload.text[:400])
        read = next(csv.DictReader(io.StringIO(export.as_table(alice))))
        assert not read["title"].lstrip().startswith(("=", "+", "-", "@"))
        (line,) = bringing.bring_in(bob, reading.read(export.as_table(alice)), rename=True)
        assert line.what == "made" and Link.objects.get(owner=bob).title == link.title
        actions.delete_many(list(Link.objects.all()))


def test_the_page_shows_first_and_stores_then(alice: User) -> None:
    client = signed_in(alice)
    file = SimpleUploadedFile("links.csv", SHLINK_CSV.encode(), "text/csv")
    seen = client.post("/links/import/", {"file": file})
    assert seen.context["counts"] == {"made": 1, "present": 0, "refused": 0} and not Link.objects.exists()
    assert SHLINK_CSV.split("\n")[1] in seen.content.decode()
    done = client.post("/links/import/", {"text": SHLINK_CSV, "go": "1"})
    assert done.context["done"] and Link.objects.get().slug == "abc"
    for bad in ({}, {"text": "{"}, {"text": SHLINK_CSV, "domain": "nowhere.example"}):
        assert client.post("/links/import/", bad).status_code == 400
    hostile = client.post("/links/import/", {"text": json.dumps([{"target": "<script>alert(1)</script>"}])})
    assert hostile.status_code == 200 and "<script>alert" not in hostile.content.decode()


def test_files_of_links_are_ones_own(alice: User, charlie: User) -> None:
    actions.create(alice, target=TARGET, slug="hers")
    for name in ("export.json", "export.csv"):
        assert "hers" in signed_in(alice).get(f"/links/{name}").content.decode()
        assert "hers" not in signed_in(charlie).get(f"/links/{name}").content.decode()
        assert "/login/" in Client().get(f"/links/{name}")["Location"]


def test_tags_with_the_signs_that_divide_them_come_in_as_they_were(alice: User, bob: User) -> None:
    tags = ["a, b", "c;d", "[e]", "plain"]
    actions.create(alice, target=TARGET, tags=tags)
    bringing.bring_in(bob, reading.read(export.as_table(alice)), rename=True)
    assert sorted(tag.name for tag in Link.objects.get(owner=bob).tags.all()) == sorted(tags)


@pytest.mark.both_databases
def test_an_import_takes_the_counter_at_its_end(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    take = changes._take

    def counted(count: int) -> int:
        taken.append(Link.objects.count())
        return take(count)

    monkeypatch.setattr(changes, "_take", counted)
    found = reading.read(json.dumps([{"target": TARGET, "slug": f"n{number}"} for number in range(5)]))
    bringing.bring_in(alice, found)
    assert taken == [5], "once, when all five were there"
    assert set(Change.objects.values_list("slug", flat=True)) == {f"n{number}" for number in range(5)}
