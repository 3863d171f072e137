"""Pages of shares, for owners and for whoever has the address; and a stranger at every route, found by the routes themselves."""

import datetime
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import URLPattern, reverse
from django.utils import timezone

from files.models.shares import Inbox, Share
from files.sharing import inboxes, urls
from files.sharing.inboxes import InboxTerms
from meatlizard.accounts.models import User
from meatlizard.moderation.models import Case
from tests.files.sharing.scene import a_file, a_folder, guest, share, to, visitor
from tests.files.sharing.test_content import PNG

pytestmark = [pytest.mark.django_db]

HOSTILE = "<script>alert(1)</script>\"'>.png"


@pytest.fixture(autouse=True)
def _no_counts_of_other_tests() -> None:
    cache.clear()


def signed_in(person: User | None) -> Client:
    return visitor(person).browser if person is not None else Client()


def addresses(parts: dict[str, object]) -> Iterator[tuple[str, str]]:
    for pattern in urls.urlpatterns:
        assert isinstance(pattern, URLPattern) and pattern.name
        kwargs = {name: parts[name] for name in pattern.pattern.converters}
        yield pattern.name, reverse(f"files-sharing:{pattern.name}", kwargs=kwargs)


def scene(owner: User, **terms: object) -> dict[str, object]:
    folder = a_folder(owner)
    file = a_file(owner, folder=folder)
    row = share(owner, folder, file, **terms)
    box = inboxes.create(owner, folder, InboxTerms(title="Hidden inbox", members_only="audience" in terms))
    return {
        "files_share": row.pk, "shared": row.slug, "shared_file": file.pk, "shared_folder": folder.pk, "shared_name": file.name, "picture": "large.webp",
        "files_inbox": box.pk, "inbox_slug": box.slug,
    }  # fmt: skip


OWNERS = {"share", "revoke", "delete", "inbox", "close_inbox", "delete_inbox"}
OF_NOBODY = {"home", "new", "new_inbox", "send"}


def test_charlie_finds_nothing_of_what_is_for_bob(alice: User, bob: User, charlie: User) -> None:
    parts = scene(alice, audience="people", people=("bob",), title="Hidden title")
    client = signed_in(charlie)
    tried = dict(addresses(parts))
    assert len(tried) >= 19 and set(tried) > OWNERS | OF_NOBODY
    for name, path in tried.items():
        for answer in (client.get(path), client.post(path)):
            if name not in OF_NOBODY:
                assert answer.status_code in (404, 405), name
            assert b"Hidden title" not in answer.content and b"notes.txt" not in answer.content, name
    assert Share.objects.filter(pk=parts["files_share"], revoked=None).exists()
    assert Inbox.objects.filter(pk=parts["files_inbox"], closed=None).exists()


def test_a_guest_is_sent_to_sign_in_or_told_nothing(alice: User) -> None:
    for name, path in addresses(scene(alice, audience="members", title="Hidden title")):
        for answer in (Client().get(path), Client().post(path)):
            assert answer.status_code in (302, 403, 404, 405) or name in ("qr", "report"), name
            assert b"Hidden title" not in answer.content and b"notes.txt" not in answer.content, name
            if answer.status_code == 302:
                assert "/accounts/login/" in answer["Location"], name


def test_a_reader_changes_nothing(alice: User, charlie: User) -> None:
    parts = scene(alice)
    for name, path in addresses(parts):
        if name in OWNERS:
            assert {signed_in(charlie).get(path).status_code, signed_in(charlie).post(path).status_code} <= {
                404,
                405,
            }, name
    assert Share.objects.filter(revoked=None).count() == 1


def test_alice_makes_a_share_at_a_file(alice: User, bob: User) -> None:
    file, folder = a_file(alice), a_folder(alice)
    client = signed_in(alice)
    page = client.get(reverse("files-sharing:new"), {"file": file.pk, "folder": folder.pk}).content.decode()
    assert file.name in page and folder.name in page
    said = {"file": str(file.pk), "folder": str(folder.pk), "title": "For Bob", "audience": "people", "people": "bob", "life": "86400",
            "max_downloads": "3", "password": "sesame", "notify": "on"}  # fmt: skip
    made = client.post(reverse("files-sharing:new"), said)
    row = Share.objects.get()
    assert made.status_code == 302 and made["Location"] == reverse("files-sharing:share", args=[row.pk])
    assert (row.title, row.audience, row.max_downloads, row.downloads_left, row.notify) == (
        "For Bob",
        "people",
        3,
        3,
        True,
    )
    assert row.expires is not None and "sesame" not in row.password and list(row.people.all()) == [bob]
    shown = client.get(made["Location"]).content.decode()
    assert f"/f/{row.slug}/" in shown and "sesame" not in shown
    assert "For Bob" in client.get(reverse("files-sharing:home")).content.decode()
    changed = {"title": "For all", "audience": "link", "life": "keep", "no_password": "on"}
    assert client.post(reverse("files-sharing:share", args=[row.pk]), changed).status_code == 302
    row.refresh_from_db()
    assert (row.title, row.audience, row.password, row.max_downloads, row.downloads_left) == (
        "For all",
        "link",
        "",
        None,
        None,
    )
    client.post(reverse("files-sharing:revoke", args=[row.pk]))
    assert Client().get(to("show", row)).status_code == 404
    assert "withdrawn" in client.get(reverse("files-sharing:share", args=[row.pk])).content.decode()
    client.post(reverse("files-sharing:delete", args=[row.pk]))
    assert not Share.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"slug": "summer"},
        {"slug": "up", "password": "sesame"},
        {"audience": "people"},
        {"audience": "people", "people": "nobody-of-this-name"},
        {"view_only": "on", "max_downloads": "3"},
        {"max_downloads": "0"},
        {"password": "abc"},
        {"life": "12"},
    ],
)
def test_terms_that_do_not_go_together_are_refused_in_words(alice: User, wrong: dict[str, str]) -> None:
    said = {"file": str(a_file(alice).pk), "audience": "link", **wrong}
    answer = signed_in(alice).post(reverse("files-sharing:new"), said)
    assert answer.status_code == 400 and b"error" in answer.content
    assert not Share.objects.exists()


def test_only_what_is_alices_is_shared_by_alice(alice: User, charlie: User) -> None:
    hers = a_file(charlie)
    client = signed_in(alice)
    for key in (hers.pk, "x", "0" * 36):
        assert client.get(reverse("files-sharing:new"), {"file": key}).status_code == 404
        assert client.post(reverse("files-sharing:new"), {"file": key, "audience": "link"}).status_code == 404
    assert client.post(reverse("files-sharing:new"), {"audience": "link"}).status_code == 400


def test_words_of_ones_own_are_taken_once_and_guarded(alice: User) -> None:
    file = a_file(alice)
    share(alice, file, slug="summer", password="sesame")
    said = {"file": str(file.pk), "audience": "link", "slug": "summer", "password": "sesame"}
    assert signed_in(alice).post(reverse("files-sharing:new"), said).status_code == 400
    row = Share.objects.get()
    answer = signed_in(alice).post(
        reverse("files-sharing:share", args=[row.pk]), {"audience": "link", "no_password": "on", "life": ""}
    )
    assert answer.status_code == 400, "the guard cannot be taken away"
    row.refresh_from_db()
    assert row.password


def test_wrong_passwords_are_few_and_say_nothing(alice: User) -> None:
    row = share(alice, a_file(alice), password="sesame", title="Hidden title")
    client = Client()
    statuses = [client.post(to("show", row), {"password": "wrong"}).status_code for _try in range(6)]
    assert statuses == [403] * 5 + [429]
    assert client.post(to("show", row), {"password": "sesame"}).status_code == 429
    page = Client().get(to("show", row)).content.decode()
    assert "Hidden title" not in page and "notes.txt" not in page


def test_previews_of_links_name_what_is_open_and_nothing_else(alice: User) -> None:
    file = a_file(alice)
    shown = Client().get(to("show", share(alice, file))).content.decode()
    assert '<meta property="og:title" content="notes.txt">' in shown and "noindex" in shown
    for terms in ({"password": "sesame"}, {"audience": "members"}):
        hidden = Client().get(to("show", share(alice, file, **terms)), follow=True).content.decode()
        assert "notes.txt" not in hidden


def test_hostile_names_are_text(alice: User) -> None:
    file = a_file(alice, HOSTILE, PNG)
    folder = a_folder(alice, HOSTILE)
    a_file(alice, "x" + HOSTILE, PNG, folder)
    alone, several = share(alice, file, title=HOSTILE), share(alice, file, folder, title=HOSTILE)
    pages = [
        Client().get(to("show", alone)), Client().get(to("show", several)), Client().get(to("folder", several, folder.pk)),
        Client().get(to("file", several, file.pk)), signed_in(alice).get(reverse("files-sharing:home")),
        signed_in(alice).get(reverse("files-sharing:share", args=[several.pk])),
        signed_in(alice).get(reverse("files-sharing:new"), {"file": file.pk}),
    ]  # fmt: skip
    for page in pages:
        assert (
            page.status_code == 200
            and b"<script>alert(1)" not in page.content
            and b"&lt;script&gt;alert(1)" in page.content
        )


def test_the_address_is_a_secret_of_who_has_it(alice: User) -> None:
    row = share(alice, a_file(alice))
    page = Client().get(to("show", row))
    assert (page["Referrer-Policy"], page["X-Robots-Tag"]) == ("same-origin", "noindex, nofollow, noarchive")
    assert "no-store" in page["Cache-Control"]
    qr = Client().get(to("qr", row))
    assert qr["Content-Type"] == "image/svg+xml" and b"<svg" in qr.content


def test_a_short_link_leads_to_a_share(alice: User) -> None:
    row = share(alice, a_file(alice))
    from files.sharing import addresses as where

    answer = signed_in(alice).post(reverse("shortener:link-to"), {"target": where.page(row), "title": "x"})
    assert answer.status_code == 200 and "/s/" in answer.json()["address"]


def test_a_report_reaches_the_moderators_and_a_take_down_ends_it(alice: User, charlie: User, olga: User) -> None:
    from files.sharing import actions
    from files.sharing.moderating import ShareTexts
    from meatlizard.errors import Forbidden
    from meatlizard.moderation import rulebook

    if not rulebook.current().reports:
        pytest.skip("reports are off")
    row = share(alice, a_file(alice), title="Bad things")
    answer = signed_in(charlie).post(to("report", row), {"reason": Case.Reason.values[0], "comment": "look"})
    assert answer.status_code == 302
    case = Case.objects.get()
    assert case.service == "share" and "Bad things" in case.matched and "notes.txt" in case.matched
    with pytest.raises(Forbidden):
        actions.take_down(charlie, row, "because")
    assert ShareTexts().remove(case.target)
    assert Client().get(to("show", row)).status_code == 404
    page = signed_in(alice).get(reverse("files-sharing:share", args=[row.pk])).content.decode()
    assert "taken down" in page
    assert signed_in(alice).post(reverse("files-sharing:share", args=[row.pk]), {"audience": "link"}).status_code == 403
    actions.restore(olga, row)
    assert Client().get(to("show", row)).status_code == 200
    assert guest().browser.get(to("show", row)).status_code == 200


def test_a_letter_goes_to_who_asked_for_it_once_an_hour(
    alice: User, settings: object, mailoutbox: list[object]
) -> None:
    from allauth.account.models import EmailAddress

    from files.sharing import telling

    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    quiet, told = share(alice, a_file(alice)), share(alice, a_file(alice), title="Plans\nBcc: x", notify=True)
    assert not telling.write_letter.func("share", quiet.pk)
    assert telling.write_letter.func("share", told.pk)
    assert not telling.write_letter.func("share", told.pk)
    assert len(mailoutbox) == 1
    letter = mailoutbox[0]
    assert letter.to == [alice.email] and "\n" not in letter.subject  # type: ignore[attr-defined]
    assert f"/files/shares/{told.pk}/" in letter.body  # type: ignore[attr-defined]


def test_a_large_folder_comes_in_pages(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("files.sharing.views.visiting.PAGE", 2)
    folder = a_folder(alice)
    a_folder(alice, "Inner", folder)
    for number in range(3):
        a_file(alice, f"n{number}.txt", b"%d" % number, folder)
    row = share(alice, folder)
    first = Client().get(to("folder", row, folder.pk)).content.decode()
    second = Client().get(to("folder", row, folder.pk) + "?page=2").content.decode()
    assert "Inner" in first and "n0.txt" in first and "n1.txt" in first and "n2.txt" not in first
    assert "n2.txt" in second and "n0.txt" not in second and "Inner" not in second


def test_what_is_past_its_time_opens_again_only_when_another_end_is_chosen(alice: User) -> None:
    row = share(alice, a_file(alice))
    Share.objects.filter(pk=row.pk).update(expires=timezone.now() - datetime.timedelta(days=1))
    page, browser = f"/files/shares/{row.pk}/", signed_in(alice)
    shown = browser.get(page).context["form"]
    assert shown["life"].value() == "keep"
    assert browser.post(page, {"title": "Other", "audience": "link", "life": shown["life"].value()}).status_code == 400
    assert Client().get(to("show", row)).status_code == 404
    assert browser.post(page, {"title": "Other", "audience": "link", "life": "3600"}).status_code == 302
    assert Client().get(to("show", row)).status_code == 200
