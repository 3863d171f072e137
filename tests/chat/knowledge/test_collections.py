"""Collections and their documents: whose they are, what they take, and the way back."""

import datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.utils import timezone

from chat.knowledge import access, actions, adding, attaching, carrying, finding, sources
from chat.models import Collection, Document, Passage, Persona
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, LimitReached, NotFound, StorageFull
from meatlizard.security.fetch import Fetched
from meatlizard.storage import actions as storage
from tests.chat.knowledge.conftest import Noting
from tests.chat.makers import ask_as

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


class TestWhose:
    def test_its_owner_reads_and_changes_it_and_a_stranger_finds_nothing(
        self, alice: User, charlie: User, shelf: Collection, note: Noting
    ) -> None:
        document = note(shelf, "They bask.")
        passage = Passage.objects.get()
        assert access.access_collection_to_change(alice, shelf.pk) == shelf
        assert access.access_document_to_change(alice, document.pk) == document
        assert access.access_passage(alice, passage.pk) == passage
        for reach, key in (
            (access.access_collection, shelf.pk),
            (access.access_collection_to_change, shelf.pk),
            (access.access_document, document.pk),
            (access.access_document_to_change, document.pk),
            (access.access_passage, passage.pk),
        ):
            with pytest.raises(NotFound):
                reach(charlie, key)  # type: ignore[operator]

    def test_what_is_the_sites_every_member_reads_and_operators_change(
        self, charlie: User, olga: User, sites: Collection, note: Noting
    ) -> None:
        document = note(sites, "No running.")
        assert access.access_document(charlie, document.pk) == document
        with pytest.raises(Forbidden):
            access.access_collection_to_change(charlie, sites.pk)
        with pytest.raises(Forbidden):
            access.access_document_to_change(charlie, document.pk)
        assert access.access_collection_to_change(olga, sites.pk) == sites
        with pytest.raises(Forbidden):
            actions.make(charlie, "Mine for all", for_all=True)

    @pytest.mark.parametrize("name", ["", "  ", "x" * 101])
    def test_a_name_that_is_none_is_refused(self, alice: User, name: str) -> None:
        with pytest.raises(Invalid):
            actions.make(alice, name)

    def test_there_is_a_most(self, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(actions, "MAX_COLLECTIONS", 1)
        actions.remove(actions.make(alice, "One"))
        with pytest.raises(LimitReached):
            actions.make(alice, "Two")
        actions.make(bob, "One")


class TestDocuments:
    def test_passages_are_the_text_where_they_say(self, shelf: Collection, note: Noting) -> None:
        text = "# Food\n\n" + "They eat crickets. " * 120
        document = note(shelf, text)
        document.refresh_from_db()
        passages = list(document.passages.all())
        assert len(passages) > 1
        assert all(document.text[one.start : one.end] == one.content for one in passages)
        assert {one.heading for one in passages} == {"Food"}
        assert [one.number for one in passages] == list(range(1, len(passages) + 1))

    def test_they_take_of_their_owners_storage_and_give_it_back_when_they_are_gone(
        self, alice: User, shelf: Collection, note: Noting
    ) -> None:
        document = note(shelf, "They bask on walls. " * 200)
        assert storage.used_by(alice) == document.size > len("They bask on walls. " * 200)
        adding.remove(document)
        assert storage.used_by(alice) == document.size, "what is in the trash can come back, and takes its room"
        later = timezone.now() + datetime.timedelta(days=31)
        assert actions.empty_trash(later) == 1
        assert storage.used_by(alice) == 0
        assert not Document.objects.exists()

    def test_without_room_it_says_so_and_keeps_nothing_of_it(
        self, alice: User, shelf: Collection, note: Noting
    ) -> None:
        tier = alice.tier
        tier.storage_bytes = 100
        tier.save()
        document = note(shelf, "They bask on walls. " * 200)
        assert document.state == "failed"
        assert str(StorageFull.default_message)[:0] == "" and "in use" in document.error
        assert not Passage.objects.exists()
        assert storage.used_by(alice) == 0

    def test_what_is_the_sites_takes_of_nobody(self, olga: User, sites: Collection, note: Noting) -> None:
        note(sites, "No running.")
        assert storage.used_by(olga) == 0

    def test_a_file_is_read_and_one_that_cannot_be_says_why(self, shelf: Collection) -> None:
        good = adding.add_file(shelf, "notes.md", [b"# Lizards\n\nThey bask.\n"], 22)
        assert (good.state, good.error, good.kind) == ("read", "", "file")
        bad = adding.add_file(shelf, "notes.bin", [b"\x00\x01\x02" * 400], 1_200)
        assert (bad.state, bad.text) == ("failed", "")
        assert "no text" in bad.error
        picture = Path("frontend/static/icon-180.png").read_bytes()
        assert "image" in adding.add_file(shelf, "icon.png", [picture], len(picture)).error

    @pytest.mark.parametrize("text", ["", "  \n "])
    def test_an_empty_note_is_refused(self, shelf: Collection, text: str) -> None:
        with pytest.raises(Invalid):
            adding.add_note(shelf, "Empty", text)
        assert not Document.objects.exists()

    def test_there_is_a_most(self, shelf: Collection, note: Noting, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(adding, "MAX_DOCUMENTS", 1)
        note(shelf, "One")
        with pytest.raises(LimitReached):
            note(shelf, "Two")

    def test_one_whose_reader_was_killed_is_noticed(self, shelf: Collection) -> None:
        now = timezone.now()
        rows = [
            Document.objects.create(collection=shelf, kind="file", name="x", created=now - datetime.timedelta(minutes=age))
            for age in (20, 1)
        ]  # fmt: skip
        assert adding.give_up_late() == 1
        late, fresh = (Document.objects.get(pk=row.pk) for row in rows)
        assert (late.state, fresh.state) == ("failed", "reading")
        assert "Add it again" in late.error


class TestCarrying:
    def test_an_archive_of_an_account_has_its_texts(
        self, alice: User, bob: User, shelf: Collection, note: Noting
    ) -> None:
        note(shelf, "They bask.", "../../Walls")
        adding.remove(note(shelf, "Gone.", "Gone"))
        assert list(carrying.files_of(alice)) == [("collections/Lizards/0001 Walls.txt", b"They bask.")]
        assert list(carrying.files_of(bob)) == []


class TestPages:
    def fetched(self, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
        page = f"<html><title>Care</title><body><main><h1>Food</h1><p>{text}</p></main></body></html>".encode()
        found = Fetched(url="https://example.org/care", media_type="text/html", charset="utf-8", body=page)
        monkeypatch.setattr("chat.attachments.links.fetcher.get", lambda url: found)

    def test_a_page_is_fetched_and_read_again(
        self, alice: User, shelf: Collection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.fetched(monkeypatch, "They eat crickets, many of them, every single day of the summer.")
        page = adding.add_page(shelf, "https://example.org/care")
        assert (page.state, page.name, page.source) == ("read", "Care", "https://example.org/care")
        self.fetched(monkeypatch, "They eat nothing at all, not even on the warmest day of the summer.")
        again = adding.read_again(page, alice)
        assert (again.version, "nothing" in again.text) == (2, True)
        assert [one.content for one in again.passages.all() if "crickets" in one.content] == []
        assert storage.used_by(alice) == again.size

    def test_what_was_read_before_stays_where_reading_again_fails(
        self, alice: User, shelf: Collection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.fetched(monkeypatch, "They eat crickets, many of them, every single day of the summer.")
        page = adding.add_page(shelf, "https://example.org/care")

        def gone(url: str) -> None:
            raise Invalid("This page is not there.")

        monkeypatch.setattr("chat.attachments.links.fetcher.get", gone)
        again = adding.read_again(page, alice)
        assert (again.state, again.error) == ("read", "This page is not there.")
        assert "crickets" in again.text

    @pytest.mark.parametrize(
        "address", ["ftp://example.org/x", "javascript:alert(1)", "example.org", "https://a b", ""]
    )
    def test_only_an_address_is_fetched(self, shelf: Collection, address: str) -> None:
        with pytest.raises(Invalid):
            adding.add_page(shelf, address)

    @pytest.mark.parametrize("address", ["http://127.0.0.1/", "http://169.254.169.254/latest", "http://[::1]:8000/"])
    def test_the_sites_own_machine_is_out_of_reach(self, shelf: Collection, address: str) -> None:
        document = adding.add_page(shelf, address)
        assert document.state == "failed"
        assert document.error

    def test_a_note_is_not_read_again(self, alice: User, shelf: Collection, note: Noting) -> None:
        with pytest.raises(Invalid):
            adding.read_again(note(shelf, "They bask."), alice)


class TestSources:
    def test_another_part_of_the_site_lets_read_what_is_the_askers_alone(
        self, alice: User, charlie: User, shelf: Collection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def read(user: User, key: str) -> sources.Text:
            if user != alice:
                raise NotFound
            return sources.Text(f"Thing {key}", "They bask.")

        monkeypatch.setattr(sources, "_sources", {})
        sources.register(sources.Source("thing", "Thing", lambda user, query: [sources.Item("1", "Thing 1")], read))
        made = adding.add_from(shelf, alice, "thing", "1")
        assert (made.kind, made.name, made.source, made.state) == ("thing", "Thing 1", "1", "read")
        with pytest.raises(NotFound):
            adding.add_from(shelf, charlie, "thing", "1")
        with pytest.raises(NotFound):
            adding.add_from(shelf, alice, "nothing", "1")
        with pytest.raises(ValueError, match="own"):
            sources.register(sources.Source("file", "File", lambda user, query: [], read))


class TestFinding:
    def test_any_word_counts_and_rare_ones_most(self, shelf: Collection, note: Noting) -> None:
        note(shelf, "The wall is warm.", "Wall")
        note(shelf, "The lamp is warm, and has ultraviolet light.", "Lamp")
        found = finding.find([shelf], "what about ultraviolet and warm things?", 5)
        assert [one.title for one in found] == ["Lamp", "Wall"]

    def test_only_in_the_collections_that_are_named(self, alice: User, shelf: Collection, note: Noting) -> None:
        other = actions.make(alice, "Other")
        note(other, "ultraviolet")
        assert finding.find([shelf], "ultraviolet", 5) == []
        assert finding.find([], "ultraviolet", 5) == []
        assert len(finding.find([shelf, other], "ultraviolet", 5)) == 1

    def test_nothing_of_what_is_in_the_trash_and_all_of_what_came_back(self, shelf: Collection, note: Noting) -> None:
        document = note(shelf, "ultraviolet")
        adding.remove(document)
        assert finding.find([shelf], "ultraviolet", 5) == []
        adding.bring_back(document)
        assert len(finding.find([shelf], "ultraviolet", 5)) == 1
        actions.remove(shelf)
        assert finding.find([shelf], "ultraviolet", 5) == []
        actions.bring_back(shelf)
        assert len(finding.find([shelf], "ultraviolet", 5)) == 1

    @pytest.mark.parametrize(
        "query", ['"', "' OR 1=1 --", "NEAR(", "a:b", "*", "\x00", "ultra\ud800", "c" * 300, "| & !"]
    )
    def test_whatever_is_asked_is_words(self, shelf: Collection, note: Noting, query: str) -> None:
        note(shelf, "ultraviolet")
        finding.find([shelf], query, 5)

    def test_another_text_is_found_in_place_of_the_former(
        self, alice: User, shelf: Collection, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        texts = iter(["ultraviolet", "infrared"])
        monkeypatch.setattr(sources, "_sources", {})
        source = sources.Source(
            "thing", "Thing", lambda user, query: [], lambda user, key: sources.Text("T", next(texts))
        )
        sources.register(source)
        made = adding.add_from(shelf, alice, "thing", "1")
        adding.read_again(made, alice)
        assert finding.find([shelf], "ultraviolet", 5) == []
        assert len(finding.find([shelf], "infrared", 5)) == 1


class TestAttaching:
    def test_to_a_conversation(self, alice: User, charlie: User, shelf: Collection, sites: Collection) -> None:
        talk = ask_as(alice).conversation
        attaching.add(alice, talk.pk, shelf.pk)
        attaching.add(alice, talk.pk, sites.pk)
        attaching.add(alice, talk.pk, shelf.pk)
        talk.refresh_from_db()
        assert attaching.of_conversation(talk) == [sites.pk, shelf.pk]
        with pytest.raises(NotFound):
            attaching.add(charlie, talk.pk, sites.pk)
        theirs = ask_as(charlie).conversation
        with pytest.raises(NotFound):
            attaching.add(charlie, theirs.pk, shelf.pk)
        attaching.attach(alice, talk.pk, [])
        talk.refresh_from_db()
        assert talk.collections == ""

    def test_not_more_than_fit(self, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
        talk = ask_as(alice).conversation
        keys = [actions.make(alice, f"Number {number}").pk for number in range(11)]
        with pytest.raises(Invalid):
            attaching.attach(alice, talk.pk, keys)
        attaching.attach(alice, talk.pk, keys[:10])
        with pytest.raises(Invalid):
            attaching.add(alice, talk.pk, keys[10])

    def test_to_a_persona(self, alice: User, shelf: Collection) -> None:
        persona = Persona.objects.create(owner=alice, updated=timezone.now())
        attaching.attach_to_persona(alice, persona, [shelf.pk])
        assert attaching.of_persona(persona) == [shelf.pk]
        with pytest.raises(NotFound):
            attaching.attach_to_persona(alice, persona, [uuid4()])
        attaching.attach_to_persona(alice, persona, [])
        assert attaching.of_persona(persona) == []
