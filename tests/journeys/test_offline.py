"""No machine is there: the page says so beforehand, offers the Markov generator, keeps questions, and catches up later."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import Sit, paired_client
from tests.journeys.pages import Visitor
from tests.models.corpus import PLAIN_PAIRS
from tests.services.client import LiveClient
from tests.services.site import LiveSite

pytestmark = [pytest.mark.journey, pytest.mark.browser]

FIRST, SECOND, THIRD = PLAIN_PAIRS[2:5]


@pytest.fixture
def late_client(site: LiveSite) -> Iterator[LiveClient]:
    """A paired client that is not running."""
    client = paired_client(site)
    client.kill()
    yield client
    client.end()


def test_without_a_client_alice_may_wait_or_take_markov_and_gets_real_answers_later(
    alice: Visitor, late_client: LiveClient, sit: Sit
) -> None:
    chat = alice.open_chat()
    chat.expect_status("offline")
    chat.ask(FIRST.question, offline="markov")
    expect(chat.last_answer).to_contain_text("Markov")
    assert FIRST.answer not in chat.shown() and chat.shown().strip()

    bob = sit("bob").open_chat()
    bob.expect_status("offline")
    bob.ask(SECOND.question, offline="wait")
    expect(bob.last_answer).to_contain_text("waiting", ignore_case=True)

    late_client.start()
    chat.expect_status("live")
    bob.expect_answer(SECOND.answer)
    chat.answer_properly()
    chat.expect_answer(FIRST.answer)
    expect(chat.last_answer).not_to_contain_text("Markov")

    late_client.kill()
    chat.expect_status("offline")
    late_client.start()
    chat.expect_status("live")
    chat.ask(THIRD.question)
    chat.expect_answer(THIRD.answer, count=2)


def test_before_any_client_was_ever_there_markov_answers(alice: Visitor) -> None:
    chat = alice.open_chat()
    chat.expect_status("offline")
    chat.ask(FIRST.question, offline="markov")
    expect(chat.last_answer).to_contain_text("Markov")
    expect(chat.last_answer).to_contain_text("not a model")
    shown = chat.shown()
    alice.page.reload()
    assert shown.strip() and chat.shown() == shown
