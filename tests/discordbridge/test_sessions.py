"""The life of a session: one row for one conversation and one place, each step harmless when it comes twice."""

from functools import partial
from uuid import UUID

import pytest
from django.utils import timezone

from chat import actions as chat
from chat.models import Conversation
from discordbridge.access import access_session, live_session, session_of
from discordbridge.actions import guilds, lease, posting, seen, sessions
from discordbridge.models import Guild, GuildSession, SeenMessage
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached, NotFound
from tests.services.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

GUILD, CHANNEL, ASKED = 41771983423143937, 155361364909621248, 155101607195836416


@pytest.fixture
def guild() -> Guild:
    return guilds.seen(GUILD, "Lizards")


def conversation_of(owner: User) -> UUID:
    return chat.create_conversation(owner).pk


def begun(owner: User, request: int = ASKED, kind: str = "channel") -> sessions.Begun:
    return sessions.begin(owner, partial(conversation_of, owner), kind=kind, guild=GUILD, request=request)


def test_from_the_command_to_the_end(guild: Guild, alice: User, charlie: User) -> None:
    made = begun(alice)
    assert made.made
    key = made.session.pk
    assert sessions.opened(key, CHANNEL, 1)
    found = live_session(CHANNEL)
    assert found is not None
    assert found.pk == key
    assert found.conversation_id is not None
    assert session_of(found.conversation_id) == found
    assert access_session(alice, key) == found
    with pytest.raises(NotFound):
        access_session(charlie, key)
    assert sessions.closing(key, "asked")
    assert not sessions.closing(key, "asked again")
    assert sessions.closed(key)
    assert not sessions.closed(key)
    assert live_session(CHANNEL) is None
    assert GuildSession.objects.get().reason == "asked"


def test_the_same_command_twice_makes_one_session(guild: Guild, alice: User) -> None:
    found = at_once([partial(begun, alice)] * 4)
    assert len({one.session.pk for one in found}) == 1
    assert [one.made for one in found].count(True) == 1
    assert Conversation.objects.count() == 1


def test_two_people_in_one_thread_share_its_session(guild: Guild, alice: User, bob: User) -> None:
    def first(person: User) -> sessions.Begun:
        return sessions.begin(person, partial(conversation_of, person), kind="public", guild=GUILD, place=CHANNEL)

    found = at_once([partial(first, one) for one in (alice, bob)])
    assert len({one.session.pk for one in found}) == 1
    assert Conversation.objects.count() == 1


def test_a_channel_that_comes_after_the_end_has_to_go(guild: Guild, alice: User) -> None:
    key = begun(alice).session.pk
    assert sessions.closed(key, "member_left")
    assert not sessions.opened(key, CHANNEL)
    assert live_session(CHANNEL) is None


def test_a_place_can_be_used_again_once_its_session_is_over(guild: Guild, alice: User) -> None:
    for request in (1, 2):
        key = begun(alice, request).session.pk
        assert sessions.opened(key, CHANNEL)
        assert sessions.closed(key)


def test_a_failed_creation_leaves_nothing_open(guild: Guild, alice: User) -> None:
    made = begun(alice)
    assert sessions.failed(made.session.pk) == made.session.conversation_id
    assert sessions.failed(made.session.pk) is None


def test_a_member_has_so_many_and_no_more(
    guild: Guild, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "MOST_OF_A_MEMBER", 2)
    first = begun(alice, 1).session.pk
    begun(alice, 2)
    with pytest.raises(LimitReached):
        begun(alice, 3)
    assert begun(bob, 4).made
    sessions.closed(first)
    assert begun(alice, 5).made


def test_the_session_outlives_its_conversation(guild: Guild, alice: User) -> None:
    key = begun(alice).session.pk
    sessions.opened(key, CHANNEL)
    chat.delete(Conversation.objects.get())
    row = live_session(CHANNEL)
    assert row is not None
    assert row.conversation_id is None


def test_the_idlest_is_the_one_nobody_used(guild: Guild, alice: User) -> None:
    keys = [begun(alice, number).session.pk for number in (1, 2)]
    for number, key in enumerate(keys):
        sessions.opened(key, CHANNEL + number)
    sessions.used(keys[0], newest=7)
    idlest = sessions.idlest(GUILD, timezone.now())
    assert idlest is not None
    assert idlest.pk == keys[1]
    sessions.used(keys[0], newest=3)
    assert GuildSession.objects.get(pk=keys[0]).newest == 7


def test_a_message_is_new_once(guild: Guild) -> None:
    assert at_once([partial(seen.first_sight, ASKED, CHANNEL)] * 4).count(True) == 1
    assert SeenMessage.objects.get().fate == "taken"
    assert seen.request_id(ASKED) == seen.request_id(ASKED) != seen.request_id(ASKED, "edit")


def test_a_part_is_reserved_once_under_one_nonce(guild: Guild, alice: User) -> None:
    made = begun(alice)
    assert made.session.conversation_id is not None
    asked = chat.send(alice, made.session.conversation_id, seen.request_id(ASKED), "Why?")
    rows = at_once([partial(posting.reserve, made.session.pk, asked.answer, 0, CHANNEL)] * 3)
    assert len({row.pk for row in rows}) == 1
    assert len(rows[0].nonce) <= 25
    assert posting.unsettled() == [rows[0]]
    posting.sent(rows[0].pk, 99)
    shown = posting.message_behind(99)
    assert shown is not None
    assert shown.message_id == asked.answer
    posting.settle(made.session.pk, asked.answer)
    assert not posting.unsettled()


def test_one_process_runs_the_bot() -> None:
    assert at_once([partial(lease.take, f"process {number}", 30) for number in range(4)]).count(True) == 1
    first = lease.holder()
    assert lease.take(first, 30)
    assert not lease.take("another", 30)
    lease.give_back(first)
    assert lease.holder() == ""
    assert lease.take("another", 0)
    assert lease.take("a third", 30), "a lease that has run out is free"


def test_one_guild_mirrors(guild: Guild) -> None:
    guilds.seen(2, "Others")
    guilds.configure(GUILD, mirror=True)
    with pytest.raises(Invalid):
        guilds.configure(2, mirror=True)
    with pytest.raises(Invalid):
        guilds.configure(GUILD, maintenance="sometimes")
    guilds.left(GUILD)
    assert Guild.objects.get(pk=GUILD).left is not None
    assert guilds.seen(GUILD, "Lizards").left is None


def test_categories_are_noted_and_forgotten(guild: Guild) -> None:
    guilds.add_category(GUILD, 5)
    guilds.add_category(GUILD, 5)
    guilds.add_category(GUILD, 6, oversight=True)
    assert (Guild.objects.get().categories, Guild.objects.get().oversight_categories) == ([5], [6])
    guilds.forget_category(GUILD, 5)
    assert Guild.objects.get().categories == []
