"""What a model reads of a persona, and conversations with one: Alice made it and shares it, Bob speaks with it, Charlie is a stranger."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from chat import actions as chat_actions
from chat import branches
from chat.messages import contexts
from chat.models import Conversation, Generation, Lorebook, Message, Persona
from chat.personas import actions, talks
from chat.personas.cast import MAX_LORE, Script, cast
from chat.personas.lorebook import parse
from chat.prompting import compositions
from chat.prompting.shipped import shipped
from inference_client.protocol.vocabulary import ChatMessage
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from tests.chat.makers import Asking, Pairing
from tests.chat.personas.makers import lizzy, persona

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def entry(content: str, **more: Any) -> dict[str, Any]:
    return {"keys": ["rain"], "content": content, "enabled": True, "insertion_order": 1, "extensions": {}, **more}


@pytest.fixture
def shared(alice: User) -> Persona:
    return persona(alice, "shared", publish=True)


def what_is_read(generation: Generation) -> list[tuple[str, str]]:
    found = contexts([generation], {generation.pk: ""})[generation.pk]
    return [(message.role, message.content) for message in found.messages]


# pure -------------------------------------------------------------------------------------------------------------------


def test_the_role_holds_what_a_card_says_in_its_order_and_never_the_creators_notes() -> None:
    who = lizzy(
        nickname="Liz",
        system_prompt="Before: {{ORIGINAL}}",
        examples="{{user}}: Hi",
        creator_notes="SECRET",
        post_history="End, {{char}}.",
    )
    book = parse(
        {"entries": [entry("Town", constant=True, position="before_char"), entry("Weather", position="after_char")]}
    )
    script = cast(who, "7", "Bob", [book]).script(["rain"], "the site's {{user}}")
    role, lore = script.layers
    assert role.text.split("\n\n") == [
        "Before: the site's {{user}}", "Town", "Liz is a lizard who keeps a library.", "Personality of Liz:\nDry, patient.",
        "Scenario:\nBob comes in from the rain.", "Examples of how Liz speaks:\nBob: Hi",
    ]  # fmt: skip
    assert (role.name, role.source, role.version, lore.name, lore.text) == ("role", "persona", "7", "lore", "Weather")
    assert script.last == "End, Liz."


def test_hostile_names_are_text() -> None:
    said = (
        cast(lizzy(name="{{user}}", description="{{char}} and {{user}}"), "1", "{{char}}\\1", [])
        .script([])
        .layers[0]
        .text
    )
    assert "{{user}} and {{char}}\\1" in said


def test_a_persona_without_prompt_of_its_own_is_told_who_it_is() -> None:
    assert "You are Lizzy." in cast(lizzy(), "1", "", []).script([], "x").layers[0].text
    assert "User comes in" in cast(lizzy(), "1", "", []).script([], "x").layers[0].text


def test_what_is_said_among_the_messages_and_at_the_end() -> None:
    read = tuple(
        ChatMessage(role=role, content=text)
        for role, text in (("system", "s"), ("user", "1"), ("assistant", "2"), ("user", "3"))
    )
    asides = tuple((depth, ChatMessage(role="system", content=f"d{depth}")) for depth in (0, 1, 99))
    found = Script(asides=asides, last="end").directed(read)
    assert [one.content for one in found] == ["s", "d99", "1", "2", "d1", "3", "d0", "end"]
    assert Script().directed(read) == read


def test_books_together_have_a_bound() -> None:
    book = parse({"entries": [entry("x" * 30_000, constant=True)], "token_budget": 20_000})
    [role] = cast(lizzy(), "1", "", [book] * 5).script([]).layers
    assert role.text.count("x" * 30_000) == MAX_LORE * 4 // 30_000


# conversations ----------------------------------------------------------------------------------------------------------


def test_a_conversation_begins_with_the_first_message(bob: User, shared: Persona) -> None:
    talk = talks.begin(bob, shared, called="  Bob  ")
    first = talk.head
    assert first is not None and talk.persona_version == shared.published and talk.title == ""
    assert (first.role, first.source, first.speaker) == ("assistant", "persona", "Lizzy")
    assert first.content == "*looks up* Wet again, Bob?" and first.html == "<p><em>looks up</em> Wet again, Bob?</p>\n"


def test_the_name_somebody_goes_by_is_remembered_and_never_that_of_the_account(
    bob: User, alice: User, shared: Persona
) -> None:
    assert talks.begin(bob, shared).called == ""
    talks.begin(bob, shared, called="Bobby")
    assert talks.begin(bob, shared).called == "Bobby"
    assert talks.begin(bob, shared, called="").called == "" and talks.begin(alice, shared).called == ""


def test_or_with_an_alternative_or_with_nothing(alice: User, bob: User, shared: Persona) -> None:
    talk = talks.begin(bob, shared, greeting=1)
    assert talk.head is not None and talk.head.content == "We are **closed**."
    for number in (3, -1):
        with pytest.raises(Invalid):
            talks.begin(bob, shared, greeting=number)
    silent = talks.begin(alice, persona(alice, first_message="", alternatives=()))
    assert silent.head is None and Conversation.objects.count() == 2


def test_charlie_begins_nothing_with_what_is_not_shown(alice: User, charlie: User) -> None:
    mine = persona(alice)
    with pytest.raises(NotFound):
        talks.begin(charlie, mine)
    talk = chat_actions.create_conversation(charlie)
    with pytest.raises(NotFound):
        talks.choose(charlie, talk.pk, mine)
    theirs = talks.begin(alice, mine)
    for attempt in (lambda: talks.choose(charlie, theirs.pk, None), lambda: talks.greet(charlie, theirs.pk, 1)):
        with pytest.raises(NotFound):
            attempt()


def test_a_model_reads_role_history_and_last_instructions(
    ask: Asking, alice: User, bob: User, settings: Settings
) -> None:
    settings.PROMPT_LAYERS = True
    book = {"entries": [entry("It floods."), entry("@@depth 1\nThunder.", keys=["rain"])]}
    row = persona(alice, "shared", publish=True, book=book, post_history="Stay {{char}}.", system_prompt="{{original}}")
    talk = talks.begin(bob, row)
    asked = ask(bob, "Rain again", talk)
    read = what_is_read(asked)
    site_role = shipped("role").text
    assert read[0][0] == "system" and read[0][1].startswith(site_role) and "a lizard who keeps a library" in read[0][1]
    assert read[0][1].endswith("It floods.")
    assert read[1:] == [
        ("assistant", "*looks up* Wet again, User?"),
        ("system", "Thunder."),
        ("user", "Rain again"),
        ("system", "Stay Lizzy."),
    ]
    answer = asked.message
    assert answer is not None and answer.speaker == "Lizzy"


def test_the_version_stays_the_one_it_was_begun_with(ask: Asking, alice: User, bob: User, shared: Persona) -> None:
    talk = talks.begin(bob, shared)
    actions.save(alice, shared, lizzy(description="Now a dragon."))
    actions.set_state(shared, "published")
    actions.delete(shared)
    assert "a lizard who keeps" in what_is_read(ask(bob, "x", talk))[0][1]
    Persona.objects.all().delete()
    Generation.objects.update(state="done")
    talk.refresh_from_db()
    assert "a lizard who keeps" in what_is_read(ask(bob, "y", talk))[0][1]


def test_preferences_count_where_the_conversation_has_none(ask: Asking, pair: Pairing, alice: User) -> None:
    pair("wise")
    row = persona(alice, model="wise", sampling={"temperature": 1.5, "top_p": 0.5, "thinking": "off"})
    asked = ask(alice, "x", talks.begin(alice, row))
    assert (asked.model, asked.sampling) == ("wise", {"temperature": 1.5, "top_p": 0.5, "thinking": "off"})
    talk = talks.begin(alice, row)
    chat_actions.configure(talk, "other", "", 0.0, "on")
    asked = ask(alice, "x", talk)
    assert (asked.model, asked.sampling) == ("other", {"temperature": 0.0, "top_p": 0.5, "thinking": "on"})


def test_a_preferred_model_that_no_machine_has_is_not_waited_for(ask: Asking, alice: User) -> None:
    assert ask(alice, "x", talks.begin(alice, persona(alice, model="none-such"))).model == ""


def test_another_may_speak_or_nobody(ask: Asking, alice: User) -> None:
    talk = talks.begin(alice, persona(alice))
    first = ask(alice, "x", talk)
    Generation.objects.update(state="done")
    talk = talks.choose(alice, talk.pk, persona(alice, name="Tor"))
    assert talk.messages.count() == 3, "no first message in the middle"
    second = ask(alice, "y", talk)
    Generation.objects.update(state="done")
    talk = talks.choose(alice, talk.pk, None)
    third = ask(alice, "z", talk)
    speakers = [Message.objects.get(pk=one.message_id).speaker for one in (first, second, third)]
    assert speakers == ["Lizzy", "Tor", ""]
    assert [role for role, _ in what_is_read(third)] == ["assistant", "user", "user", "user"], "nobody's role"


def test_before_anything_was_asked_the_chosen_one_begins(alice: User) -> None:
    talk = chat_actions.create_conversation(alice)
    lizzys = persona(alice)
    talk = talks.choose(alice, talk.pk, lizzys, called="A")
    assert talk.head is not None and talk.head.content.endswith("Wet again, A?")
    first = talk.head
    talk = talks.choose(alice, talk.pk, persona(alice, name="Tor", first_message="Toll!"))
    assert talk.head is not None and talk.head.content == "Toll!"
    assert talks.choose(alice, talk.pk, lizzys).head == first, "said before, and shown again"
    assert talks.choose(alice, talk.pk, None).head_id is None
    assert talk.messages.count() == 2


def test_other_first_messages_stand_beside_the_first_until_something_is_asked(ask: Asking, alice: User) -> None:
    talk = talks.begin(alice, persona(alice))
    for number, text in ((1, "We are **closed**."), (2, "Ssh!"), (1, "We are **closed**.")):
        head = talks.greet(alice, talk.pk, number).head
        assert head is not None and head.content == text
    assert talk.messages.count() == 3
    ask(alice, "x", Conversation.objects.get(pk=talk.pk))
    with pytest.raises(Invalid):
        talks.greet(alice, talk.pk, 0)
    with pytest.raises(NotFound):
        talks.greet(alice, chat_actions.create_conversation(alice).pk, 0)


def test_a_fork_keeps_persona_name_and_speakers(ask: Asking, alice: User) -> None:
    talk = talks.begin(alice, persona(alice), called="A")
    assert talk.head is not None
    copy = branches.fork(alice, talk.head)
    assert (copy.persona_version, copy.called) == (talk.persona_version, "A")
    assert copy.head is not None and copy.head.speaker == "Lizzy"


def test_lorebooks_of_ones_own_are_read_without_a_persona(ask: Asking, alice: User, charlie: User) -> None:
    book = Lorebook.objects.create(owner=alice, name="b", data={"entries": [entry("{{user}} is wet. {{char}}")]})
    talk = chat_actions.create_conversation(alice)
    talk = talks.attach_books(alice, talk.pk, [book.pk])
    read = what_is_read(ask(alice, "rain", talk))
    assert read[0][1].endswith("User is wet. {{char}}")
    Generation.objects.update(state="done")
    book.data = {"entries": [entry("Dry.")]}
    book.save()
    assert what_is_read(ask(alice, "rain", talk))[0][1].endswith("Dry.")
    Generation.objects.update(state="done")
    book.delete()
    assert "Dry." not in what_is_read(ask(alice, "rain", talk))[0][1]
    theirs = Lorebook.objects.create(owner=charlie, name="c")
    with pytest.raises(NotFound):
        talks.attach_books(alice, talk.pk, [theirs.pk])
    with pytest.raises(Invalid):
        talks.attach_books(alice, talk.pk, [uuid4() for _ in range(11)])


def test_what_can_be_written_nowhere_keeps_no_answer_from_being_asked_for(ask: Asking, alice: User) -> None:
    odd = "a\x00b\ud800c"
    book = {"entries": [entry(odd, constant=True), entry(f"@@depth 0\n{odd}", keys=[odd]), entry(odd)], "name": odd}
    asked = ask(alice, "rain abc", talks.begin(alice, persona(alice, book=book, extra={"data": {"x": odd}})))
    read = what_is_read(asked)
    assert read[0][1].endswith("abc") and read[-1] == ("system", "abc")
    claimed = Generation.objects.get(pk=asked.pk)
    compositions.note([(claimed, contexts([claimed], {claimed.pk: ""})[claimed.pk].system)])


def test_a_book_that_breaks_us_holds_up_nobody(
    ask: Asking, alice: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = ask(alice, "x", talks.begin(alice, persona(alice)))
    monkeypatch.setattr("chat.personas.cast.Cast.script", lambda *_: 1 / 0)
    assert [role for role, _ in what_is_read(asked)][-1] == "user"
    assert "persona.not_read" in caplog.text


def test_of_two_who_save_at_once_one_is_told(alice: User) -> None:
    row = persona(alice)

    def save(name: str) -> str:
        try:
            mine = Persona.objects.select_related("current").get(pk=row.pk)
            actions.save(alice, mine, lizzy(name=name), base=1)
        except Invalid as error:
            return error.code
        finally:
            connection.close()
        return "saved"

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(save, ["a", "b", "c", "d"]))
    assert sorted(results) == ["changed_meanwhile"] * 3 + ["saved"]
    assert sorted(row.versions.values_list("number", flat=True)) == [1, 2]


def test_who_uses_no_persona_pays_for_none(ask: Asking, alice: User) -> None:
    talk = chat_actions.create_conversation(alice)
    asked = ask(alice, "x", talk)
    contexts([asked], {asked.pk: ""})
    with CaptureQueriesContext(
        connection,
    ) as queries:
        contexts([asked], {asked.pk: ""})
    assert len(queries) == 2 and not any("persona" in query["sql"].split("FROM")[1] for query in queries)
    Generation.objects.update(state="done")
    with CaptureQueriesContext(connection) as queries:
        ask(alice, "y", talk)
    assert not any("chat_personaversion" in query["sql"] or "chat_lorebook" in query["sql"] for query in queries)


def test_a_version_is_read_from_the_database_once(ask: Asking, alice: User) -> None:
    talk = talks.begin(alice, persona(alice))
    asked = ask(alice, "x", talk)
    with CaptureQueriesContext(connection) as queries:
        contexts([asked], {asked.pk: ""})
    assert len(queries) == 2
