"""A conversation deleted at the moment its answer ends: both are carried out, in whatever order."""

import threading
from collections.abc import Callable
from functools import partial

import pytest
from django.db import connections

from chat import actions, claims, generations
from chat.generations import Outcome
from chat.models import Conversation, Generation
from meatlizard.accounts.models import User
from tests.chat.makers import Asking, Pairing

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

ROUNDS = 60


def test_deleting_a_conversation_while_its_answer_ends_fails_neither(alice: User, ask: Asking, pair: Pairing) -> None:
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
            threading.Thread(target=run, args=("delete", gate, partial(actions.delete, conversation))),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        Generation.objects.all().delete()
    assert errors == []
