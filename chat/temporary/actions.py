"""Verbs of temporary chats: what is asked is checked and set aside for, and nothing of it is stored; unless a chat is to be kept."""

import datetime
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from chat.allowance import LEAST_ANSWER, USUAL_ANSWER
from chat.bus import on_commit
from chat.context import weights
from chat.hub import user_topic
from chat.messages import conversation_changed, plain_html, rendered
from chat.models import Conversation, Message
from chat.models.prompts import OwnText
from chat.moderating import incoming
from chat.moderating.texts import SERVICE
from chat.prompting import site
from chat.prompting.layers import Layer, compose, text_version
from chat.prompting.sources import person_layer
from chat.routes import choosing
from chat.routes.layers import of_route
from chat.routes.table import Route
from chat.temporary.events import AskTemporary, TemporaryTurn
from chat.temporary.question import Question, rank_now, turns
from chat.titles import title_from_question
from chat.wording import checked_prompt, written
from meatlizard.accounts.models import User
from meatlizard.budgets import actions as budgets
from meatlizard.control.services import may_ask
from meatlizard.errors import Invalid
from meatlizard.moderation import rulebook
from meatlizard.moderation.actions.screening import asks_model
from meatlizard.ops.logs import current_request_id

SETTLES = datetime.timedelta(minutes=50)
"""After which what was set aside is free again: the longest that a question waits and is answered, and some minutes more."""

MAX_KEPT = 2_000_000
"""Characters of a temporary chat that is kept."""


def prepare(user: User, conversation: UUID, asked: AskTemporary, last: tuple[UUID, str] | None = None) -> Question:
    """A question to hand to the desk, with its tokens set aside: a number, and a key that stands nowhere else. ``last``: node and
    model of the answer before. Raises Invalid, and LimitReached ``budget_exceeded``."""
    may_ask("chat", user)
    _allowed()
    said = [(turn.role, written(turn.content)) for turn in asked.turns]
    said.append(("user", written(asked.text)))
    # A model that somebody chose answers as it is.
    route, chosen = (None, choosing.NONE) if asked.model else choosing.at_once(user, asked.text)
    system = _system(user, asked.system_prompt, route)
    key = uuid4()
    least = sum(weights.message(content) for _, content in said) + weights.message(system)
    with transaction.atomic():
        expires = timezone.now() + SETTLES
        tokens = budgets.reserve(user, key, least + LEAST_ANSWER, least + USUAL_ANSWER, expires)
    sampling: dict[str, Any] = dict(chosen.sampling)
    if asked.temperature is not None:
        sampling["temperature"] = asked.temperature
    if asked.thinking:
        sampling["thinking"] = asked.thinking
    if tokens is not None and tokens < least + USUAL_ANSWER:
        sampling["max_tokens"] = min(tokens - least, sampling.get("max_tokens", tokens))
    return Question(
        generation=key, conversation=conversation, question=uuid4(), answer=uuid4(), user=user.pk,
        concurrency=user.tier.concurrency, model=asked.model or chosen.model, said=turns(said), system=system, sampling=sampling,
        rank=rank_now(), trace=current_request_id() or "", last=last,
        routed=chosen.decision.stored() if chosen.decision else None, window=route.window if route else None,
    )  # fmt: skip


def _allowed() -> None:
    """Moderation keeps what it finds, so that people may appeal and moderators may look. A chat that is kept nowhere has no place
    beside it."""
    book = rulebook.current()
    if (
        book.rules(SERVICE, "in")
        or book.rules(SERVICE, "out")
        or asks_model(SERVICE, "in")
        or asks_model(SERVICE, "out")
    ):
        words = gettext("Chats are moderated here, which temporary ones cannot be. Use an ordinary conversation.")
        raise Invalid(words, code="temporary_off")


def _system(user: User, prompt: str, route: Route | None) -> str:
    own = OwnText.objects.filter(owner=user.pk).first()
    text = checked_prompt(prompt).strip()
    layers = (
        *site.current().answering(),
        *of_route(route),
        *(person_layer(own.about, own.answers, own.version) if own else ()),
        Layer("conversation", text, "conversation", text_version(text)),
    )
    return compose(layers).text


def settle(generation: UUID, cost: int) -> None:
    budgets.settle(generation, cost)


def keep(user: User, said: Sequence[TemporaryTurn], model: str, system_prompt: str) -> Conversation:
    """An ordinary conversation with what the page kept of a temporary one. Raises Invalid where there is nothing, or too much, and
    Blocked: a rule may have been switched on since."""
    if not said:
        raise Invalid(gettext("There is nothing to keep yet."), code="empty")
    if sum(len(turn.content) for turn in said) > MAX_KEPT:
        raise Invalid(gettext("This chat is too long to be kept."), code="too_long")
    # Outside of the transaction: it takes as long as the texts are long.
    contents = [written(turn.content) if turn.role == "user" else turn.content.replace("\x00", "") for turn in said]
    prompt, *contents = incoming.brought(user, [checked_prompt(system_prompt), *contents])
    messages, parent, now = [], None, timezone.now()
    for at, (turn, text) in enumerate(zip(said, contents, strict=True)):
        key = uuid4()
        by_person = turn.role == "user"
        messages.append(
            Message(
                pk=key, parent_id=parent, role=turn.role, content=text,
                source=Message.Source.PERSON if by_person else Message.Source.MODEL,
                html=plain_html(text) if by_person else rendered(text, key),
                model="" if by_person else model[:100], created=now + datetime.timedelta(microseconds=at),
            )
        )  # fmt: skip
        parent = key
    with transaction.atomic():
        talk = Conversation.objects.create(
            owner=user, updated=now, model=model[:100], system_prompt=prompt,
            title=title_from_question(messages[0].content),
        )  # fmt: skip
        for message in messages:
            message.conversation = talk
        Message.objects.bulk_create(messages, batch_size=100)
        Conversation.objects.filter(pk=talk.pk).update(head=parent)
        talk.head_id = parent
        on_commit(user_topic(user.pk), conversation_changed(talk))
    return talk
