"""What models remember of a long conversation: the latest turns, what is pinned, and a summary of the rest."""

import json

import pytest
from django.test import Client, override_settings

from chat import actions, branches
from chat.context import actions as memory
from chat.messages import branch_out
from chat.models import Checkpoint, Conversation, Generation, Message
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from tests.chat.context.makers import LONG, SAID, Talk, summed_up, summed_up_after_three, system, texts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

# --- trimming and pins ------------------------------------------------------------------------------------------------


@override_settings(SUMMARY_AT=0)
def test_a_full_window_loses_its_oldest_block_and_the_answer_says_so(talk: Talk) -> None:
    for number in range(5):
        talk.ask(f"{number} {LONG}", LONG)
    claimed = talk.claimed()
    assert len(texts(claimed)) < 11
    assert texts(claimed)[-1] == "And now?"
    row = talk.answer_of(claimed)
    assert row.left_out == 11 - len(texts(claimed))
    assert row.window == talk.machine.window
    talk.machine.end(claimed, "Yes.", 1_000)
    out = branch_out(talk.row)[-1]
    assert f"{row.left_out} older messages were left out" in out.notice
    assert out.context == 1_060


@override_settings(SUMMARY_AT=0)
def test_a_pinned_message_is_read_however_old(alice: User, talk: Talk) -> None:
    first = talk.ask("My name is Ada.", LONG)
    assert first.parent is not None
    memory.pin(alice, first.parent)
    for _ in range(5):
        talk.ask()
    claimed = talk.claimed()
    assert "My name is Ada." not in texts(claimed)
    assert "User: My name is Ada." in system(claimed)
    talk.machine.end(claimed, "Ada.")
    memory.pin(alice, first.parent, False)
    assert "Ada" not in system(talk.claimed())


@override_settings(SUMMARY_AT=0)
def test_a_short_conversation_notes_nothing(talk: Talk) -> None:
    talk.ask("Why?", "Because.")
    row = Generation.objects.get()
    assert (row.window, row.prompt_estimate, row.left_out, row.summarised) == (None, None, 0, 0)


@override_settings(SUMMARY_AT=0)
def test_what_an_engine_counted_decides_what_fits(talk: Talk) -> None:
    for _ in range(5):
        talk.ask(read=300)
    shorter = Generation.objects.filter(prompt_estimate__isnull=False).order_by("-created").first()
    assert shorter is not None
    assert shorter.prompt_estimate is not None
    few = len(texts(talk.claimed()))
    # The same words were fewer tokens to this model than the site had thought: all of them fit.
    Generation.objects.filter(state="leased").update(state="done")
    Generation.objects.filter(pk=shorter.pk).update(prompt_tokens=shorter.prompt_estimate // 4)
    assert len(texts(talk.claimed())) > few


def test_more_pins_than_there_may_be_are_refused(alice: User, talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MAX_PINNED", 1)
    first, second = talk.ask(), talk.ask()
    memory.pin(alice, first)
    with pytest.raises(Invalid, match="at most 1 pinned"):
        memory.pin(alice, second)
    memory.pin(alice, first)
    memory.pin(alice, first, False)
    assert memory.pin(alice, second).pinned


def test_a_deleted_message_cannot_be_pinned(alice: User, talk: Talk) -> None:
    answer = talk.ask()
    branches.remove(alice, answer)
    with pytest.raises(NotFound):
        memory.pin(alice, answer)


# --- doors ------------------------------------------------------------------------------------------------------------


def doors(talk: Talk, row: Checkpoint) -> list[tuple[str, dict[str, object]]]:
    message = Message.objects.filter(conversation=talk.pk).first()
    assert message is not None
    return [
        (f"/chat/message/{message.pk}/pin/", {"pinned": True}),
        (f"/chat/{talk.pk}/summaries/", {"wanted": False}),
        (f"/chat/summary/{row.pk}/edit/", {"text": "Mine."}),
        (f"/chat/summary/{row.pk}/delete/", {}),
        (f"/chat/{talk.pk}/summarise/", {}),
    ]


def test_alice_uses_every_door_charlie_none_and_a_guest_is_asked_in(
    client: Client, alice: User, charlie: User, talk: Talk
) -> None:
    row = summed_up_after_three(talk)
    talk.ask()
    for who, expected in (("guest", 302), ("charlie", 404), ("alice", 200)):
        if who != "guest":
            client.force_login(charlie if who == "charlie" else alice)
        assert client.get(f"/chat/{talk.pk}/context/").status_code == expected
        for address, body in doors(talk, row):
            answer = client.post(address, json.dumps(body), content_type="application/json")
            assert answer.status_code in ({200, 202} if who == "alice" else {expected}), (who, address)
        if who != "alice":
            assert Checkpoint.objects.get().text == SAID
            assert not Message.objects.filter(pinned=True).exists()


@pytest.mark.parametrize("body", ["{}", '{"pinned": 1}', '{"pinned": "yes"}', "[]", "nonsense"])
def test_a_pin_says_yes_or_no(client: Client, alice: User, talk: Talk, body: str) -> None:
    answer = talk.ask()
    client.force_login(alice)
    refused = client.post(f"/chat/message/{answer.pk}/pin/", body, content_type="application/json")
    assert refused.status_code == 400
    assert not Message.objects.filter(pinned=True).exists()


def test_the_figures_are_counted_where_they_were_and_estimated_otherwise(
    client: Client, alice: User, talk: Talk
) -> None:
    client.force_login(alice)
    address = f"/chat/{talk.pk}/context/"
    empty = client.get(address).json()
    assert (empty["used"], empty["measured"], empty["window"]) == (0, False, 2_048)
    for _ in range(3):
        answer = talk.ask(read=700)
    memory.pin(alice, answer)
    found = client.get(address).json()
    assert (found["used"], found["measured"], found["model"]) == (760, True, "tiny")
    assert [pinned["id"] for pinned in found["pinned"]] == [str(answer.pk)]
    summed_up(talk)
    after = client.get(address).json()
    assert not after["measured"]
    assert 0 < after["used"] < 1_500


def test_nobody_knows_the_window_of_a_model_that_was_never_offered(client: Client, alice: User) -> None:
    conversation = actions.create_conversation(alice)
    Conversation.objects.filter(pk=conversation.pk).update(model="nobody")
    client.force_login(alice)
    assert client.get(f"/chat/{conversation.pk}/context/").json()["window"] is None


def test_the_page_shows_a_summary_at_its_place_and_hostile_text_stays_text(
    client: Client, alice: User, talk: Talk
) -> None:
    row = summed_up_after_three(talk)
    memory.edit(alice, row, "<script>alert(1)</script><img src=x onerror=alert(1)>")
    client.force_login(alice)
    page = client.get(f"/chat/{talk.pk}/").content.decode()
    assert 'data-testid="checkpoint"' in page
    assert "<script>alert(1)</script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
