"""Conversations whose answers a test gives, and nodes that read a known number of tokens."""

from uuid import UUID, uuid4

from chat import actions, claims, generations
from chat.claims import Claimed
from chat.context import actions as memory
from chat.context import weights
from chat.generations import Outcome
from chat.inference.placement import Offer, Seat
from chat.models import Checkpoint, Conversation, Generation, Message, Node
from inference_client.protocol.vocabulary import Usage
from meatlizard.accounts.models import User

WINDOW = 2_048
LONG = "word " * 160
"""Some 200 tokens."""


class Machine:
    """A connected node with the model ``tiny``, which takes work when the test says so."""

    def __init__(self, node: Node, window: int = WINDOW) -> None:
        self.node, self.window = node, window

    def claim(self) -> Claimed:
        seat = Seat("one", self.node.pk, (Offer("tiny", 1, 1, window=self.window),), 1)
        ((_, claimed),) = claims.claim_for([seat], 1)
        return claimed

    def nothing_to_claim(self) -> bool:
        seat = Seat("one", self.node.pk, (Offer("tiny", 1, 1, window=self.window),), 1)
        return not claims.claim_for([seat], 1)

    def end(
        self, claimed: Claimed, text: str, read: int = 0, reason: str = "stop", wrote: int = 60, trimmed: int = 0
    ) -> None:
        """``read``: tokens it counts; 0: as many as the site expects."""
        expected = sum(weights.message(message.content) for message in claimed.messages)
        usage = Usage(prompt_tokens=read or expected, completion_tokens=wrote)
        error = {"error_code": "boom", "error": "It broke."} if reason == "failed" else {}
        outcome = Outcome(reason, usage, trimmed, answered_by="tiny", html=f"<p>{text}</p>", **error)
        assert generations.finish(claimed.generation, claimed.epoch, text, outcome)


class Talk:
    """A conversation of ``owner`` with one machine."""

    def __init__(self, owner: User, machine: Machine) -> None:
        self.owner, self.machine = owner, machine
        self.pk = actions.create_conversation(owner).pk
        Conversation.objects.filter(pk=self.pk).update(title="Named", title_by_owner=True)

    @property
    def row(self) -> Conversation:
        return Conversation.objects.get(pk=self.pk)

    def ask(self, question: str = LONG, answer: str = LONG, read: int = 0, **more: int) -> Message:
        """Asks, answers as the machine does, and returns the answer."""
        asked = actions.send(self.owner, self.pk, uuid4(), question)
        claimed = self.machine.claim()
        assert claimed.generation == asked.generation
        self.machine.end(claimed, answer, read, **more)  # type: ignore[arg-type]
        return Message.objects.get(pk=asked.answer)

    def claimed(self, question: str = "And now?") -> Claimed:
        """What the machine gets for one more question, whose answer is left to the test."""
        actions.send(self.owner, self.pk, uuid4(), question)
        return self.machine.claim()

    def answer_of(self, claimed: Claimed) -> Generation:
        return Generation.objects.get(pk=claimed.generation)


def summary(talk: UUID) -> Checkpoint | None:
    return Checkpoint.objects.filter(conversation=talk).order_by("-created").first()


SAID = "They spoke of words, and decided to go on."


def texts(claimed: Claimed) -> list[str]:
    """What the machine reads after the system prompt."""
    return [message.content for message in claimed.messages if message.role != "system"]


def system(claimed: Claimed) -> str:
    return "".join(message.content for message in claimed.messages if message.role == "system")


def summed_up(talk: Talk, text: str = SAID, read: int = 900) -> Checkpoint:
    """Has the older part of the conversation summed up by hand."""
    memory.summarise(talk.owner, talk.row)
    talk.machine.end(talk.machine.claim(), text, read)
    row = summary(talk.pk)
    assert row is not None
    return row


def summed_up_after_three(talk: Talk) -> Checkpoint:
    for _ in range(3):
        talk.ask()
    return summed_up(talk)
