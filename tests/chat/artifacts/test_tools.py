"""A model makes and reads files by calling tools: in the conversation of who asks, and in no other."""

import json

import pytest

from chat.artifacts import actions
from chat.artifacts.tools import create_artifact, read_artifact
from chat.models import ArtifactVersion, Message
from chat.tools.registry import Call
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, NotFound
from tests.chat.artifacts.making import PROGRAM, answered, fenced

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def message(alice: User) -> Message:
    return answered(alice, "Save it as walls.py", fenced(PROGRAM))


def call(user: User, message: Message) -> Call:
    return Call(user, message.conversation_id, message.pk, message.pk, "web")


async def test_a_file_is_made_and_read(alice: User, message: Message) -> None:
    asks = call(alice, message)
    made = await create_artifact.run(asks, json.dumps({"name": "../notes.md", "content": "# Walls\n"}))
    assert made.shown == "notes.md, version 1"
    again = await create_artifact.run(asks, json.dumps({"name": "notes.md", "content": "# More walls\n"}))
    assert again.shown == "notes.md, version 2"
    listed = (await read_artifact.run(asks, "{}")).text.splitlines()
    assert sorted(listed) == ["notes.md", "walls.py"]
    assert "# More walls" in (await read_artifact.run(asks, '{"name": "NOTES.md"}')).text


async def test_what_a_person_changed_is_what_is_read(alice: User, message: Message) -> None:
    row = await ArtifactVersion.objects.select_related("artifact").aget()
    from meatlizard.threads import in_database

    await in_database(actions.revise, alice, row.artifact_id, 1, 1, "# by hand\n")
    assert "# by hand" in (await read_artifact.run(call(alice, message), '{"name": "walls.py"}')).text


async def test_what_is_not_there(alice: User, message: Message) -> None:
    with pytest.raises(NotFound, match=r"walls\.py"):
        await read_artifact.run(call(alice, message), '{"name": "roof.py"}')
    with pytest.raises(NotFound):
        await read_artifact.run(call(alice, message), '{"name": "walls.py", "page": 9}')
    with pytest.raises(AppError):
        await create_artifact.run(call(alice, message), json.dumps({"name": "empty.md", "content": "  "}))


async def test_strangers_make_and_read_nothing(charlie: User, message: Message) -> None:
    with pytest.raises(NotFound):
        await create_artifact.run(call(charlie, message), json.dumps({"name": "notes.md", "content": "# Mine\n"}))
    with pytest.raises(NotFound):
        await read_artifact.run(call(charlie, message), "{}")
    assert await ArtifactVersion.objects.acount() == 1
