"""Pages and files of personas: Alice's own, Bob reads what is shared, Charlie is a stranger, a visitor has no account, Olga operates."""

import io
import json
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from chat.models import Avatar, Conversation, Lorebook, Persona
from chat.personas import actions, talks
from chat.personas.cards import files, form
from meatlizard.accounts.models import User
from tests.chat.personas.makers import lizzy, persona
from tests.chat.personas.pictures import card_png, picture
from tests.chat.personas.test_cards import BROKEN, CARDS
from tests.chat.personas.visits import signed_in, text, url

pytestmark = [pytest.mark.django_db(transaction=True)]

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>"
PAGES = ("persona", "persona-avatar")
MEMBERS = ("persona-png", "persona-json")
OWNERS = ("persona-edit", "persona-versions")
POSTS = ("persona-delete",)
EDITED = {
    "name": "Liz", "nickname": "", "tags": "a, b,, a", "description": "d\r\ne", "personality": "", "scenario": "", "first_message": "Hi",
    "alternatives": ["one", " ", "two"], "examples": "", "system_prompt": "", "post_history": "", "creator_notes": "", "creator": "",
    "character_version": "", "model": "tiny", "temperature": "0.5", "thinking": "off", "book": '{"entries": [], "x": 1}', "visibility": "shared",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _no_limits_of_other_tests() -> None:
    cache.clear()


def test_alice_opens_every_page_of_hers_and_charlie_none(alice: User, charlie: User) -> None:
    row = persona(alice)
    for name in (*PAGES, *MEMBERS, *OWNERS):
        assert signed_in(alice).get(url(name, row)).status_code == 200, name
        assert signed_in(charlie).get(url(name, row)).status_code == 404, name
    for name in (*POSTS, "persona-copy", "persona-chat", "persona-undelete"):
        assert signed_in(charlie).post(url(name, row)).status_code == 404, name
    restore = reverse("chat:persona-restore", args=[row.pk, 1])
    assert signed_in(charlie).post(restore).status_code == 404
    assert signed_in(charlie).post(url("persona-edit", row), EDITED).status_code == 404
    assert Persona.objects.get().removed is None and Conversation.objects.count() == 0


def test_bob_reads_what_is_shared_and_may_not_write(alice: User, bob: User) -> None:
    row = persona(alice, "shared", publish=True)
    client = signed_in(bob)
    for name in (*PAGES, *MEMBERS):
        assert client.get(url(name, row)).status_code == 200, name
    for name in OWNERS:
        assert client.get(url(name, row)).status_code == 403, name
    assert client.post(url("persona-edit", row), EDITED).status_code == 403
    assert client.post(url("persona-delete", row)).status_code == 403
    assert client.post(reverse("chat:persona-restore", args=[row.pk, 1])).status_code == 403
    assert client.post(url("persona-copy", row)).status_code == 302
    assert Persona.objects.get(owner=bob).current is not None


def test_a_visitor_reads_public_ones_and_is_sent_to_sign_in_for_the_rest(alice: User) -> None:
    public, shared = persona(alice, "public", publish=True, creator="me"), persona(alice, "shared", publish=True)
    visitor = Client()
    for name in PAGES:
        assert visitor.get(url(name, public)).status_code == 200
        assert visitor.get(url(name, shared)).status_code == 404
    page = text(visitor.get(url("persona", public)))
    assert "alice" not in page and "example.org" not in page and "Sign in to chat" in page
    for name in (*MEMBERS, *OWNERS):
        assert "/accounts/login/" in visitor.get(url(name, public))["Location"]
    for name in ("persona-delete", "persona-copy", "persona-chat", "persona-undelete"):
        assert "/accounts/login/" in visitor.post(url(name, public))["Location"]
    for name in ("personas", "persona-menu", "persona-new", "persona-import", "lorebooks", "lorebook-new"):
        assert "/accounts/login/" in visitor.get(reverse(f"chat:{name}"))["Location"]
    assert "/accounts/login/" in visitor.post(reverse("chat:persona-preview"))["Location"]


def test_olga_edits_everybodys(alice: User, olga: User) -> None:
    row = persona(alice)
    assert signed_in(olga).post(url("persona-edit", row), EDITED).status_code == 302
    row.refresh_from_db()
    assert row.current is not None and (row.current.name, row.current.author, row.owner) == ("Liz", olga, alice)


def test_what_is_typed_is_saved_and_the_rest_kept(alice: User) -> None:
    row = persona(alice, extra={"data": {"odd": 1}})
    response = signed_in(alice).post(url("persona-edit", row), {**EDITED, "base": "1"})
    assert response["Location"] == url("persona", row)
    row.refresh_from_db()
    now = row.current
    assert now is not None and row.visibility == "shared"
    assert (now.name, now.tags, now.description, now.alternatives) == ("Liz", ["a", "b"], "d\ne", ["one", "two"])
    assert (now.model, now.sampling, now.book, now.extra) == (
        "tiny", {"temperature": 0.5, "thinking": "off"}, {"entries": [], "x": 1}, {"data": {"odd": 1}}
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"name": " "},
        {"temperature": "9"},
        {"book": "[1]"},
        {"book": "{"},
        {"visibility": "x"},
        {"books": [str(uuid4())]},
        {"base": "7"},
    ],
)
def test_what_is_wrong_is_said_and_nothing_saved(alice: User, change: dict[str, Any]) -> None:
    row = persona(alice)
    response = signed_in(alice).post(url("persona-edit", row), {**EDITED, "base": "1", **change})
    assert response.status_code == 400 and "errorlist" in text(response)
    assert "one</textarea>" in text(response), "what was typed is still there"
    assert row.versions.count() == 1


def test_what_is_refused_leaves_no_picture_behind(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    row, client = persona(alice), signed_in(alice)

    def given() -> dict[str, Any]:
        return {**EDITED, "avatar": SimpleUploadedFile("x.png", picture())}

    assert client.post(url("persona-edit", row), {**given(), "base": "7"}).status_code == 400
    monkeypatch.setattr(actions, "MAX_PERSONAS", 1)
    assert client.post(reverse("chat:persona-new"), given()).status_code == 400
    assert upload(client, ("mara.png", card_png(CARDS["v2"]))).status_code == 400
    assert not Avatar.objects.exists() and row.versions.count() == 1


def test_what_is_opened_and_saved_unchanged_makes_no_version(alice: User) -> None:
    card = files.read(json.dumps(CARDS["v2"]).encode()).character
    row = actions.create(alice, card)
    client = signed_in(alice)
    page = client.get(url("persona-edit", row))
    form_now = page.context["form"]
    data = {name: form_now[name].value() for name in form_now.fields if name not in ("avatar", "no_avatar")}
    data = {name: "" if value is None else value for name, value in data.items()}
    client.post(url("persona-edit", row), {**data, "alternatives": page.context["alternatives"]})
    assert row.versions.count() == 1


def test_a_new_one_with_a_picture_which_is_taken_away_again(alice: User) -> None:
    client = signed_in(alice)
    given = SimpleUploadedFile("x.png", picture())
    response = client.post(reverse("chat:persona-new"), {**EDITED, "avatar": given})
    row = Persona.objects.get()
    assert response["Location"] == url("persona", row) and row.current is not None and row.current.avatar is not None
    client.post(url("persona-edit", row), {**EDITED, "no_avatar": "on"})
    row.refresh_from_db()
    assert row.current is not None and row.current.avatar is None and row.versions.count() == 2
    bad = SimpleUploadedFile("x.png", b"<svg/>")
    assert client.post(url("persona-edit", row), {**EDITED, "avatar": bad}).status_code == 400


@pytest.mark.parametrize("with_avatar", [True, False])
@pytest.mark.parametrize("size", ["small", "large"])
def test_pictures_are_ours_and_served_safely(alice: User, with_avatar: bool, size: str) -> None:
    row = persona(alice, "public", publish=True)
    if with_avatar:
        from chat.personas import avatars

        actions.save(alice, row, lizzy(), avatars.encoded(picture() + HOSTILE.encode()))
        actions.set_state(row, "published")
    response = Client().get(url("persona-avatar", row), {"size": size})
    assert response["Content-Type"] == ("image/webp" if with_avatar else "image/png")
    assert response["X-Content-Type-Options"] == "nosniff" and "sandbox" in response["Content-Security-Policy"]
    assert HOSTILE.encode() not in response.content and response["Cache-Control"].startswith("private")
    Image.open(io.BytesIO(response.content)).load()


@pytest.mark.parametrize("path", ["persona", "personas", "persona-edit", "persona-versions", "persona-menu"])
def test_hostile_cards_are_text_everywhere(alice: User, path: str) -> None:
    names = [*form.TEXTS, "name", "nickname", "creator", "character_version"]
    card = {"data": {**dict.fromkeys(names, HOSTILE), "tags": [HOSTILE], "alternate_greetings": [HOSTILE],
                     "character_book": {"name": HOSTILE, "entries": [{"keys": [HOSTILE], "content": HOSTILE}]}}}  # fmt: skip
    row = actions.create(alice, files.read(json.dumps(card).encode()).character)
    actions.save(alice, row, lizzy(tags=(HOSTILE,)))
    client = signed_in(alice)
    for number in (1, 2):
        address = url(path, row) if path not in ("personas", "persona-menu") else reverse(f"chat:{path}")
        response = client.get(address, {"version": str(number), "q": HOSTILE[:3] if number == 1 else ""})
        assert response.status_code == 200
        if response["Content-Type"].startswith("text/html"):
            assert "<script>alert" not in text(response) and "<img src=x" not in text(response)


def test_hostile_greetings_are_rendered_safely(alice: User) -> None:
    talk = talks.begin(
        alice, persona(alice, name=HOSTILE[:90], first_message=f"{{{{user}}}} {HOSTILE}"), called=HOSTILE[:70]
    )
    page = text(signed_in(alice).get(reverse("chat:conversation", args=[talk.pk])))
    assert "<script>alert" not in page and "<img src=x" not in page and "&lt;script&gt;" in page


# cards -------------------------------------------------------------------------------------------------------------------


def upload(client: Client, *given: tuple[str, bytes]) -> Any:
    return client.post(
        reverse("chat:persona-import"), {"files": [SimpleUploadedFile(name, data) for name, data in given]}
    )


def test_a_card_comes_in_as_a_picture_and_goes_out_as_it_came(alice: User) -> None:
    client = signed_in(alice)
    response = upload(client, ("mara.png", card_png(CARDS["v2"])))
    row = Persona.objects.get()
    assert response["Location"] == url("persona", row)
    assert row.current is not None and row.current.name == "Mara" and row.current.avatar is not None
    out = client.get(url("persona-png", row))
    assert out["Content-Type"] == "image/png" and 'attachment; filename="Mara.png"' in out["Content-Disposition"]
    again = files.read(out.content)
    assert form.written(again.character) == form.written(form.read(CARDS["v2"]))
    assert again.picture is not None and Image.open(io.BytesIO(again.picture)).size == (60, 80)
    as_json = json.loads(client.get(url("persona-json", row)).content)
    assert {**as_json["data"], "group_only_greetings": []} == {**CARDS["v2"]["data"], "group_only_greetings": []}


def test_what_cannot_come_in_is_said_and_leaves_nothing(alice: User) -> None:
    client = signed_in(alice)
    for name, data in BROKEN.items():
        cache.clear()
        response = upload(client, (f"<{name}>.png", data)) if data else upload(client)
        assert (response.status_code == 400 and "errorlist" in text(response)) or not data, name
    assert not Persona.objects.exists() and not Avatar.objects.exists()


def test_several_files_at_once_each_for_itself(alice: User) -> None:
    response = upload(
        signed_in(alice),
        ("a.json", json.dumps(CARDS["v1"]).encode()),
        ("b.png", picture()),
        ("c.json", b'{"entries": {"0": {"key": ["x"]}}}'),
    )
    assert response.status_code == 400 and "b.png" in text(response)
    assert Persona.objects.get().current.name == "Old Ada"  # type: ignore[union-attr]
    assert Lorebook.objects.get().name == "c"
    cache.clear()
    many = upload(signed_in(alice), *((f"{n}.json", b"{}") for n in range(22)))
    assert "20 files" in text(many)


def test_a_picture_that_cannot_be_read_costs_only_itself(alice: User) -> None:
    whole = card_png(CARDS["v2"])
    at = whole.index(b"IDAT")
    from chat.personas.cards import png
    from tests.chat.personas.pictures import chunk

    broken = png.SIGNATURE + b"".join(
        chunk(kind, b"nonsense" if kind == b"IDAT" else content) for kind, content in png.chunks(whole)
    )
    assert at
    response = upload(signed_in(alice), ("mara.png", broken))
    row = Persona.objects.get()
    assert response.status_code == 302 and row.current is not None and row.current.avatar is None


# gallery -----------------------------------------------------------------------------------------------------------------


def test_the_gallery_shows_mine_and_what_is_shared_and_finds(alice: User, bob: User) -> None:
    persona(alice, name="Secret")
    shared = persona(alice, "shared", publish=True, name="Tor", tags=("trolls", 'a "quoted" tag'))
    actions.save(alice, shared, lizzy(name="Draft name"))
    persona(bob, name="Own", tags=("troll",))

    def seen(**query: str) -> tuple[list[str], list[str]]:
        context = signed_in(bob).get(reverse("chat:personas"), query).context
        return [one.version.name for one in context["mine"]], [one.version.name for one in context["others"]]

    assert seen() == (["Own"], ["Tor"])
    assert seen(q="tor") == ([], ["Tor"]) and seen(q="draft") == ([], []) and seen(q="secret") == ([], [])
    assert (
        seen(tag="troll") == (["Own"], [])
        and seen(tag='a "quoted" tag') == ([], ["Tor"])
        and seen(q="trol") == (["Own"], ["Tor"])
    )
    assert "Nobody shares" in text(signed_in(alice).get(reverse("chat:personas"))) and seen(page="7") == (
        [],
        [],
    ) == seen(page="x", q="zz")


def test_the_menu_answers_the_composer(alice: User, bob: User) -> None:
    persona(alice, name="Hidden")
    shared = persona(alice, "shared", publish=True, name="Tor", nickname="T", creator_notes="A\ntroll " + "x" * 200)
    for n in range(25):
        persona(bob, name=f"Own {n}")
    client = signed_in(bob)
    items = client.get(reverse("chat:persona-menu")).json()["items"]
    assert len(items) == 20 and all(item["title"].startswith("Own") for item in items)
    [found] = client.get(reverse("chat:persona-menu"), {"q": "tor"}).json()["items"]
    assert (
        (found["id"], found["title"]) == (str(shared.pk), "T")
        and found["hint"].startswith("A troll x")
        and len(found["hint"]) <= 140
    )
    assert client.get(found["avatar"]).status_code == 200


def test_deleted_and_undone(alice: User) -> None:
    row = persona(alice)
    client = signed_in(alice)
    gallery = client.post(url("persona-delete", row))["Location"]
    page = client.get(gallery)
    assert page.context["removed"] == row.pk and client.get(url("persona", row)).status_code == 404
    client.post(url("persona-undelete", row))
    assert client.get(url("persona", row)).status_code == 200
    assert client.get(reverse("chat:personas"), {"removed": "nonsense"}).status_code == 200


def test_versions_are_compared_and_restored(alice: User) -> None:
    row = persona(alice)
    actions.save(alice, row, lizzy(description="Another\nline"))
    client = signed_in(alice)
    page = text(client.get(url("persona-versions", row)))
    assert "<ins>+ Another</ins>" in page and "<del>- {{char}} is a lizard who keeps a library.</del>" in page
    client.post(reverse("chat:persona-restore", args=[row.pk, 1]))
    row.refresh_from_db()
    assert row.current is not None and (row.current.number, row.current.description) == (3, lizzy().description)
    assert client.get(url("persona-versions", row), {"version": "99"}).status_code == 404


def test_the_preview_shows_what_a_model_would_read_and_saves_nothing(alice: User) -> None:
    book = '{"entries": [{"keys": ["(?=x)"], "use_regex": true, "content": "y"}]}'
    response = signed_in(alice).post(
        reverse("chat:persona-preview"), {**EDITED, "post_history": "Last, {{char}}", "book": book}
    )
    found = response.json()
    assert "You are Liz." in found["role"] and found["last"] == "Last, Liz" and len(found["problems"]) == 1
    assert not Persona.objects.exists()
    assert signed_in(alice).post(reverse("chat:persona-preview"), {**EDITED, "name": ""}).status_code == 400
