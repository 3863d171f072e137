"""Pages and requests of the prompt library: Alice owns it, Charlie reads what is shared, a guest is sent to sign in."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from chat import actions as chat
from chat.models import Conversation, Generation, Message, OwnText, Prompt, SiteText
from chat.prompting import actions, compositions, site
from chat.prompting.content import read
from chat.prompting.layers import Layer, compose
from meatlizard.accounts.models import User

pytestmark = pytest.mark.django_db

Browser = Callable[[User], Client]


@pytest.fixture
def browse() -> Browser:
    def signed_in(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def prompt(alice: User) -> Prompt:
    variables = [
        {"name": "who", "label": "Whom"},
        {"name": "how", "kind": "choice", "choices": "warmly\ncoolly", "default": "warmly"},
    ]
    return actions.add(alice, alice, read("greet", "Greet", "Says hello.", "Talk", "Greet {{who}} {{how}}.", variables))


def form(rows: list[dict[str, str]] | None = None, **more: str) -> dict[str, str]:
    """What the editor sends."""
    fields = {"title": "Bye", "command": "/bye", "category": "Talk", "hint": "", "text": "Say bye to {{who}}.", **more}
    rows = [{"name": "who", "label": "", "kind": "text", "required": "on"}] if rows is None else rows
    fields |= {"variables-TOTAL_FORMS": str(len(rows)), "variables-INITIAL_FORMS": "0"}
    return fields | {f"variables-{at}-{name}": value for at, row in enumerate(rows) for name, value in row.items()}


def posted(client: Client, name: str, *args: object, **body: Any) -> Any:
    return client.post(reverse(name, args=args), json.dumps(body), content_type="application/json")


PAGES = ["chat:prompt", "chat:prompt-edit", "chat:prompt-versions"]
POSTS = ["chat:prompt-delete", "chat:prompt-copy", "chat:prompt-share", "chat:prompt-fill", "chat:prompt-edit"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_its_owners_and_nobody_elses(
    name: str, prompt: Prompt, alice: User, charlie: User, browse: Browser
) -> None:
    url = reverse(name, args=[prompt.pk])
    assert browse(alice).get(url).status_code == 200
    assert browse(charlie).get(url).status_code == 404
    guest = Client().get(url)
    assert guest.status_code == 302 and "login" in guest["Location"]


@pytest.mark.parametrize("name", POSTS)
def test_what_is_not_there_for_charlie_he_cannot_touch(
    name: str, prompt: Prompt, charlie: User, browse: Browser
) -> None:
    url = reverse(name, args=[prompt.pk])
    assert browse(charlie).post(url).status_code == 404
    assert Client().post(url).status_code == 302
    prompt.refresh_from_db()
    assert (prompt.removed, prompt.shared) == (None, False)


def test_charlie_reads_copies_and_fills_what_is_shared_and_changes_nothing(
    prompt: Prompt, charlie: User, browse: Browser
) -> None:
    actions.share(prompt, True)
    client = browse(charlie)
    page = client.get(reverse("chat:prompt", args=[prompt.pk]))
    assert page.status_code == 200
    assert b"edit-prompt" not in page.content and b"copy-prompt" in page.content
    for name in ("chat:prompt-edit", "chat:prompt-versions"):
        assert client.get(reverse(name, args=[prompt.pk])).status_code == 403
    for name in ("chat:prompt-delete", "chat:prompt-share", "chat:prompt-edit"):
        assert client.post(reverse(name, args=[prompt.pk]), {"share": "0"}).status_code == 403
    assert client.post(reverse("chat:prompt-take-back", args=[prompt.pk, 1])).status_code == 403
    assert posted(client, "chat:prompt-fill", prompt.pk, values={"who": "Bob"}).json() == {"text": "Greet Bob warmly."}
    client.post(reverse("chat:prompt-copy", args=[prompt.pk]))
    assert Prompt.objects.get(owner=charlie).text == prompt.text


def test_alice_writes_edits_takes_back_deletes_and_undoes(alice: User, browse: Browser) -> None:
    client = browse(alice)
    assert client.get(reverse("chat:prompt-new")).status_code == 200
    made = client.post(reverse("chat:prompt-new"), form())
    row = Prompt.objects.get()
    assert made["Location"] == reverse("chat:prompt", args=[row.pk])
    assert (row.owner, row.command, [one["name"] for one in row.variables]) == (alice, "bye", ["who"])
    client.post(reverse("chat:prompt-edit", args=[row.pk]), form(text="Bye, {{who}}!", title="Farewell"))
    versions = client.get(reverse("chat:prompt-versions", args=[row.pk]))
    assert b"<ins>" in versions.content and b"Bye, {{who}}!" in versions.content
    client.post(reverse("chat:prompt-take-back", args=[row.pk, 1]))
    row.refresh_from_db()
    assert (row.number, row.text, row.title) == (3, "Say bye to {{who}}.", "Bye")
    gone = client.post(reverse("chat:prompt-delete", args=[row.pk]))
    page = client.get(gone["Location"])
    assert b'data-testid="removed"' in page.content and b"Bye" not in page.content.split(b"<main")[1]
    back = client.post(reverse("chat:prompt-bring-back", args=[row.pk]))
    assert back["Location"] == reverse("chat:prompt", args=[row.pk])
    assert client.get(back["Location"]).status_code == 200


def test_what_makes_no_prompt_comes_back_with_what_was_written_and_why(
    alice: User, prompt: Prompt, browse: Browser
) -> None:
    client = browse(alice)
    for wrong, said in (
        (form(command="greet"), "/greet"), (form(command="a b"), "small letters"), (form(title=""), "required"),
        (form(rows=[{"name": "what", "kind": "text"}]), "{{what}}"), (form(rows=[{"name": "who", "kind": "choice"}]), "choices"),
    ):  # fmt: skip
        answer = client.post(reverse("chat:prompt-new"), wrong)
        assert answer.status_code == 400
        assert said in answer.content.decode(), said
        assert "Say bye to" in answer.content.decode()
    assert Prompt.objects.count() == 1


def test_deleted_and_empty_rows_of_the_editor_are_no_variables(alice: User, browse: Browser) -> None:
    rows = [
        {"name": "who", "kind": "text"},
        {"name": "", "kind": "text", "required": "on"},
        {"name": "gone", "kind": "text", "DELETE": "on"},
    ]
    assert browse(alice).post(reverse("chat:prompt-new"), form(rows=rows)).status_code == 302
    assert [one["name"] for one in Prompt.objects.get().variables] == ["who"]


def test_only_who_looks_after_the_sites_prompts_writes_them(alice: User, olga: User, browse: Browser) -> None:
    assert browse(alice).post(reverse("chat:prompt-new"), form(for_all="on")).status_code == 302
    assert Prompt.objects.get().owner == alice
    assert browse(olga).post(reverse("chat:prompt-new"), form(for_all="on")).status_code == 302
    site = Prompt.objects.get(owner=None)
    edit = reverse("chat:prompt-edit", args=[site.pk])
    assert browse(alice).post(edit, form(title="Mine now")).status_code == 403
    assert browse(olga).post(edit, form(title="Ours")).status_code == 302
    site.refresh_from_db()
    assert (site.title, site.owner) == ("Ours", None)


def test_sharing_is_switched_by_its_owner_and_ended_by_an_operator(
    alice: User, olga: User, prompt: Prompt, browse: Browser
) -> None:
    url = reverse("chat:prompt-share", args=[prompt.pk])
    browse(alice).post(url, {"share": "1"})
    prompt.refresh_from_db()
    assert prompt.shared
    assert browse(olga).post(url, {"share": "1"}).status_code == 403
    assert browse(olga).post(url, {"share": "0"})["Location"] == reverse("chat:prompts")
    prompt.refresh_from_db()
    assert not prompt.shared


def test_the_list_filters_and_says_when_there_is_nothing(alice: User, prompt: Prompt, browse: Browser) -> None:
    client, url = browse(alice), reverse("chat:prompts")
    for query, shown in (("", True), ("?q=hello", True), ("?q=nothing", False), ("?category=Talk&whose=mine", True),
                         ("?whose=site", False), ("?whose=odd&page=99", True), ("?removed=odd", True)):  # fmt: skip
        page = client.get(url + query).content
        assert (b'data-testid="prompt-row"' in page) is shown, query
        assert (b'data-testid="no-prompts"' in page) is not shown, query
    assert Client().get(url).status_code == 302


def test_hostile_words_are_words_on_every_page(alice: User, browse: Browser) -> None:
    evil = "<script>alert(1)</script>\"'{{x}}</script>"
    row = actions.add(alice, alice, read("x", evil, evil, evil[:40], evil, [{"name": "x", "label": evil}]), shared=True)
    actions.change(
        row, alice, read("x", evil + "2", evil, evil[:40], evil + "\n" + evil, [{"name": "x", "label": evil}])
    )
    client = browse(alice)
    for name in ("chat:prompts", *PAGES):
        page = client.get(reverse(name, args=[] if name == "chat:prompts" else [row.pk]))
        assert page.status_code == 200
        assert b"<script>alert" not in page.content, name


def test_the_menu_and_filling_are_for_members(alice: User, charlie: User, prompt: Prompt, browse: Browser) -> None:
    menu = reverse("chat:prompt-menu")
    (item,) = browse(alice).get(menu, {"q": "gre"}).json()["items"]
    assert (item["command"], item["title"], [one["name"] for one in item["variables"]]) == (
        "greet",
        "Greet",
        ["who", "how"],
    )
    assert browse(charlie).get(menu, {"q": "gre"}).json() == {"items": []}
    assert Client().get(menu).status_code == 302


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"values": {"who": "Bob", "how": "coolly"}}, 200),
        ({"values": {"who": "{{how}}"}}, 200),
        ({"values": {"how": "coolly"}}, 400),
        ({"values": {"who": "Bob", "how": "hotly"}}, 400),
        ({"values": ["Bob"]}, 400),
        ({}, 400),
    ],
)
def test_values_are_checked_by_the_site(
    body: dict[str, Any], status: int, alice: User, prompt: Prompt, browse: Browser
) -> None:
    answer = posted(browse(alice), "chat:prompt-fill", prompt.pk, **body)
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["text"] == f"Greet {body['values']['who']} {body['values'].get('how', 'warmly')}."
    else:
        assert answer.json()["error"]["message"]


def test_what_one_says_of_oneself_is_kept_and_shown_to_nobody_else(alice: User, charlie: User, browse: Browser) -> None:
    url = reverse("chat:own-text")
    assert browse(alice).post(url, {"about": "I teach.", "answers": ""}).status_code == 302
    assert b"I teach." in browse(alice).get(url).content
    assert b"I teach." not in browse(charlie).get(url).content
    assert browse(alice).post(url, {"about": "x" * 5_000}).status_code == 400
    assert OwnText.objects.get().about == "I teach."
    assert Client().get(url).status_code == 302


class TestWhatAModelRead:
    @pytest.fixture
    def answer(self, alice: User) -> Message:
        talk = chat.create_conversation(alice)
        asked = chat.send(alice, talk.pk, uuid4(), "Why?")
        return Message.objects.get(pk=asked.answer)

    def told(self, client: Client, message: Message) -> Any:
        return client.get(reverse("chat:prompt-read", args=[message.pk]))

    def test_its_owner_sees_it_to_the_letter_and_nobody_else_sees_it(
        self, alice: User, charlie: User, olga: User, answer: Message, browse: Browser
    ) -> None:
        row = Generation.objects.get(message=answer)
        text = "<b>Be kind</b> {{x}}\n"
        compositions.note(
            [(row, compose([Layer("role", "Lizard.", "shipped", "1"), Layer("person", text, "person", "7")]))]
        )
        shown = self.told(browse(alice), answer).json()
        assert shown["known"] is True
        assert shown["layers"][1] == {
            "title": "About you", "source": "from your page “About you”", "version": "version 7", "text": text.strip(), "cut": False,
        }  # fmt: skip
        for other in (charlie, olga):
            assert self.told(browse(other), answer).status_code == 404
        assert self.told(Client(), answer).status_code == 302

    def test_nothing_read_and_nothing_known_are_told_apart(self, alice: User, answer: Message, browse: Browser) -> None:
        assert self.told(browse(alice), answer).json() == {"known": True, "layers": []}
        Generation.objects.update(composition=None)
        assert self.told(browse(alice), answer).json() == {"known": False, "layers": []}
        Generation.objects.all().delete()
        assert self.told(browse(alice), answer).json() == {"known": False, "layers": []}

    def test_a_question_has_none(self, alice: User, answer: Message, browse: Browser) -> None:
        assert answer.parent is not None
        assert self.told(browse(alice), answer.parent).status_code == 404

    def test_a_deleted_conversation_tells_nothing(self, alice: User, answer: Message, browse: Browser) -> None:
        chat.delete(Conversation.objects.get())
        assert self.told(browse(alice), answer).status_code == 404


class TestSiteTexts:
    URL = "/admin/chat/sitetext/"

    def test_an_operator_writes_switches_off_and_takes_back(self, olga: User, browse: Browser) -> None:
        client = browse(olga)
        add = client.get(self.URL + "add/?kind=role")
        assert b"helpful assistant of an online community" in add.content, "it begins with what is in force"
        client.post(self.URL + "add/", {"kind": "role", "mode": "own", "text": "You are a lizard."})
        client.post(self.URL + "add/", {"kind": "role", "mode": "off", "text": ""})
        assert site.current().text("role") == ""
        first = SiteText.objects.get(version=1)
        assert (first.by, first.text) == (olga, "You are a lizard.")
        page = client.get(self.URL).content.decode()
        assert page.count("icon-yes") == 1
        assert page.count('data-testid="site-text"') == len(SiteText.Kind.values)
        assert "switched off" in page and "as shipped, version 1" in page and "PROMPT_LAYERS" in page
        client.post(self.URL, {"action": "take_back", "_selected_action": [first.pk]})
        assert site.current().text("role") == "You are a lizard."
        assert list(SiteText.objects.order_by("pk").values_list("version", flat=True)) == [1, 2, 3]

    def test_no_version_is_changed_or_deleted(self, olga: User, browse: Browser) -> None:
        row = actions.save_site_text(olga, "role", "own", "You are a lizard.")
        client = browse(olga)
        assert b"You are a lizard." in client.get(f"{self.URL}{row.pk}/change/").content
        assert (
            client.post(f"{self.URL}{row.pk}/change/", {"kind": "role", "mode": "own", "text": "x"}).status_code == 403
        )
        assert client.post(f"{self.URL}{row.pk}/delete/", {"post": "yes"}).status_code == 403
        assert SiteText.objects.get().text == "You are a lizard."

    def test_what_would_break_something_is_refused_in_the_form(self, olga: User, browse: Browser) -> None:
        answer = browse(olga).post(self.URL + "add/", {"kind": "task-title", "mode": "off", "text": ""})
        assert answer.status_code == 200 and b"cannot be made without" in answer.content
        assert not SiteText.objects.exists()

    def test_members_do_not_see_it(self, alice: User, browse: Browser) -> None:
        assert browse(alice).get(self.URL).status_code in (302, 403, 404)
        assert Client().get(self.URL).status_code in (302, 404)
