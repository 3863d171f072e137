"""What a model says to a question that belongs to no conversation, for other parts of the site: to judge a text, to draft one.

It takes a free slot of a model that chats after the answers that people wait for.
"""

from collections.abc import Sequence
from uuid import UUID

from chat import tasks
from chat.models import InferenceTask
from inference_client.protocol.vocabulary import ChatMessage, Sampling
from meatlizard.accounts.models import User
from meatlizard.threads import in_database

Kind = InferenceTask.Kind


def enqueue(
    messages: Sequence[ChatMessage],
    sampling: Sampling,
    *,
    model: str = "",
    user: User | None = None,
    offline: bool = False,
) -> UUID:
    """``json_schema`` or ``grammar`` of ``sampling`` force the form. :func:`chat.tasks.result` tells how it stands. Raises as
    :func:`chat.tasks.enqueue_embedding`."""
    asked = {
        "messages": [message.model_dump(mode="json", exclude_defaults=True) for message in messages],
        "sampling": sampling.model_dump(mode="json", exclude_defaults=True),
    }
    return tasks.enqueue(Kind.COMPLETION, asked, model, user, offline)


async def complete(
    messages: Sequence[ChatMessage],
    sampling: Sampling,
    *,
    model: str = "",
    user: User | None = None,
    seconds: float = 60.0,
) -> str:
    """The model's words, thinking left out; what nobody waits for any more is ended. Raises as :func:`chat.tasks.embed`."""
    task = await in_database(enqueue, messages, sampling, model=model, user=user)
    (one,) = await tasks.done([task], seconds)
    return one.text or ""
