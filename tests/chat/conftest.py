"""Makers of the chat's rows."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest

from chat import actions, nodes
from chat.models import Conversation, Generation, Node
from inference_client.protocol.messages import Held, Hello, ModelInfo
from meatlizard.accounts.models import User

Asking = Callable[..., Generation]
Pairing = Callable[..., Node]


def hello(*aliases: str, slots: int = 4, holding: tuple[Held, ...] = ()) -> Hello:
    models = tuple(ModelInfo(alias=alias, context_length=2048, slots=slots) for alias in aliases or ("tiny",))
    return Hello(client_version="1", platform="test", backend="cpu", models=models, holding=holding)


@pytest.fixture
def ask(transactional_db: None) -> Asking:
    """Asks a question as somebody, in a conversation of its own unless one is given; returns the generation."""

    def asking(user: User, text: str = "Why?", conversation: Conversation | None = None, **more: object) -> Generation:
        conversation = conversation or actions.create_conversation(user)
        asked = actions.send(user, conversation, uuid4(), text, **more)  # type: ignore[arg-type]
        return Generation.objects.get(pk=asked.generation)

    return asking


@pytest.fixture
def pair(transactional_db: None, olga: User) -> Pairing:
    """A node of Olga's that is connected under ``session`` and offers ``aliases``."""

    def pairing(*aliases: str, session: str = "one", key: bytes | None = None, slots: int = 4) -> Node:
        node = Node.objects.create(name=f"mac {session}", owner=olga, public_key=key or uuid4().bytes * 2)
        assert nodes.connected(node.pk, session, hello(*aliases, slots=slots)) == []
        return node

    return pairing


def held(generation: UUID, epoch: int, length: int, finished: bool = False) -> Held:
    return Held(generation=generation, epoch=epoch, length=length, finished=finished)
