"""A Discord account and a web account become one person's: everything moves, at once or not at all."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.utils import timezone

from chat import actions as chat
from chat.access import access_conversation
from chat.attachments import actions as attachments
from chat.models import Conversation, Generation, Upload
from discordbridge.actions import accounts, linking, members
from discordbridge.models import DiscordAccount
from meatlizard.accounts.merging import merge
from meatlizard.accounts.models import User
from meatlizard.budgets import actions as budgets
from meatlizard.errors import Forbidden, Invalid, NotFound
from meatlizard.storage import actions as storage
from tests.chat.makers import claim_one, connected_node
from tests.services.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

ANNE = 80_351_110_224_678_912


@pytest.fixture(autouse=True)
def nobody_left_before() -> None:
    cache.clear()


@pytest.fixture
def shadow(olga: User) -> User:
    return accounts.known(ANNE, "Anne").user


def answered(user: User, olga: User) -> Generation:
    from chat.generations import Outcome, finish
    from inference_client.protocol.vocabulary import Usage

    node = connected_node(olga, "tiny")
    talk = chat.create_conversation(user)
    asked = chat.send(user, talk.pk, uuid4(), "Why?")
    claim = claim_one("one", node.pk, ["tiny"])
    assert claim is not None
    usage = Usage(prompt_tokens=30, completion_tokens=12, prompt_seconds=0.1, completion_seconds=0.1)
    assert finish(asked.generation, claim.epoch, "Because.", Outcome("stop", usage=usage))
    return Generation.objects.get(pk=asked.generation)


def test_conversations_files_and_used_tokens_move(shadow: User, alice: User, charlie: User, olga: User) -> None:
    answer = answered(shadow, olga)
    file = ContentFile(b"Skinks like sun.")
    upload = attachments.take(shadow, "notes.txt", file.chunks(), file.size)
    used = budgets.standing(shadow)
    assert used is not None
    assert used.used == 42
    stored = storage.used_by(shadow)
    assert stored > 0
    row = linking.link(ANNE, "Anne", alice)
    assert (row.user_id, row.shadow) == (alice.pk, False)
    assert access_conversation(alice, answer.conversation_id)
    with pytest.raises(NotFound):
        access_conversation(charlie, answer.conversation_id)
    assert Generation.objects.get(pk=answer.pk).user_id == alice.pk
    assert Upload.objects.get(pk=upload.pk).owner_id == alice.pk
    moved = budgets.standing(alice)
    assert moved is not None
    assert (moved.used, moved.reserved) == (42, 0)
    assert storage.used_by(alice) == stored
    assert not User.objects.filter(pk=shadow.pk).exists()
    assert accounts.known(ANNE, "Anne").user == alice
    again = chat.send(alice, answer.conversation_id, uuid4(), "And?")
    assert not again.repeated


def test_linking_twice_links_once(shadow: User, alice: User) -> None:
    rows = at_once([partial(linking.link, ANNE, "Anne", alice)] * 3)
    assert {row.user_id for row in rows} == {alice.pk}
    assert DiscordAccount.objects.count() == 1


def test_nothing_moves_while_an_answer_is_written(shadow: User, alice: User) -> None:
    chat.send(shadow, chat.create_conversation(shadow).pk, uuid4(), "Why?")
    with pytest.raises(Invalid, match="still being written"):
        linking.link(ANNE, "Anne", alice)
    assert DiscordAccount.objects.get().user_id == shadow.pk
    assert Conversation.objects.get().owner_id == shadow.pk


def test_somebody_elses_account_stays_theirs(shadow: User, alice: User, charlie: User) -> None:
    linking.link(ANNE, "Anne", alice)
    with pytest.raises(Invalid):
        linking.link(ANNE, "Anne", charlie)
    with pytest.raises(Invalid):
        linking.link(ANNE + 1, "Another", alice)
    assert linking.unlink(alice)
    assert not linking.unlink(alice)
    assert linking.link(ANNE, "Anne", charlie).user_id == charlie.pk


def test_a_suspension_is_not_linked_away(shadow: User, alice: User) -> None:
    User.objects.filter(pk=shadow.pk).update(suspended_until=timezone.now() + timedelta(hours=1))
    with pytest.raises(Forbidden):
        linking.link(ANNE, "Anne", alice)
    assert DiscordAccount.objects.get().shadow


def test_a_suspension_is_not_untied_either(shadow: User, alice: User) -> None:
    """As a newcomer on Discord they would be free of it."""
    linking.link(ANNE, "Anne", alice)
    User.objects.filter(pk=alice.pk).update(suspended_until=timezone.now() + timedelta(hours=1))
    with pytest.raises(Forbidden):
        linking.unlink(alice)
    assert DiscordAccount.objects.get().user_id == alice.pk
    User.objects.filter(pk=alice.pk).update(suspended_until=None)
    assert linking.unlink(alice)


def used(user: User) -> int:
    standing = budgets.standing(user)
    assert standing is not None
    return standing.used


def test_whoever_leaves_and_comes_back_has_no_fresh_week(shadow: User, bob: User, olga: User) -> None:
    answered(shadow, olga)
    members.anonymise(shadow)
    assert not DiscordAccount.objects.exists()
    assert used(accounts.known(ANNE, "Anne").user) == 42
    assert used(accounts.known(ANNE + 1, "Another").user) == 0
    linking.link(ANNE, "Anne", bob)
    assert used(bob) == 42


def test_untying_and_tying_again_counts_each_token_once(shadow: User, alice: User, olga: User) -> None:
    linking.link(ANNE, "Anne", alice)
    answered(alice, olga)
    for _ in range(2):
        assert linking.unlink(alice)
        assert used(accounts.known(ANNE, "Anne").user) == 42
        linking.link(ANNE, "Anne", alice)
        assert used(alice) == 42


def test_who_has_never_spoken_on_discord_is_linked_too(alice: User) -> None:
    assert linking.link(ANNE, "Anne", alice).user_id == alice.pk
    assert accounts.known(ANNE, "Anne").user == alice


def test_nobody_takes_an_operators_account_over(olga: User, alice: User) -> None:
    with pytest.raises(Invalid):
        merge(olga, alice)
    assert User.objects.filter(pk=olga.pk).exists()
