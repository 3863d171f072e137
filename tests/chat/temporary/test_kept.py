"""A temporary chat that becomes an ordinary conversation, since its owner wants to keep it."""

import json
from typing import Any

import pytest
from django.test import Client

from chat.models import Conversation, Message
from meatlizard.accounts.models import User
from meatlizard.moderation.models import Case
from tests.meatlizard.moderation.conftest import Switching

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

SAID = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "<b>Because</b> **so**."}]


def keep(client: Client, **body: Any) -> Any:
    return client.post("/chat/temporary/keep/", json.dumps(body), content_type="application/json")


def test_alice_keeps_a_chat_and_a_guest_is_asked_in(client: Client, alice: User) -> None:
    assert keep(client, turns=SAID).status_code == 302
    assert not Conversation.objects.exists()
    client.force_login(alice)
    made = keep(client, turns=SAID, model="tiny", system_prompt="Be brief.")
    assert made.status_code == 201
    row = Conversation.objects.get()
    assert (row.owner, row.title, row.system_prompt) == (alice, "Why?", "Be brief.")
    page = client.get(made.json()["url"]).content.decode()
    assert "<strong>so</strong>" in page
    assert "<b>Because</b>" not in page
    assert [message.source for message in Message.objects.order_by("created")] == ["person", "model"]


@pytest.mark.parametrize(
    "body",
    [{}, {"turns": []}, {"turns": [{"role": "system", "content": "x"}]}, {"turns": SAID, "owner": 1}, {"turns": "x"}],
)
def test_what_makes_no_sense_is_not_kept(client: Client, alice: User, body: dict[str, Any]) -> None:
    client.force_login(alice)
    assert keep(client, **body).status_code == 400
    assert not Conversation.objects.exists()


def test_what_is_kept_passes_the_rules_as_what_is_sent(client: Client, alice: User, rule: Switching) -> None:
    """The page says what was said; whoever writes that request by hand gets nothing past moderation."""
    client.force_login(alice)
    rule("block", words="lizard")
    for said in ([{"role": "user", "content": "A lizard?"}], [*SAID, {"role": "assistant", "content": "A lizard."}]):
        assert keep(client, turns=said).json()["error"]["code"] == "blocked"
    assert keep(client, turns=SAID, system_prompt="You are a lizard.").status_code == 403
    assert not Conversation.objects.exists() and Case.objects.exists()
    rule("mask", words="gecko")
    rule("block", kind="rate", limit=2, minutes=10)
    assert keep(client, turns=[{"role": "user", "content": "A gecko?"}, *SAID[1:], *SAID]).status_code == 201
    assert Message.objects.order_by("created")[0].content == "A █████?"
