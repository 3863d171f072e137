"""What a model says to a question that belongs to no conversation, for other parts of the site: to judge a text, to draft one.

It takes a free slot of a model that chats after the answers that people wait for.
"""

import datetime
from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Min
from django.utils import timezone

from chat import tasks
from chat.allowance import LEAST_ANSWER, USUAL_ANSWER
from chat.context import weights
from chat.models import InferenceTask, NodeModel
from inference_client.protocol.vocabulary import ChatMessage, Sampling
from meatlizard.accounts.models import User
from meatlizard.budgets import actions as budgets
from meatlizard.threads import in_database

Kind = InferenceTask.Kind
KEPT = datetime.timedelta(days=2)
"""What is set aside for a task is free again after that, whatever became of it."""


def enqueue(
    messages: Sequence[ChatMessage],
    sampling: Sampling,
    *,
    model: str = "",
    user: User | None = None,
    offline: bool = False,
) -> UUID:
    """``json_schema`` or ``grammar`` of ``sampling`` force the form. :func:`chat.tasks.result` tells how it stands. With a
    ``user`` it counts in their week. Raises as :func:`chat.tasks.enqueue_embedding`, and LimitReached when the week is used up."""
    asked = {
        "messages": [message.model_dump(mode="json", exclude_defaults=True) for message in messages],
        "sampling": sampling.model_dump(mode="json", exclude_defaults=True),
    }
    if user is None:
        return tasks.enqueue(Kind.COMPLETION, asked, model, None, offline)
    with transaction.atomic():
        task = tasks.enqueue(Kind.COMPLETION, asked, model, user, offline)
        read = sum(weights.message(message.content) for message in messages)
        wanted = read + (sampling.max_tokens or USUAL_ANSWER)
        budgets.reserve(user, task, least=read + LEAST_ANSWER, wanted=wanted, expires=timezone.now() + KEPT)
    return task


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


def ask(user: User, instructions: str, text: str, *, most: int, json_schema: str = "") -> UUID:
    """As :func:`enqueue`, for other apps: one question of a user, without thinking, answered with ``most`` tokens at most."""
    messages = [ChatMessage(role="system", content=instructions), ChatMessage(role="user", content=text)]
    return enqueue(messages, Sampling(max_tokens=most, json_schema=json_schema, thinking="off"), user=user)


def offered_to(user: User) -> bool:
    """Whether a machine is there that could answer."""
    return bool(tasks.offered(Kind.COMPLETION, user))


def room(user: User) -> int:
    """Tokens that a question and its answer may have together, whichever of the models that are there gets it. 0: there is none."""
    rows = NodeModel.objects.filter(
        kind=Kind.COMPLETION.served_by, alias__in=tasks.offered(Kind.COMPLETION, user), node__revoked=None
    )
    return rows.aggregate(least=Min("context_length"))["least"] or 0


def answer(task: UUID) -> tuple[str, str]:
    """How a question stands, and the model's words once that is ``done``, or why it ``failed``."""
    found = tasks.result(task)
    return found.state, (found.text or "") if found.state == "done" else found.error
