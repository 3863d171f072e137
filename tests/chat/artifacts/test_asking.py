"""The stage in which a model is asked: only where rules are not sure and operators want it, and whatever it says does no harm."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync

from chat import completions
from chat.artifacts import asking
from chat.artifacts.jobs import find_artifacts
from chat.models import Artifact, Message
from chat.tasks import Unavailable
from meatlizard.accounts.models import User
from tests.chat.artifacts.making import answered

pytestmark = pytest.mark.django_db(transaction=True)

SHORT = "Here:\n\n```python\n" + "".join(f"step({at})\n" for at in range(5)) + "```"


@pytest.fixture
def message(alice: User) -> Message:
    """An answer with a program so short that rules are not sure."""
    return answered(alice, "Write a small python script", SHORT)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the model says (``reply``, or an error), and what it was asked (``asked``)."""
    heard: dict[str, Any] = {"reply": '{"files": [1]}', "asked": []}

    async def complete(messages: Any, sampling: Any, **more: Any) -> str:
        heard["asked"].append((messages, sampling, more))
        if isinstance(heard["reply"], Exception):
            raise heard["reply"]
        return str(heard["reply"])

    monkeypatch.setattr(completions, "complete", complete)
    return heard


def test_nobody_is_asked_unless_operators_want_it(message: Message, said: dict[str, Any], settings: Any) -> None:
    assert find_artifacts.call(str(message.pk)) == 0 and said["asked"] == []
    settings.ARTIFACT_MODEL = True
    assert find_artifacts.call(str(message.pk)) == 1
    assert Artifact.objects.get().name == "code.py"
    ((_, sampling, more),) = said["asked"]
    assert sampling.json_schema == asking.SCHEMA and more["user"] == message.conversation.owner


@pytest.mark.parametrize(
    "reply",
    ['{"files": []}', '{"files": [2, 99, -1, true, "1"]}', "{", "[]", '{"files": 7}', "null", Unavailable("away")],
)
def test_a_reply_that_names_none_or_makes_no_sense_makes_no_file(
    message: Message, said: dict[str, Any], reply: Any
) -> None:
    said["reply"] = reply
    assert async_to_sync(asking.decide)(message.pk) == 0
    assert not Artifact.objects.exists()


def test_what_rules_are_sure_of_is_not_asked_about(alice: User, said: dict[str, Any]) -> None:
    sure = answered(alice, "What is a gecko?", "A lizard.")
    assert async_to_sync(asking.decide)(sure.pk) == 0
    assert said["asked"] == []
