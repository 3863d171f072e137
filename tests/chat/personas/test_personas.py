"""Personas and their versions: Alice's own; Bob, a member; a visitor without account; Olga, who operates the site."""

import dataclasses
import datetime
from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from chat.actions import create_conversation
from chat.models import Avatar, Conversation, Lorebook, Persona, PersonaVersion
from chat.personas import access, actions
from chat.personas import character as characters
from chat.personas.character import MAX_READ, MAX_TEXT, Character
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, LimitReached, NotFound
from tests.chat.personas.makers import lizzy, persona

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

NOBODY = AnonymousUser()
ODD = {"a": "\x00", "b": "\ud800", "c": 1e300, "d": [None, True, 10**40], "é": {"deep": [{"": []}]}}


def refused(viewer: User | AnonymousUser, row: Persona) -> bool:
    try:
        access.access_persona(viewer, row.pk)
    except NotFound:
        return True
    return False


def test_a_new_persona_is_a_draft_for_its_owner_alone(alice: User, bob: User, olga: User) -> None:
    row = persona(alice)
    assert (row.state, row.visibility, row.published) == ("draft", "mine", None)
    assert row.current is not None and characters.of(row.current) == characters.checked(lizzy())
    assert access.access_persona(alice, row.pk) == row and access.access_persona(olga, row.pk) == row
    assert refused(bob, row) and refused(NOBODY, row)


@pytest.mark.parametrize(
    ("visibility", "publish", "members", "visitors"),
    [
        ("mine", True, False, False), ("shared", False, False, False), ("shared", True, True, False),
        ("public", False, False, False), ("public", True, True, True),
    ],
)  # fmt: skip
def test_others_read_what_is_published_as_far_as_it_is_shown(
    alice: User, bob: User, visibility: str, publish: bool, members: bool, visitors: bool
) -> None:
    row = persona(alice, visibility, publish)
    assert refused(bob, row) is not members
    assert refused(NOBODY, row) is not visitors
    assert (row in access.shared_personas(bob)) is members
    assert (row in access.shared_personas(NOBODY)) is visitors
    assert row in access.own_personas(alice) and row not in access.shared_personas(alice)


def test_others_read_the_published_version_until_the_next_one_is_published(alice: User, bob: User) -> None:
    row = persona(alice, "shared", publish=True)
    actions.save(alice, row, lizzy(name="Liz"))
    assert row.state == "draft"
    assert access.shown_version(bob, access.access_persona(bob, row.pk)).name == "Lizzy"
    assert access.shown_version(alice, access.access_persona(alice, row.pk)).name == "Liz"
    actions.set_state(row, "published")
    assert access.shown_version(bob, access.access_persona(bob, row.pk)).name == "Liz"
    actions.withdraw(row)
    assert refused(bob, row)


def test_the_database_keeps_published_and_current_together(alice: User) -> None:
    row = persona(alice)
    with pytest.raises(IntegrityError), transaction.atomic():
        Persona.objects.filter(pk=row.pk).update(state="published")


def test_who_may_change_it(alice: User, bob: User, charlie: User, olga: User) -> None:
    row = persona(alice, "shared", publish=True)
    assert access.access_persona_to_change(alice, row.pk) == row == access.access_persona_to_change(olga, row.pk)
    with pytest.raises(Forbidden):
        access.access_persona_to_change(bob, row.pk)
    actions.show_to(row, "mine")
    with pytest.raises(NotFound):
        access.access_persona_to_change(charlie, row.pk)
    charlie.is_staff = True
    charlie.save()
    with pytest.raises(NotFound):
        access.access_persona_to_change(charlie, row.pk)
    charlie.user_permissions.add(Permission.objects.get(codename="change_persona"))
    assert access.access_persona_to_change(User.objects.get(pk=charlie.pk), row.pk) == row


def test_what_a_person_who_was_locked_out_shared_is_gone(alice: User, bob: User) -> None:
    row = persona(alice, "public", publish=True)
    alice.is_active = False
    alice.save()
    assert refused(bob, row) and refused(NOBODY, row)


def test_what_a_suspended_person_shares_is_gone_until_they_are_back(alice: User, bob: User) -> None:
    row = persona(alice, "public", publish=True)
    alice.suspended_until = timezone.now() + datetime.timedelta(days=1)
    alice.save()
    assert refused(bob, row) and refused(NOBODY, row)
    alice.suspended_until = timezone.now() - datetime.timedelta(seconds=1)
    alice.save()
    assert not refused(bob, row) and not refused(NOBODY, row)


def test_every_saved_change_is_a_version(alice: User) -> None:
    row = persona(alice)
    first = row.current
    second = actions.save(alice, row, lizzy(name="Liz"), base=1)
    assert (second.number, row.current) == (2, second)
    assert actions.save(alice, row, lizzy(name=" Liz "), base=2) == second, "nothing changed"
    with pytest.raises(Invalid) as error:
        actions.save(alice, row, lizzy(name="Lizette"), base=1)
    assert error.value.code == "changed_meanwhile"
    assert first is not None
    third = actions.restore(alice, row, first)
    assert (third.number, third.name, "1" in third.note) == (3, "Lizzy", True)
    assert [one.number for one in row.versions.all()] == [3, 2, 1]


def test_only_who_may_change_it_sees_old_versions(alice: User, bob: User) -> None:
    row = persona(alice, "shared", publish=True)
    assert access.access_version(alice, row, 1) == row.current
    for viewer, number in ((bob, 1), (alice, 2)):
        with pytest.raises(NotFound):
            access.access_version(viewer, row, number)


def test_versions_are_kept_within_bounds_but_those_in_use(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MAX_VERSIONS", 2)
    row = persona(alice, "shared", publish=True)
    used = actions.save(alice, row, lizzy(name="two"))
    talk = create_conversation(alice)
    Conversation.objects.filter(pk=talk.pk).update(persona_version=used)
    for name in ("three", "four", "five"):
        actions.save(alice, row, lizzy(name=name))
    assert [one.number for one in row.versions.all()] == [5, 4, 2, 1]


def test_what_a_card_held_comes_back_to_the_last_bit(alice: User) -> None:
    row = persona(alice, extra=ODD, book={"entries": [ODD]})
    stored = PersonaVersion.objects.get(persona=row)
    assert stored.extra == ODD and stored.book == {"entries": [ODD]}
    with connection.cursor() as cursor:
        cursor.execute("SELECT extra FROM chat_personaversion")
        assert cursor.fetchone()[0].isascii()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "  "}, "name_empty"), ({"name": "x" * 101}, "too_long"), ({"description": "x" * (MAX_TEXT + 1)}, "too_long"),
        ({"alternatives": ("x",) * 101}, "too_many"), ({"tags": tuple(map(str, range(51)))}, "too_many"),
        ({"sampling": {"temperature": 9}}, "sampling_out_of_range"), ({"sampling": {"seed": 1}}, "sampling_unknown"),
        (dict.fromkeys(("description", "scenario", "examples"), "x" * MAX_TEXT), "too_long"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_persona_is_refused(alice: User, change: dict[str, object], code: str) -> None:
    with pytest.raises(Invalid) as error:
        actions.create(alice, lizzy(**change))
    assert error.value.code == code and error.value.message
    assert not Persona.objects.exists()


def test_what_is_just_possible_is_taken_and_cleaned(alice: User) -> None:
    full = dict.fromkeys(("description", "scenario"), "x" * (MAX_READ // 2 - 10))
    row = persona(
        alice, **full, name=" a\x00\ud800 b ", tags=("x", "x", " ", "y\n"), sampling={"temperature": 5, "top_p": ""}
    )
    assert row.current is not None
    assert (row.current.name, row.current.tags, row.current.sampling) == ("a b", ["x", "y"], {"temperature": 5})


def test_nobody_has_too_many(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MAX_PERSONAS", 1)
    row = persona(alice)
    with pytest.raises(LimitReached):
        persona(alice)
    persona(bob)
    actions.delete(row)
    persona(alice)


def test_making_and_deleting_in_turns_fills_no_disk(alice: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MAX_IN_ALL", 3)
    monkeypatch.setattr(actions, "MAX_PICTURES", 2)

    def picture() -> Avatar:
        return Avatar.objects.create(data=b"x", thumbnail=b"x", width=1, height=1)

    row = actions.create(alice, lizzy(), picture())
    actions.save(alice, row, lizzy(), picture())
    with pytest.raises(LimitReached) as error:
        actions.save(alice, row, lizzy(), picture())
    assert error.value.code == "too_many_pictures"
    actions.save(alice, row, lizzy(name="Liz"))
    actions.create(bob, lizzy(), picture())
    for _number in range(2):
        actions.delete(persona(alice))
    with pytest.raises(LimitReached) as error:
        persona(alice)
    assert error.value.code == "trash_full"


def test_deleted_and_brought_back(alice: User, bob: User) -> None:
    row = persona(alice, "shared", publish=True)
    actions.delete(row)
    assert refused(alice, row) and refused(bob, row) and row not in access.own_personas(alice)
    with pytest.raises(NotFound):
        actions.save(alice, row, lizzy(name="Liz"))
    with pytest.raises(NotFound):
        access.access_removed_persona(bob, row.pk)
    actions.bring_back(access.access_removed_persona(alice, row.pk))
    assert not refused(alice, row) and not refused(bob, row)


def test_deleted_for_good_it_goes_on_in_the_conversations_that_have_it(alice: User, bob: User) -> None:
    picture = Avatar.objects.create(data=b"x", thumbnail=b"x", width=1, height=1)
    row = persona(alice, "shared", publish=True)
    actions.save(alice, row, lizzy(name="Liz"), picture)
    used = row.published
    talk = create_conversation(bob)
    Conversation.objects.filter(pk=talk.pk).update(persona_version=used)
    actions.delete(row)
    assert actions.empty_trash() == 0, "not yet"
    later = timezone.now() + datetime.timedelta(days=31)
    assert actions.empty_trash(later) > 0
    assert not Persona.objects.exists() and not Avatar.objects.exists()
    talk.refresh_from_db()
    assert talk.persona_version == used and list(PersonaVersion.objects.all()) == [used]
    Conversation.objects.all().delete()
    actions.empty_trash(later)
    assert not PersonaVersion.objects.exists()


def test_a_copy_is_ones_own_and_takes_nobodys_lorebooks(alice: User, bob: User) -> None:
    book = Lorebook.objects.create(owner=alice, name="Rain")
    row = persona(alice, "shared", publish=True, books=(str(book.pk),), book={"entries": []})
    version = access.shown_version(bob, access.access_persona(bob, row.pk))
    taken = actions.copy(bob, version)
    assert taken.owner == bob and taken.visibility == "mine" and taken.current is not None
    assert (taken.current.books, taken.current.book, taken.current.name) == ([], {"entries": []}, "Lizzy")
    mine = actions.copy(alice, version)
    assert mine.current is not None and mine.current.books == [str(book.pk)]


def test_lorebooks_are_their_owners(alice: User, charlie: User) -> None:
    book = Lorebook.objects.create(owner=alice, name="Rain")
    assert access.access_lorebook(alice, book.pk) == book and list(access.lorebooks_of(alice)) == [book]
    for key, viewer in ((book.pk, charlie), (uuid4(), alice)):
        with pytest.raises(NotFound):
            access.access_lorebook(viewer, key)
    assert not access.lorebooks_of(charlie).exists()


def test_a_character_goes_through_a_row_unchanged(alice: User) -> None:
    full = lizzy(
        nickname="Liz", examples="<START>\nx", system_prompt="{{original}}", post_history="Be brief.", creator_notes="n",
        creator="c", character_version="1", model="tiny", sampling={"temperature": 0.5, "thinking": "off"},
        book={"entries": []}, books=(str(uuid4()),), extra={"data": {"x": 1}},
    )  # fmt: skip
    assert all(getattr(full, one.name) for one in dataclasses.fields(Character))
    row = actions.create(alice, full)
    assert characters.of(PersonaVersion.objects.get(persona=row)) == full
