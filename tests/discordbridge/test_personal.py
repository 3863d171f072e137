"""What a person had remembered of themselves is told on Discord in places of their own alone."""

import pytest
from django.utils import timezone

from chat.models import Conversation
from chat.prompting import outside
from chat.remembering import actions as facts
from discordbridge.models import GuildSession
from meatlizard.accounts.models import User
from tests.chat.makers import ask_as


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "state", "told"),
    [("direct", "open", True), ("channel", "open", True), ("thread", "open", True), ("public", "open", False),
     ("mirror", "open", False), ("direct", "closed", False)],
)  # fmt: skip
def test_only_where_nobody_reads_along(alice: User, kind: str, state: str, told: bool) -> None:
    facts.add(alice, "Lives in Graz.")
    answer = ask_as(alice)
    Conversation.objects.filter(pk=answer.conversation_id).update(place="discord")
    GuildSession.objects.create(
        conversation_id=answer.conversation_id, owner=alice, kind=kind, state=state, used=timezone.now()
    )
    layers = outside.layers([answer]).get(answer.pk, ())
    assert any("Graz" in layer.text for layer in layers) is told
    facts.switch(alice, on=False)
    assert not any("Graz" in layer.text for layer in outside.layers([answer]).get(answer.pk, ()))
