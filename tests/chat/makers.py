"""Makers of the chat's rows, and of what a node says."""

from collections.abc import Callable
from uuid import UUID, uuid4

from chat import actions, claims, nodes
from chat.claims import Claimed
from chat.models import Conversation, Generation, Node
from inference_client.protocol.messages import Held, Hello
from inference_client.protocol.vocabulary import ModelInfo
from meatlizard.accounts.models import User

Asking = Callable[..., Generation]
Pairing = Callable[..., Node]


def ask_as(user: User, text: str = "Why?", conversation: Conversation | None = None, **more: object) -> Generation:
    """Asks a question, in a conversation of its own unless one is given."""
    conversation = conversation or actions.create_conversation(user)
    asked = actions.send(user, conversation.pk, uuid4(), text, **more)  # type: ignore[arg-type]
    return Generation.objects.get(pk=asked.generation)


def connected_node(owner: User, *aliases: str, session: str = "one", key: bytes | None = None, slots: int = 4) -> Node:
    """A node that is connected under ``session`` and offers ``aliases``."""
    node = Node.objects.create(name=f"mac {session}", owner=owner, public_key=key or uuid4().bytes * 2)
    assert nodes.connected(node.pk, session, hello(*aliases, slots=slots)) == []
    return node


def hello(*aliases: str, slots: int = 4, holding: tuple[Held, ...] = ()) -> Hello:
    models = tuple(ModelInfo(alias=alias, context_length=2048, slots=slots) for alias in aliases or ("tiny",))
    return Hello(client_version="1", platform="test", backend="cpu", models=models, holding=holding)


def held(generation: UUID, epoch: int, length: int, finished: bool = False) -> Held:
    return Held(generation=generation, epoch=epoch, length=length, finished=finished)


def claim_one(session: str, node: UUID, aliases: list[str]) -> Claimed | None:
    """Claims the next generation for a node with a free slot of each model."""
    claimed = claims.claim(session, node, dict.fromkeys(aliases, 1))
    return claimed[0] if claimed else None
