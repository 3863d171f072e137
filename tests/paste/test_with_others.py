"""Pastes among people: comments, stars, collections, lists, reports, and pages of others that show them."""

import pytest
from django.core.cache import cache
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from meatlizard.accounts.models import User
from meatlizard.storage.actions import used_by
from paste import actions
from paste.contents import Draft
from paste.models import Collection, Paste
from tests.paste.scene import body, make, signed_in, to

pytestmark = [pytest.mark.django_db(transaction=True)]


@pytest.fixture(autouse=True)
def _no_counts_of_other_tests() -> None:
    cache.clear()


# --- with others ------------------------------------------------------------------------------------------------------


def test_bob_comments_answers_reacts_and_alice_removes(alice: User, bob: User) -> None:
    paste = make(alice, privacy="public")
    his, hers = signed_in(bob), signed_in(alice)
    his.post(to("comment", paste), {"text": "**Nice** <script>alert(1)</script>"})
    first = paste.comments.get()
    hers.post(to("comment", paste), {"text": "Thanks", "parent": first.public_id})
    his.post(to("react", paste), {"sign": "👍"})
    his.post(to("react", paste), {"sign": "🎉", "comment": first.public_id})
    page = body(Client().get(to("show", paste)))
    assert "<strong>Nice</strong>" in page and "<script>alert" not in page and "comment depth-1" in page
    assert "👍 1" in page and "🎉 1" in page
    assert his.post(to("react", paste), {"sign": "<b>"}).status_code == 400
    his.post(to("react", paste), {"sign": "👍"})
    assert "👍 1" not in body(Client().get(to("show", paste)))
    hers.post(to("remove_comment", paste, first.public_id))
    page = body(Client().get(to("show", paste)))
    assert "Nice" not in page and "Thanks" in page
    answer = paste.comments.get(removed=False)
    assert his.post(to("remove_comment", paste, answer.public_id)).status_code == 403


def test_where_there_is_no_discussion_nobody_comments(alice: User, bob: User) -> None:
    paste = make(alice, discussion=False)
    assert signed_in(bob).post(to("comment", paste), {"text": "Hi"}).status_code == 403


def test_stars_copies_and_collections(alice: User, bob: User, charlie: User) -> None:
    paste, hidden = make(alice, privacy="public"), make(alice, privacy="unlisted")
    his = signed_in(bob)
    his.post(to("star", paste))
    assert (
        "A title" in body(his.get(reverse("paste:home") + "?starred=1")) and Paste.objects.get(pk=paste.pk).stars == 1
    )
    copied = his.post(to("fork", paste))["Location"]
    assert Paste.objects.get(slug=copied.split("/")[2]).owner == bob
    his.post(to("collect", paste), {"title": "Good ones"})
    shelf = Collection.objects.get()
    his.post(to("collect", hidden), {"collection": shelf.slug})
    address = reverse("paste:collection", args=[shelf.slug])
    assert signed_in(charlie).get(address).status_code == 404
    his.post(address, {"title": "Good ones", "public": "on"})
    seen = body(signed_in(charlie).get(address))
    assert paste.slug in seen and hidden.slug not in seen, "an address that is known to few is shown to nobody new"
    assert signed_in(charlie).post(address, {"title": "x"}).status_code == 403
    his.post(reverse("paste:take_out", args=[shelf.slug]), {"paste": paste.slug})
    his.post(reverse("paste:delete_collection", args=[shelf.slug]))
    assert not Collection.objects.exists() and Paste.objects.filter(pk=paste.pk).exists()


def test_lists_show_ones_own_and_what_is_public(alice: User, bob: User) -> None:
    make(alice, "needle in a haystack", "a.txt", privacy="public")
    private = make(alice, "another needle", "b.txt", privacy="private")
    hers = signed_in(alice)
    assert body(hers.get(reverse("paste:home") + "?q=needle")).count("A title") == 2
    assert body(hers.get(reverse("paste:home") + "?q=needle+haystack")).count("A title") == 1
    assert "No paste of yours" in body(hers.get(reverse("paste:home") + "?q=nowhere"))
    assert "no pastes yet" in body(signed_in(bob).get(reverse("paste:home") + "?q="))
    for order in ("new", "trending"):
        public = body(Client().get(reverse("paste:public") + f"?order={order}"))
        assert public.count("A title") == 1 and private.slug not in public


def test_a_paste_is_reported_to_moderators_who_can_remove_it(alice: User) -> None:
    from meatlizard.moderation import services
    from meatlizard.moderation.models import Case

    paste = make(alice, "something bad", "a.txt", privacy="public")
    assert Client().get(to("report", paste)).status_code == 200
    assert Client().post(to("report", paste), {"reason": "other", "comment": "look"}).status_code == 302
    case = Case.objects.get()
    service = services.find("paste")
    assert service is not None and "something bad" in case.matched and case.person == alice
    assert "something bad" in (service.read(case.target) or "")
    assert service.remove(case.target) and service.read(case.target) is None
    assert signed_in(alice).get(to("show", paste)).status_code == 404


@pytest.mark.both_databases
def test_to_delete_it_first_does_not_save_it_from_moderators(alice: User) -> None:
    from meatlizard.moderation import services

    kept, paste = make(alice), make(alice, privacy="public")
    for one in (kept, paste):
        actions.delete(one)
    service = services.find("paste")
    assert service is not None and service.remove(f"paste:{paste.slug}") and not service.remove("paste:never")
    her = signed_in(alice)
    assert her.post(to("undelete", paste)).status_code == 404 and her.post(to("undelete", kept)).status_code == 302


@pytest.mark.both_databases
def test_what_moderators_have_masked_stands_in_no_earlier_revision(alice: User) -> None:
    from meatlizard.moderation import services

    large = b"something bad\n" * 6_000
    paste = actions.create(alice, [Draft("a.txt", large)])[0]
    actions.revise(paste, alice, [Draft("a.txt", b"something bad")])
    stored = paste.files.get(stored=True).storage_name
    service = services.find("paste")
    assert service is not None and service.write(f"paste:{paste.slug}", "something ***")
    reader = Client()
    assert reader.get(to("raw", paste, 1)).content == b"something ***"
    for number in (1, 2):
        assert reader.get(to("raw", paste, 1) + f"?revision={number}").status_code == 404
        assert reader.get(to("revision", paste, number)).status_code == 404
    assert not default_storage.exists(stored)
    assert used_by(alice) == Paste.objects.get().size == len("something ***")


@pytest.mark.both_databases
def test_the_comments_of_who_leaves_are_not_counted_on(alice: User, bob: User) -> None:
    paste = make(alice)
    for person in (alice, bob, bob):
        signed_in(person).post(to("comment", paste), {"text": "Hi"})
    removed = paste.comments.filter(author=bob)[0]
    signed_in(bob).post(to("remove_comment", paste, removed.public_id))
    bob.delete()
    assert Paste.objects.get().comments_count == 1
    assert [row.text for row in paste.comments.filter(removed=False)] == ["Hi"]


# --- elsewhere --------------------------------------------------------------------------------------------------------


def test_it_can_be_embedded_and_only_where_nobody_has_to_be_asked(alice: User) -> None:
    paste = make(alice)
    page = signed_in(alice).get(to("embed", paste))
    assert "X-Frame-Options" not in page and "sandbox" in page["Content-Security-Policy"]
    assert (
        "frame-ancestors" not in page["Content-Security-Policy"]
        and "<script" not in body(page)
        and "<span" in body(page)
    )
    script = Client().get(to("script", paste))
    assert to("embed", paste) in body(script) and script["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert script["Content-Type"].startswith("text/javascript")
    assert Client().get(to("show", paste))["X-Frame-Options"] == "DENY"
    for terms in ({"privacy": "private"}, {"privacy": "password", "password": "x"}, {"views": 2}):
        other = make(alice, **terms)
        for name in ("embed", "script"):
            assert signed_in(alice).get(to(name, other)).status_code == 404


def test_the_title_ends_no_script(alice: User) -> None:
    paste, _token = actions.create(alice, [Draft("a", b"x")], title='</script>"; alert(1) //\\')
    text = body(Client().get(to("script", paste)))
    assert "</script" not in text and '\\"; alert(1) //\\\\' in text


def test_the_qr_code_is_a_picture(alice: User) -> None:
    response = Client().get(to("qr", make(alice)))
    assert response["Content-Type"] == "image/svg+xml" and body(response).startswith("<svg")


def test_an_encrypted_one_is_read_on_its_own_page(alice: User) -> None:
    paste, _token = actions.create_sealed(alice, "[]", "QUJD", slug="753b7ab1bfd363c3")
    assert Client().get(to("show", paste))["Location"].endswith("?753b7ab1bfd363c3")
    assert Client().get(to("raw", paste, 1)).status_code == 404
