"""Answers with files in them, as a model would have written them."""

from uuid import UUID, uuid4

from chat import actions, generations
from chat.artifacts.actions import find_in
from chat.generations import Outcome
from chat.models import Conversation, Generation, Message
from chat.moderating import outgoing
from inference_client.protocol.vocabulary import Usage
from meatlizard.accounts.models import User
from meatlizard.jobs.lease import State

LINES = "\n".join(
    f"def step_{number}(walls: list[str]) -> int:\n    return len(walls) + {number}" for number in range(12)
)
PROGRAM = f"import sys\n\n{LINES}\n\nif __name__ == '__main__':\n    print(step_1(sys.argv))\n"
HANDLED = PROGRAM.replace(
    "    print(step_1(sys.argv))",
    "    try:\n        print(step_1(sys.argv))\n    except OSError as error:\n        sys.exit(str(error))",
)


def fenced(text: str, info: str = "python") -> str:
    return f"Here it is:\n\n```{info}\n{text.rstrip()}\n```\n\nRun it with Python."


def answered(
    owner: User,
    question: str,
    answer: str,
    talk: Conversation | None = None,
    *,
    reason: str = "stop",
    look: bool = True,
) -> Message:
    """A question of ``owner`` that a model has answered; its files are looked for at once, as the job would soon."""
    talk = talk or actions.create_conversation(owner)
    asked = actions.send(owner, talk.pk, uuid4(), question)
    return ended(asked.generation, answer, reason=reason, look=look)


def ended(generation: UUID, answer: str, *, reason: str = "stop", look: bool = True) -> Message:
    Generation.objects.filter(pk=generation).update(state=State.LEASED, lease_epoch=1)
    text, parts = outgoing.ready(answer, 0, generation)
    usage = Usage(prompt_tokens=1, completion_tokens=1)
    assert generations.finish(generation, 1, text, Outcome(reason, usage, answered_by="tiny", **parts))
    # The title that is asked for now would stand in the way of what needs a conversation at rest.
    Generation.objects.filter(purpose=Generation.Purpose.TITLE).delete()
    message = Message.objects.get(generations=generation)
    if look:
        find_in(message.pk)
    return message
