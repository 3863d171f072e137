"""Bytes of what is shared, at the doors ahead of Django: who gets them, what counts, what ends."""

import io
import zipfile
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from files.models import BareCopy, Blob, File, Folder, Preview
from files.models.shares import Download
from files.previews import actions as others
from files.sharing import actions, addresses, content
from files.sharing.terms import Terms
from meatlizard.accounts.models import User
from meatlizard.threads import close_thread_connections
from tests.files.previews import contents
from tests.files.sharing.scene import DATA, Visitor, a_file, a_folder, begin, guest, share, to, visitor
from tests.files.sharing.scene import content as at

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

PNG = contents.saved(contents.halves((2, 1)), "PNG")
PAGE = b"<!doctype html><html><head><title>x</title></head><body><script>alert(1)</script></body></html>"


@pytest.fixture(autouse=True)
def _clean() -> Any:
    cache.clear()
    yield
    close_thread_connections()


def unlocked(row: Any, password: str) -> Visitor:
    one = guest()
    assert one.browser.post(to("show", row), {"password": password}).status_code == 302
    return one


def test_whoever_has_the_address_gets_the_file_and_parts_of_it(alice: User) -> None:
    file = a_file(alice)
    row = share(alice, file)
    whole = guest().get(at(row, file))
    assert (whole.status, whole.body) == (200, DATA)
    assert guest().get(at(row, file, download="1"))["content-disposition"].startswith("attachment")
    part = guest().get(at(row, file), range="bytes=5-9")
    assert (part.status, part.body, part["content-range"]) == (206, DATA[5:10], f"bytes 5-9/{len(DATA)}")
    several = guest().get(at(row, file), range="bytes=0-1,5-9")
    assert (several.status, several.body) == (200, DATA)
    again = guest().get(at(row, file), if_none_match=whole["etag"])
    assert (again.status, again.body) == (304, b"")


def test_nobody_else_gets_anything(alice: User, bob: User, charlie: User) -> None:
    file, other = a_file(alice), a_file(alice, "other.txt", b"other")
    open_one, members, named = share(alice, file), share(alice, file, audience="members"), None
    named = share(alice, file, audience="people", people=("BOB",))
    assert guest().get(at(open_one, other)).status == 404, "another file of the owner's"
    assert guest().get(at(open_one, file).replace(open_one.slug, "a" * 26)).status == 404
    assert guest().get(at(members, file)).status == 403
    assert visitor(charlie).get(at(members, file)).status == 200
    assert guest().get(at(named, file)).status == 403
    assert visitor(charlie).get(at(named, file)).status == 404
    assert visitor(bob).get(at(named, file)).status == 200
    sent = guest().get(at(members, file), accept="text/html")
    assert sent.status == 302 and sent["location"] == to("show", members), "a browser is sent to the page"


def test_the_password_opens_this_share_in_this_browser_alone(alice: User) -> None:
    file = a_file(alice)
    row, other = share(alice, file, password="sesame"), share(alice, file, password="sesame")
    assert guest().get(at(row, file)).status == 403
    mine = unlocked(row, "sesame")
    assert mine.get(at(row, file)).status == 200
    assert mine.get(at(other, file)).status == 403
    proof = mine.browser.cookies["share"].value
    assert guest().get(at(other, file), cookie=f"share={proof}").status == 403
    actions.change(row, Terms(password="changed"))
    assert mine.get(at(row, file)).status == 403, "another password shuts out who knew the one before"


@pytest.mark.parametrize(
    "ended",
    [
        {"revoked": timezone.now()},
        {"taken_down": timezone.now()},
        {"expires": timezone.now()},
    ],
)
def test_what_is_over_is_over_with_the_next_request(alice: User, ended: dict[str, Any]) -> None:
    file = a_file(alice)
    row = share(alice, file)
    assert guest().get(at(row, file)).status == 200
    type(row).objects.filter(pk=row.pk).update(**ended)
    for path in (at(row, file), addresses.zipped(row.slug)):
        assert guest().get(path).status == 404
    assert guest().browser.get(to("show", row)).status_code == 404
    assert visitor(alice).get(at(row, file)).status == 200, "its owner still looks at it"


def test_a_suspended_owner_shares_nothing(alice: User) -> None:
    file = a_file(alice)
    row = share(alice, file)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    assert guest().get(at(row, file)).status == 404


def test_a_folder_shows_what_is_in_it_now_and_below_it_only(alice: User) -> None:
    top = a_folder(alice, "Top")
    inner = a_folder(alice, "Holiday", top)
    deep = a_folder(alice, "Deep", inner)
    beside, within, below = (
        a_file(alice, "beside.txt", folder=top),
        a_file(alice, folder=inner),
        a_file(alice, folder=deep),
    )
    row = share(alice, inner)
    assert [guest().get(at(row, one)).status for one in (within, below, beside)] == [200, 200, 404]
    later = a_file(alice, "later.txt", b"later", folder=inner)
    assert guest().get(at(row, later)).status == 200
    File.objects.filter(pk=later.pk).update(folder=top)
    assert guest().get(at(row, later)).status == 404, "moved out"
    Folder.objects.filter(pk=deep.pk).update(trashed=timezone.now())
    assert guest().get(at(row, below)).status == 404, "in the trash with its folder"
    for folder in (top.pk, deep.pk):
        assert guest().browser.get(to("folder", row, folder)).status_code == 404


def test_a_download_counts_once_over_all_its_ranges(alice: User) -> None:
    file = a_file(alice)
    row = share(alice, file, max_downloads=2)
    one = guest()
    there = begin(row, file, one.browser)
    half = len(DATA) // 2
    assert one.get(there, range=f"bytes=0-{half - 1}").body == DATA[:half]
    row.refresh_from_db()
    assert (row.downloads, row.downloads_left) == (0, 1)
    assert one.get(there, range=f"bytes={half}-").body == DATA[half:]
    row.refresh_from_db()
    assert (row.downloads, row.downloads_left) == (1, 1)
    assert guest().get(begin(row, file)).status == 200
    row.refresh_from_db()
    assert (row.downloads, row.downloads_left) == (2, 0)
    refused = Client().post(to("get", row, file.pk))
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "agent",
    ["Slackbot-LinkExpanding 1.0", "Mozilla/5.0 (compatible; Discordbot/2.0)", "curl/8.0", "Mozilla/5.0 Firefox"],
)
def test_whatever_only_follows_links_uses_up_nothing(alice: User, agent: str) -> None:
    file = a_file(alice)
    row = share(alice, file, max_downloads=1)
    page = Client(headers={"user-agent": agent})
    assert page.get(to("show", row)).status_code == 200
    assert page.get(to("get", row, file.pk)).status_code == 405
    for path in (at(row, file), at(row, file, download="1"), addresses.zipped(row.slug)):
        assert guest().get(path, user_agent=agent).status == 403
    row.refresh_from_db()
    assert (row.downloads, row.downloads_left, Download.objects.count()) == (0, 1, 0)


def test_a_ticket_is_for_its_file_as_it_was(alice: User) -> None:
    file, other = a_file(alice), a_file(alice, "other.txt", b"other")
    row = share(alice, file, other, max_downloads=3)
    ticket = parse_qs(urlsplit(begin(row, file)).query)["ticket"][0]
    assert guest().get(at(row, other, ticket=ticket)).status == 403
    for hostile in ("x", "", "' OR 1=1", "\x00", "0" * 36, str(file.pk)):
        assert guest().get(at(row, file, ticket=hostile)).status in (403, 404)
    assert guest().get(at(row, file, ticket=ticket)).status == 200


def test_broken_off_in_the_middle_it_is_not_counted_and_goes_on(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    file = a_file(alice, data=b"x" * 700_000)
    row = share(alice, file, max_downloads=1)
    there = begin(row, file)
    monkeypatch.setattr(content.Tap, "_there", _gone_after(2))
    cut = guest().get(there)
    assert 0 < len(cut.body) < 700_000
    row.refresh_from_db()
    one = Download.objects.get()
    assert (row.downloads, row.downloads_left, one.state) == (0, 0, "running")
    assert 0 < one.sent <= len(cut.body)
    monkeypatch.undo()
    assert guest().get(there, range=f"bytes={one.sent}-").status == 206
    row.refresh_from_db()
    assert (row.downloads, row.downloads_left) == (1, 0)


def _gone_after(looks: int) -> Any:
    """The reader is gone when it was looked for so often."""
    from files.asgi.asked import Disconnected

    left = [looks]

    async def there(tap: content.Tap) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise Disconnected

    return there


def test_withdrawn_in_the_middle_of_a_download_it_ends(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "BEAT", 0.0)
    for terms in ({}, {"max_downloads": 1}):
        file = a_file(alice, f"{len(terms)}.bin", data=b"%d" % len(terms) + b"x" * 900_000)
        row = share(alice, file, **terms)
        there = begin(row, file)
        looked = content._stands

        def then_withdrawn(plan: Any, row: Any = row, looked: Any = looked) -> bool:
            actions.revoke(row)
            return bool(looked(plan))

        monkeypatch.setattr(content, "_stands", then_withdrawn)
        assert 0 < len(guest().get(there).body) < 900_000
        monkeypatch.setattr(content, "_stands", looked)
        assert guest().get(there).status == 404


def test_to_be_looked_at_only_gives_nothing_to_keep(alice: User) -> None:
    picture, page = a_file(alice, "a.png", PNG), a_file(alice, "a.html", PAGE)
    row = share(alice, picture, page, view_only=True)
    shown = guest().get(at(row, picture))
    assert shown.status == 200 and shown["content-disposition"].startswith("inline")
    for path in (
        at(row, picture, download="1"),
        at(row, page),
        at(row, page, download="1"),
        addresses.zipped(row.slug),
    ):
        assert guest().get(path).status == 403
    assert Client().post(to("get", row, picture.pk)).status_code == 403
    assert Client().post(to("get_zip", row)).status_code == 403


def test_pages_of_others_embed_what_is_safe_and_open_alone(alice: User) -> None:
    picture, page = a_file(alice, "a.png", PNG), a_file(alice, "a.png.html", PAGE)
    row, shut = share(alice, picture, page), share(alice, picture, audience="members")
    shown = guest().get(at(row, picture), referer="https://elsewhere.example/")
    assert shown["cross-origin-resource-policy"] == "cross-origin" and shown["content-type"] == "image/png"
    assert visitor(alice).get(at(shut, picture))["cross-origin-resource-policy"] == "same-origin"
    hostile = guest().get(at(row, page))
    assert hostile["content-disposition"].startswith("attachment") and "sandbox" in hostile["content-security-policy"]
    assert hostile["x-content-type-options"] == "nosniff"


def test_at_the_content_host_it_is_looked_at_anew_each_time(alice: User, settings: Any) -> None:
    settings.CONTENT_HOST, settings.CONTENT_URL = "content.example", "http://content.example"
    picture = a_file(alice, "a.png", PNG)
    row = share(alice, picture, password="sesame")
    mine = unlocked(row, "sesame")
    away = mine.get(at(row, picture))
    assert away.status == 302 and away["location"].startswith("http://content.example/content/")
    there = urlsplit(away["location"]).path
    shown = guest().get(there, host="content.example")
    assert (shown.status, shown.body) == (200, PNG)
    actions.change(row, Terms(password="other"))
    assert guest().get(there, host="content.example").status == 403
    actions.revoke(row)
    assert guest().get(there, host="content.example").status == 404
    counted = share(alice, picture, max_downloads=1)
    assert guest().get(begin(counted, picture)).status == 200, "what is counted goes out here"


def test_what_is_being_checked_is_given_to_nobody(alice: User) -> None:
    file = a_file(alice)
    row = share(alice, file)
    Blob.objects.filter(pk=file.blob_id).update(state="quarantined")
    for one in (guest(), visitor(alice)):
        assert one.get(at(row, file)).status in (403, 404, 423)
    assert b"harmful" in guest().browser.get(to("show", row)).content


def test_a_zip_has_what_was_chosen_and_says_how_long_it_is(alice: User) -> None:
    folder = a_folder(alice)
    a_file(alice, "a.txt", b"one", folder=folder)
    second = a_file(alice, "../../evil.txt", b"two", folder=a_folder(alice, "In", folder))
    row = share(alice, folder, a_file(alice, "a.txt", b"three"), title="Things")
    whole = guest().get(addresses.zipped(row.slug))
    assert whole.status == 200 and int(whole["content-length"]) == len(whole.body)
    assert "Things.zip" in whole["content-disposition"]
    packed = zipfile.ZipFile(io.BytesIO(whole.body))
    assert sorted(packed.namelist()) == sorted(["a.txt", "Holiday/a.txt", f"Holiday/In/{second.name}"])
    assert packed.testzip() is None and packed.read("Holiday/a.txt") == b"one"
    inner = zipfile.ZipFile(
        io.BytesIO(
            guest().get(addresses.zipped(row.slug, folder=folder.pk, chosen=[second.folder_id or second.pk])).body
        )
    )
    assert inner.namelist() == [f"In/{second.name}"]
    assert guest().get(addresses.zipped(row.slug, folder=a_folder(alice, "Other").pk)).status == 404
    assert guest().get(addresses.zipped(row.slug, chosen=[a_file(alice, "not.txt", b"shared").pk])).status == 400


def test_a_zip_counts_each_file_in_it(alice: User) -> None:
    row = share(alice, a_file(alice, "a.txt", b"one"), a_file(alice, "b.txt", b"two"), max_downloads=3)
    begun = Client().post(to("get_zip", row))
    assert begun.status_code == 303
    assert guest().get(begun["Location"]).status == 200
    row.refresh_from_db()
    assert (row.downloads, row.downloads_left) == (2, 1)
    assert Client().post(to("get_zip", row)).status_code == 403, "two files, one download left"


def test_the_log_tells_the_owner_who_and_no_address(alice: User, bob: User) -> None:
    file = a_file(alice)
    row = share(alice, file)
    visitor(bob).get(at(row, file))
    guest().get(at(row, file), user_agent="Slackbot 1.0")
    guest().get(at(row, file), range="bytes=0-9")
    visitor(alice).get(at(row, file))
    lines = [(one.user.username if one.user else "", one.bot, one.state, one.sent) for one in row.log.order_by("pk")]
    assert lines == [
        ("bob", False, "completed", len(DATA)),
        ("", True, "completed", len(DATA)),
        ("", False, "running", 10),
    ]
    assert "198.51.100" not in str(list(Download.objects.values()))
    shown = visitor(alice).browser.get(f"/files/shares/{row.pk}/").content.decode()
    assert "bob" in shown and "a program" in shown and "a visitor" in shown


@pytest.mark.usefixtures("one_window")
def test_addresses_are_not_tried_without_end(alice: User) -> None:
    statuses = [
        guest().get(f"/f/try{number}/content/{'0' * 8}-0000-0000-0000-{'0' * 12}/x").status for number in range(62)
    ]
    assert statuses[0] == 404 and statuses[-1] == 429


def test_others_get_a_photograph_without_what_its_camera_noted(alice: User) -> None:
    folder = a_folder(alice)
    photo = a_file(alice, "beach.jpg", contents.jpeg(), folder)
    row = share(alice, folder)
    got = guest().get(at(row, photo))
    assert got.status == 200 and got.body.startswith(b"\xff\xd8\xff")
    assert not [secret for secret in contents.SECRETS if secret in got.body]
    packed = guest().get(f"/f/{row.slug}/zip").body
    with zipfile.ZipFile(io.BytesIO(packed)) as file:
        (name,) = file.namelist()
        assert name.endswith("beach.jpg") and file.read(name) == got.body
    others.show_whole(photo, whole=True)
    assert guest().get(at(row, photo)).body == contents.jpeg()


def test_a_counted_picture_is_looked_at_as_the_site_has_made_it(alice: User) -> None:
    photo = a_file(alice, "beach.jpg", contents.jpeg())
    row = share(alice, photo, max_downloads=1)
    where = to("preview", row, photo.pk, "large.webp")
    page = Client().get(to("show", row)).content.decode()
    assert f'src="{where}"' in page and "og:image" in page and at(row, photo) not in page
    assert Client().get(where)["Content-Type"] == "image/webp"
    assert Client().get(to("preview", row, a_file(alice, "b.png", PNG).pk, "large.webp")).status_code == 404
    row.refresh_from_db()
    assert (row.downloads_left, Download.objects.count()) == (1, 0)
    assert guest().get(begin(row, photo)).status == 200
    row.refresh_from_db()
    assert (row.downloads, row.downloads_left) == (1, 0), "it is whole when the copy is"


def test_without_a_copy_that_others_may_have_they_get_nothing(alice: User) -> None:
    photo = a_file(alice, "beach.jpg", contents.jpeg())
    row = share(alice, photo)
    BareCopy.objects.all().delete()
    assert guest().get(at(row, photo)).status == 409
    page = Client().get(to("show", row)).content.decode()
    assert "only its owner gets it" in page and at(row, photo) not in page
    Preview.objects.all().delete()
    assert guest().get(at(row, photo)).status == 503
