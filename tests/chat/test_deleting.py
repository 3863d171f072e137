"""A conversation deleted at the moment its answer ends: both are carried out, in whatever order."""

import threading
import time
from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from chat import actions, branches, claims, generations, keeping
from chat.generations import Outcome
from chat.models import Conversation, Generation
from meatlizard.accounts.models import User
from meatlizard.budgets import actions as budgets
from tests.chat.makers import Asking, Pairing
from tests.people import person

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

ROUNDS = 60


@pytest.mark.parametrize("what", ["conversation", "trash", "branch"])
def test_deleting_while_an_answer_ends_fails_neither(alice: User, ask: Asking, pair: Pairing, what: str) -> None:
    node = pair("tiny", slots=10)
    errors: list[str] = []

    def run(name: str, gate: threading.Barrier, call: Callable[[], object]) -> None:
        gate.wait(10)
        try:
            call()
        except Exception as error:
            errors.append(f"{name}: {type(error).__name__}: {str(error)[:160]}")
        finally:
            connections.close_all()

    for _ in range(ROUNDS):
        row = ask(alice)
        (claimed,) = claims.claim("one", node.pk, {"tiny": 1})
        conversation = Conversation.objects.get(pk=row.conversation_id)
        deletion = {
            "conversation": partial(actions.delete, conversation),
            "trash": partial(keeping.discard, alice, [conversation.pk]),
            "branch": partial(branches.remove, alice, conversation.messages.get(role="user")),
        }[what]
        gate = threading.Barrier(2)
        threads = [
            threading.Thread(
                target=run,
                args=(
                    "finish",
                    gate,
                    partial(generations.finish, row.pk, claimed.epoch, "yes", Outcome("stop", html="yes")),
                ),
            ),
            threading.Thread(target=run, args=("delete", gate, deletion)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        Generation.objects.all().delete()
    assert errors == []


def test_deleting_an_account_while_its_answer_ends_fails_neither(ask: Asking, pair: Pairing) -> None:
    node = pair("tiny", slots=10)
    errors: list[str] = []

    def run(gate: threading.Barrier, call: Callable[[], object]) -> None:
        gate.wait(10)
        try:
            call()
        except Exception as error:
            errors.append(f"{type(error).__name__}: {str(error)[:160]}")
        finally:
            connections.close_all()

    for number in range(ROUNDS // 2):
        somebody = person(f"somebody{number}")
        row = ask(somebody)
        (claimed,) = claims.claim("one", node.pk, {"tiny": 1})
        finish = partial(generations.finish, row.pk, claimed.epoch, "yes", Outcome("stop", html="yes"))
        gate = threading.Barrier(2)
        threads = [threading.Thread(target=run, args=(gate, call)) for call in (finish, somebody.delete)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not User.objects.filter(username__startswith="somebody").exists()
        assert not Generation.objects.exists()
    assert errors == []


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="on SQLite the second transaction has not begun yet")
def test_a_question_asked_while_its_conversation_is_being_deleted_leaves_nothing_set_aside(alice: User) -> None:
    conversation = actions.create_conversation(alice)
    asked = threading.Event()
    deleted = threading.Event()

    def ask() -> None:
        with transaction.atomic():
            actions.send(alice, conversation.pk, uuid4(), "Why?")
            asked.set()
            until_somebody_waits()
        connections.close_all()

    def delete() -> None:
        assert asked.wait(10)
        actions.delete(conversation)
        deleted.set()
        connections.close_all()

    threads = [threading.Thread(target=call) for call in (ask, delete)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert deleted.is_set()
    assert not Generation.objects.exists()
    standing = budgets.standing(alice)
    assert standing is not None
    assert standing.reserved == 0


def until_somebody_waits() -> None:
    """Until another transaction waits for what this one holds."""
    end = time.monotonic() + 10
    with connection.cursor() as cursor:
        while time.monotonic() < end:
            cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.01)
    pytest.fail("nobody waits")
