"""What is remembered of a person: whose it is, what models are told of it and when not, and the way back."""

import datetime
import json
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from chat.messages import contexts
from chat.models import Conversation, Fact, Generation, Memory, Recalled
from chat.personas import actions as personas
from chat.personas import talks
from chat.personas.character import Character
from chat.portability import export
from chat.prompting.sources import sources
from chat.remembering import access, actions, standing, telling
from chat.remembering.told import MAX_TOLD
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached, NotFound
from meatlizard.vectors import index
from meatlizard.vectors.index import Item
from meatlizard.vectors.vector import DIMENSIONS, MODEL, Vector
from tests.chat.makers import ask_as

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def told(talk: UUID) -> str:
    return "\n".join(layer.text for layer in sources([talk])[talk] if layer.name == "facts")


def along(axis: int) -> Vector:
    return Vector.of(MODEL, [float(number == axis) for number in range(DIMENSIONS)])


def many(owner: User) -> list[Fact]:
    """More than an answer has room for."""
    return [actions.add(owner, f"Fact {number}: {'x' * 200}") for number in range(MAX_TOLD // 200 + 3)]


class TestKeeping:
    def test_written_changed_deleted_and_brought_back(self, alice: User) -> None:
        fact = actions.add(alice, "  I keep\n three geckos. ")
        assert fact.text == "I keep three geckos."
        assert actions.add(alice, "I keep three geckos.").pk == fact.pk, "nothing is remembered twice"
        actions.change(fact, "I keep four geckos.")
        talk = ask_as(alice).conversation_id
        assert told(talk).endswith("- I keep four geckos.")
        moment = actions.remove(alice, fact)
        assert told(talk) == ""
        assert actions.bring_back(alice, moment) == 1
        assert "four geckos" in told(talk)

    def test_all_of_it_goes_and_comes_back_together(self, alice: User, bob: User) -> None:
        actions.remove(alice, actions.add(alice, "Deleted before."))
        for text in ("One.", "Two."):
            actions.add(alice, text)
        actions.add(bob, "Bob's.")
        moment = actions.remove(alice)
        assert not access.facts_of(alice).exists()
        assert access.facts_of(bob).count() == 1
        assert actions.bring_back(alice, moment) == 2
        later = timezone.now() + datetime.timedelta(days=31)
        assert actions.empty_trash(later) == 1, "what was deleted before, and stayed so"

    @pytest.mark.parametrize("text", ["", " \n", "x" * 501, "\x00"])
    def test_what_is_no_fact_is_refused(self, alice: User, text: str) -> None:
        with pytest.raises(Invalid):
            actions.add(alice, text)

    def test_there_is_a_most(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(actions, "MAX_FACTS", 1)
        actions.add(alice, "One.")
        with pytest.raises(LimitReached):
            actions.add(alice, "Two.")

    def test_it_is_exported_with_the_conversations(self, alice: User, bob: User) -> None:
        import io
        import zipfile

        actions.add(alice, "I keep geckos.")
        actions.add(bob, "I keep newts.")
        with zipfile.ZipFile(io.BytesIO(b"".join(export.archive(alice, "json")))) as packed:
            memory = json.loads(packed.read("memory.json"))
        assert [fact["text"] for fact in memory["facts"]] == ["I keep geckos."]

    def test_it_goes_with_the_account_and_its_vectors_too(self, alice: User) -> None:
        fact = actions.add(alice, "I keep geckos.")
        index.collection("chat.facts").put([Item(str(fact.pk), f"u{alice.pk}", "", along(0))])
        owner = alice.pk
        alice.delete()
        assert not Fact.objects.exists()
        assert index.collection("chat.facts").search(along(0), f"u{owner}", None, 5) == []


class TestTelling:
    def test_everywhere_but_where_it_is_switched_off(self, alice: User) -> None:
        actions.add(alice, "I keep geckos.")
        talk, other = ask_as(alice).conversation, ask_as(alice).conversation
        assert "geckos" in told(talk.pk)
        actions.switch_in(talk, on=False)
        assert told(talk.pk) == ""
        assert "geckos" in told(other.pk)
        actions.switch(alice, on=False)
        assert told(other.pk) == ""
        actions.switch(alice, on=True)
        assert "geckos" in told(other.pk)

    def test_nothing_of_one_person_to_another(self, alice: User, charlie: User) -> None:
        actions.add(alice, "I keep geckos.")
        assert told(ask_as(charlie).conversation_id) == ""

    def test_not_on_discord_where_others_read_along(self, alice: User) -> None:
        actions.add(alice, "I keep geckos.")
        talk = ask_as(alice).conversation_id
        Conversation.objects.filter(pk=talk).update(place="discord")
        assert told(talk) == ""

    def test_a_persona_may_be_told_nothing(self, alice: User, charlie: User) -> None:
        actions.add(alice, "I keep geckos.")
        ada = personas.create(alice, Character(name="Ada"))
        talk = talks.begin(alice, ada)
        assert "geckos" in told(talk.pk)
        actions.keep_from(alice, ada.pk, kept=True)
        assert told(talk.pk) == ""
        assert "geckos" in told(ask_as(alice).conversation_id)
        actions.keep_from(alice, ada.pk, kept=False)
        assert "geckos" in told(talk.pk)
        with pytest.raises(NotFound):
            actions.keep_from(charlie, ada.pk, kept=True)

    def test_a_model_reads_it_as_a_layer(self, alice: User) -> None:
        actions.add(alice, "I keep geckos.")
        answer = ask_as(alice)
        system = contexts([answer], {answer.pk: ""})[answer.pk].system
        assert "I keep geckos." in next(layer.text for layer in system.layers if layer.name == "facts")


class TestMany:
    """More facts than an answer has room for."""

    def test_the_newest_have_room_and_the_rest_is_looked_up(self, alice: User) -> None:
        many(alice)
        memory = Memory.objects.get(pk=alice.pk)
        assert memory.many
        assert len(memory.told) <= MAX_TOLD
        assert "Fact 14" in memory.told
        assert "Fact 0:" not in memory.told
        standing.refresh()
        talk = ask_as(alice).conversation
        assert standing.asks(talk)
        actions.switch_in(talk, on=False)
        assert not standing.asks(talk)

    def test_who_has_few_waits_for_nothing(self, alice: User) -> None:
        actions.add(alice, "I keep geckos.")
        standing.refresh()
        assert not standing.asks(ask_as(alice).conversation)

    def test_what_bears_on_the_question_takes_the_place_of_the_newest(self, alice: User) -> None:
        facts = many(alice)
        index.collection("chat.facts").put([Item(str(facts[0].pk), f"u{alice.pk}", "", along(0))])
        answer = ask_as(alice)
        telling.keep(answer, along(0))
        answer.lease_epoch = 2
        system = contexts([answer], {answer.pk: ""})[answer.pk].system
        (layer,) = (layer for layer in system.layers if layer.name == "facts")
        assert "Fact 0:" in layer.text
        assert "Fact 14:" not in layer.text

    def recalled(self, answer: Generation) -> str:
        """What a waiting answer is told of what was looked up for it."""
        answer.lease_epoch = 2
        system = contexts([answer], {answer.pk: ""})[answer.pk].system
        return "\n".join(layer.text for layer in system.layers if layer.name == "facts")

    def test_what_is_deleted_or_changed_while_an_answer_waits_is_not_told(self, alice: User) -> None:
        facts = many(alice)
        index.collection("chat.facts").put([Item(str(fact.pk), f"u{alice.pk}", "", along(0)) for fact in facts[:2]])
        answer = ask_as(alice)
        telling.keep(answer, along(0))
        assert "Fact 0:" in self.recalled(answer)
        actions.remove(alice, facts[0])
        assert "Fact 0:" not in self.recalled(answer)
        assert not Recalled.objects.filter(text__contains="Fact 0:").exists()
        telling.keep(answer, along(0))
        assert "Fact 1:" in self.recalled(answer)
        actions.change(facts[1], "I moved.")
        assert "Fact 1:" not in self.recalled(answer)

    def test_what_is_switched_off_while_an_answer_waits_is_not_told(self, alice: User) -> None:
        facts = many(alice)
        index.collection("chat.facts").put([Item(str(facts[0].pk), f"u{alice.pk}", "", along(0))])
        answer = ask_as(alice)
        telling.keep(answer, along(0))
        actions.switch_in(answer.conversation, on=False)
        assert self.recalled(answer) == ""
        actions.switch_in(answer.conversation, on=True)
        telling.keep(answer, along(0))
        actions.switch(alice, on=False)
        assert self.recalled(answer) == ""

    def test_nobody_elses_facts_are_near(self, alice: User, charlie: User) -> None:
        fact = actions.add(alice, "I keep geckos.")
        index.collection("chat.facts").put([Item(str(fact.pk), f"u{alice.pk}", "", along(0))])
        assert telling.near(alice.pk, along(0)) == ["I keep geckos."]
        assert telling.near(charlie.pk, along(0)) == []

    def test_nothing_is_looked_up_where_it_is_off(self, alice: User) -> None:
        facts = many(alice)
        index.collection("chat.facts").put([Item(str(facts[0].pk), f"u{alice.pk}", "", along(0))])
        answer = ask_as(alice)
        actions.switch(alice, on=False)
        telling.keep(Generation.objects.get(pk=answer.pk), along(0))
        assert not Recalled.objects.exists()


class TestPages:
    def client(self, user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    def test_its_owner_works_with_it(self, alice: User) -> None:
        client, url = self.client(alice), reverse("chat:facts")
        assert "Nothing is remembered" in client.get(url).content.decode()
        client.post(url, {"text": "I keep <b>geckos</b>."})
        page = client.get(url).content.decode()
        assert "I keep &lt;b&gt;geckos&lt;/b&gt;." in page
        fact = Fact.objects.get()
        client.post(reverse("chat:fact", args=[fact.pk]), {"text": "I keep newts."})
        assert b"newts" in client.get(reverse("chat:facts-export")).content
        gone = client.post(reverse("chat:fact-delete", args=[fact.pk]), follow=True).content.decode()
        assert 'data-testid="undo"' in gone
        moment = Fact.objects.get().removed
        assert moment is not None
        client.post(reverse("chat:facts-bring-back"), {"moment": moment.isoformat()})
        assert access.facts_of(alice).count() == 1
        client.post(reverse("chat:facts-delete"))
        assert not access.facts_of(alice).exists()
        client.post(reverse("chat:facts-switch"), {"on": "0"})
        assert not access.memory_of(alice).on
        talk = ask_as(alice).conversation
        client.post(reverse("chat:talk-facts", args=[talk.pk]), {"on": "0"})
        talk.refresh_from_db()
        assert not talk.memory
        assert client.get(reverse("chat:talk-facts", args=[talk.pk])).status_code == 200

    def test_a_persona_is_kept_from_it(self, alice: User) -> None:
        ada = personas.create(alice, Character(name="Ada"))
        talks.begin(alice, ada)
        client = self.client(alice)
        client.post(reverse("chat:facts-persona", args=[ada.pk]), {"told": "0"})
        assert "is told nothing" in client.get(reverse("chat:facts")).content.decode()

    def test_what_is_confirmed_beside_a_conversation_is_remembered_once_and_taken_back(self, alice: User) -> None:
        client, url, talk = self.client(alice), reverse("chat:facts-note"), ask_as(alice).conversation
        said = {"fact": "I am <b>vegetarian</b>", "conversation": str(talk.pk)}
        first, again = (client.post(url, said, "application/json").json() for _ in range(2))
        assert (first["added"], again) == (True, {"fact": first["fact"], "added": False})
        assert told(talk.pk).endswith("- I am <b>vegetarian</b>")
        assert Fact.objects.get().origin == Fact.Origin.ASKED
        client.post(url, {"forget": first["fact"]}, "application/json")
        assert told(talk.pk) == ""
        for wrong in ({}, {"fact": 3}, {"fact": " "}, {"fact": "x", "conversation": "y"}, {"fact": "x" * 501}):
            assert client.post(url, wrong, "application/json").status_code == 400, wrong
        assert client.post(url, {"forget": "x"}, "application/json").status_code == 404

    def test_nothing_is_offered_nor_confirmed_where_it_is_off(self, alice: User) -> None:
        client, url, talk = self.client(alice), reverse("chat:facts-note"), ask_as(alice).conversation
        said, page = (
            {"fact": "I am vegetarian", "conversation": str(talk.pk)},
            reverse("chat:conversation", args=[talk.pk]),
        )
        assert b'data-testid="remember"' in client.get(page).content
        actions.switch_in(talk, False)
        assert client.post(url, said, "application/json").status_code == 403
        assert b'data-testid="remember"' not in client.get(page).content
        actions.switch_in(talk, True)
        actions.switch(alice, False)
        for one in (said, said | {"conversation": None}):
            assert client.post(url, one, "application/json").status_code == 403
        assert b'data-testid="remember"' not in client.get(page).content
        assert not Fact.objects.exists()

    def test_a_stranger_and_a_guest_get_nowhere(self, alice: User, charlie: User) -> None:
        fact, talk = actions.add(alice, "I keep newts."), ask_as(alice).conversation_id
        moment = actions.remove(alice, actions.add(alice, "Gone."))
        ada = personas.create(alice, Character(name="Ada"))
        addresses = [
            reverse("chat:fact", args=[fact.pk]), reverse("chat:fact-delete", args=[fact.pk]),
            reverse("chat:facts-persona", args=[ada.pk]), reverse("chat:talk-facts", args=[talk]),
        ]  # fmt: skip
        stranger, guest = self.client(charlie), Client()
        for url in addresses:
            assert stranger.post(url, {"text": "x", "told": "0", "on": "0"}).status_code == 404, url
            assert guest.post(url).status_code in (302, 401), url
        for url in map(reverse, ("chat:facts", "chat:facts-export")):
            assert "newts" not in stranger.get(url).content.decode()
            assert guest.get(url).status_code in (302, 401), url
        note = reverse("chat:facts-note")
        for said in ({"fact": "x", "conversation": str(talk)}, {"forget": fact.pk}):
            assert stranger.post(note, said, "application/json").status_code == 404
            assert guest.post(note, said, "application/json").status_code in (302, 401)
        stranger.post(reverse("chat:facts-delete"))
        stranger.post(reverse("chat:facts-bring-back"), {"moment": moment.isoformat()})
        assert [row.text for row in access.facts_of(alice)] == ["I keep newts."]
