"""The pages of one's own links: Alice makes, finds, changes and deletes them; Charlie sees none; a guest is sent to sign in."""

import json

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from meatlizard.accounts.models import User
from shortener import actions
from shortener.models import Domain, Link, LinkFolder
from tests.hostile.corpus import corpus
from tests.shortener.pages import TARGET, signed_in

pytestmark = [pytest.mark.django_db]

INDEX = "/links/"


def form_of(link: Link, **changes: object) -> dict[str, object]:
    """What the page of a link sends when nothing else was changed."""
    return {
        "target": link.target, "slug": link.slug, "title": link.title, "notes": link.notes, "status": link.status, "tags": "", "folder": "",
        "password": "", "not_before": "", "not_after": "", "max_clicks": "", "fallback": "", "rules": "", **changes,
    }  # fmt: skip


def test_an_address_is_shortened_from_the_top_of_the_list(alice: User) -> None:
    client = signed_in(alice)
    answer = client.post("/links/shorten/", {"target": TARGET, "style": "words"}, follow=True)
    link = Link.objects.get()
    assert link.target == TARGET and link.slug.count("-") == 2 and link.owner == alice
    assert (
        answer.context["made"] == f"http://127.0.0.1:8000/s/{link.slug}"
        and answer.context["made"] in answer.content.decode()
    )
    assert client.get(INDEX).context["made"] is None, "shown once"


def test_what_cannot_be_a_link_is_said_with_the_form_filled_in(alice: User) -> None:
    answer = signed_in(alice).post("/links/shorten/", {"target": "javascript:alert(1)", "slug": "x"})
    page = answer.content.decode()
    assert answer.status_code == 400 and not Link.objects.exists()
    assert "begin with http" in page and 'value="javascript:alert(1)"' in page and 'value="x"' in page


def test_everything_can_be_said_of_a_new_link(alice: User) -> None:
    Domain.objects.create(host="go.example.org")
    rules = [
        {"conditions": [{"type": "device", "any_of": ["ios"]}], "targets": [{"target": "https://example.com/ios"}]}
    ]
    answer = signed_in(alice).post("/links/new/", {
        "target": TARGET, "slug": "a/b", "domain": "go.example.org", "title": "T", "tags": "one, two,,", "folder": "New", "notes": "n",
        "status": "308", "forward_query": "on", "password": "open", "not_before": "2030-01-01T10:00", "not_after": "2031-01-01T10:00",
        "max_clicks": "5", "fallback": "https://example.com/over", "rules": json.dumps(rules), "public_stats": "on",
    })  # fmt: skip
    assert answer.status_code == 302
    link = Link.objects.get()
    assert (link.slug, link.status, link.forward_query, link.max_clicks, link.public_stats) == (
        "a/b",
        308,
        True,
        5,
        True,
    )
    assert link.domain is not None and link.domain.host == "go.example.org" and link.folder is not None
    assert sorted(tag.name for tag in link.tags.all()) == ["one", "two"] and link.folder.name == "New"
    assert (
        link.password and link.password != "open" and link.rules[0]["targets"][0]["target"] == "https://example.com/ios"
    )
    assert link.not_before is not None and link.not_before.isoformat() == "2030-01-01T10:00:00+00:00"


@pytest.mark.parametrize(
    ("field", "value"),
    [("rules", "{"), ("rules", "[" * 100_000), ("rules", '[{"targets": []}]'), ("status", "200"), ("max_clicks", "0"), ("target", ""),
     ("not_after", "1999"), ("slug", "../x"), ("fallback", "ftp://example.org"), ("tags", ",".join(map(str, range(30))))],
)  # fmt: skip
def test_unusable_values_change_nothing(alice: User, field: str, value: str) -> None:
    link = actions.create(alice, target=TARGET, slug="mine")
    answer = signed_in(alice).post(f"/links/{link.pk}/", form_of(link, **{field: value}))
    assert answer.status_code == 400 and 'role="alert"' in answer.content.decode()
    assert (
        list(Link.objects.values()) == list(Link.objects.filter(pk=link.pk).values())
        and Link.objects.get().updated == link.updated
    )


def test_a_link_is_changed_and_its_password_stays_until_it_is_taken_away(alice: User) -> None:
    client = signed_in(alice)
    link = actions.create(alice, target=TARGET, password="open")
    client.post(f"/links/{link.pk}/", form_of(link, slug="new-slug", disabled="on"))
    link.refresh_from_db()
    assert link.slug == "new-slug" and link.disabled and link.password
    client.post(f"/links/{link.pk}/", form_of(link, no_password="on"))
    link.refresh_from_db()
    assert not link.password and not link.disabled


def test_a_link_that_was_taken_down_says_why_and_stays(alice: User, olga: User) -> None:
    link = actions.create(alice, target=TARGET)
    actions.take_down(olga, link, "It asks for passwords.")
    client = signed_in(alice)
    assert "It asks for passwords." in client.get(f"/links/{link.pk}/").content.decode()
    assert client.post(f"/links/{link.pk}/", form_of(link, target="https://example.com/")).status_code == 400
    refused = client.post(f"/links/{link.pk}/delete/", follow=True)
    assert refused.redirect_chain == [(f"/links/{link.pk}/", 302)] and "cannot be deleted" in refused.content.decode()
    assert Link.objects.get().target == TARGET


def test_links_are_found_by_words_tag_folder_domain_and_state(alice: User, bob: User) -> None:
    domain = Domain.objects.create(host="go.example.org")
    folder = actions.make_folder(alice, "Letters")
    one = actions.create(alice, target=TARGET, title="Warm walls", tags=["Garden"], folder=folder)
    two = actions.create(alice, target="https://example.com/", domain=domain, disabled=True, notes="cold walls")
    actions.create(bob, target=TARGET, title="Warm walls", tags=["garden"])
    client = signed_in(alice)

    def found(query: str) -> set[int]:
        return {row["link"].pk for row in client.get(f"{INDEX}?{query}").context["rows"]}

    assert found("") == {one.pk, two.pk}
    assert found("q=walls") == {one.pk, two.pk} and found("q=WALLS+warm") == {one.pk} and found("q=100%25") == set()
    assert (
        found("tag=garden") == {one.pk} and found(f"folder={folder.pk}") == {one.pk} and found("folder=0") == {two.pk}
    )
    assert found("host=go.example.org") == {two.pk} and found("host=-") == {one.pk}
    assert found("state=off") == {two.pk} and found("state=live") == {one.pk} and found("state=taken_down") == set()
    assert found("state=nonsense&folder=x&order=-password&q=%00") == {one.pk, two.pk}, "what is wrong is left out"


def test_many_are_changed_at_once_and_only_ones_own(alice: User, charlie: User) -> None:
    mine = [actions.create(alice, target=TARGET, tags=["old"]) for _ in range(3)]
    hers = actions.create(charlie, target=TARGET)
    client = signed_in(alice)
    ticked = [*(link.pk for link in mine[:2]), hers.pk]
    client.post("/links/many/", {"link": ticked, "do": "tag", "word": "new"})
    assert {link.pk for link in Link.objects.filter(tags__name="new")} == {mine[0].pk, mine[1].pk}
    assert Link.objects.filter(tags__name="old").count() == 3
    client.post("/links/many/", {"link": ticked, "do": "move", "word": "Box"})
    assert LinkFolder.objects.get().links.count() == 2
    client.post("/links/many/", {"link": ticked, "do": "off"})
    assert Link.objects.filter(disabled=True).count() == 2
    client.post("/links/many/", {"link": ticked, "do": "until", "until": "2031-01-01T10:00"})
    assert Link.objects.filter(not_after__year=2031).count() == 2
    client.post("/links/many/", {"link": ticked, "do": "delete"})
    assert set(Link.objects.values_list("pk", flat=True)) == {mine[2].pk, hers.pk}
    client.post("/links/many/", {"link": [mine[2].pk], "do": "explode"})
    client.post("/links/many/", {"link": ["x", "9" * 30], "do": "delete"})
    client.post("/links/many/", {"do": "delete"})
    assert Link.objects.count() == 2


def test_a_slug_is_looked_up_while_it_is_typed(alice: User, charlie: User) -> None:
    actions.create(charlie, target=TARGET, slug="taken")
    client = signed_in(alice)
    asked = lambda query: client.get(f"/links/slug/?{query}").json()  # noqa: E731
    assert asked("slug=taken")["free"] is False and asked("slug=free")["free"] is True
    assert asked("slug=..%2Fx")["free"] is False and asked("slug=")["free"] is False
    made = asked("style=words")
    assert made["free"] and made["slug"].count("-") == 2
    assert client.get("/links/slug/?slug=x&domain=nowhere.example").status_code == 404


def test_one_click_shortens_what_is_shared_and_twice_gives_the_same(alice: User) -> None:
    client = signed_in(alice)
    place = "http://127.0.0.1:8000/chat/shared/abc/"
    first = client.post("/links/to/", {"target": place, "title": "A talk"}).json()["address"]
    assert client.post("/links/to/", {"target": place}).json()["address"] == first
    assert Link.objects.get().title == "A talk"
    assert client.post("/links/to/", {"target": "http://127.0.0.1:8000/p/abc/"}).json()["address"] != first, (
        "of pastes, too"
    )
    refused = client.post("/links/to/", {"target": "http://127.0.0.1:8000/admin/"}, HTTP_ACCEPT="application/json")
    assert refused.status_code == 400 and refused.json()["error"]["code"] == "chain"


ROUTES: list[tuple[str, dict[str, str], str]] = [
    ("index", {}, "get"), ("create", {}, "get"), ("shorten", {}, "post"), ("many", {}, "post"), ("slug", {}, "get"), ("link-to", {}, "post"),
    ("qr-svg", {}, "get"), ("qr-png", {}, "get"),
]  # fmt: skip
OF_ONE = [("edit", "get"), ("edit", "post"), ("delete", "post"), ("again", "post")]


def test_a_stranger_reaches_no_link_and_a_guest_no_page(alice: User, charlie: User) -> None:
    link = actions.create(alice, target=TARGET, max_clicks=5)
    folder = actions.make_folder(alice, "Letters")
    guest, stranger, owner = Client(), signed_in(charlie), signed_in(alice)
    for name, method in OF_ONE:
        path = reverse(f"shortener:{name}", args=[link.pk])
        assert getattr(stranger, method)(path).status_code == 404, name
        assert "/login/" in getattr(guest, method)(path)["Location"], name
    for name, kwargs, method in ROUTES:
        assert "/login/" in getattr(guest, method)(reverse(f"shortener:{name}", kwargs=kwargs))["Location"], name
    shelf = reverse("shortener:delete-folder", args=[folder.pk])
    assert stranger.post(shelf).status_code == 404 and "/login/" in guest.post(shelf)["Location"]
    assert owner.get(reverse("shortener:edit", args=[link.pk])).status_code == 200
    assert owner.post(reverse("shortener:again", args=[link.pk])).status_code == 302
    assert owner.post(shelf).status_code == 302 and Link.objects.get().folder is None
    assert owner.post(reverse("shortener:delete", args=[link.pk])).status_code == 302 and not Link.objects.exists()


@override_settings(LINKS_FOR="staff")
def test_where_only_staff_make_links_members_are_told(alice: User) -> None:
    client = signed_in(alice)
    assert "only staff" in client.get(INDEX).content.decode()
    assert client.post("/links/shorten/", {"target": TARGET}).status_code == 400 and not Link.objects.exists()


def test_hostile_texts_stay_texts(alice: User) -> None:
    client = signed_in(alice)
    for payload in list(corpus())[::40]:
        link = actions.create(
            alice,
            target=TARGET,
            title=payload.text[:200],
            notes=payload.text[:500],
            tags=[payload.text[:40].replace(",", "")],
        )
        for page in (client.get(INDEX), client.get(f"/links/{link.pk}/")):
            assert "<script>alert" not in page.content.decode() and "<img src=x" not in page.content.decode()
        actions.delete(link)
