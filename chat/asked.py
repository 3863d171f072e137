"""What pages ask on their sockets, carried out within everybody's rates."""

from collections.abc import Sequence
from uuid import UUID

from django.utils.translation import gettext

from chat import actions, following
from chat.access import access_conversation, access_generation, access_message
from chat.comparing import actions as comparing
from chat.comparing.events import Compare, ComparisonShown
from chat.events import Continue, Edit, MessageAdded, Regenerate, Send
from chat.moderating import classifying
from meatlizard.accounts.models import User
from meatlizard.security.ratelimit import check
from meatlizard.threads import in_database

Question = Send | Compare | Edit | Continue | Regenerate
"""What asks for an answer."""

FRAMES = "300/m"
"""Frames one user may send, over all his sockets of this site. A page sends four when it opens, and three with each answer that it hears
of, in every tab; questions have a limit of their own."""


async def judge(user: User, request: Send | Compare | Edit) -> None:
    """Has a model judge what is asked. Raises Blocked."""
    await in_database(within_rate, user)
    if isinstance(request, Edit):
        message = await in_database(access_message, user, request.message)
        await classifying.question(user, message.conversation_id, request.text)
    else:
        await in_database(access_conversation, user, request.conversation)
        await classifying.question(user, request.conversation, request.text)


def within_rate(user: User) -> None:
    check(
        "chat-frames", str(user.pk), FRAMES, gettext("You are sending too fast. Wait a moment."), open_in_trouble=True
    )


def may_ask(user: User, times: int = 1) -> None:
    within_rate(user)
    rate = f"{user.tier.messages_per_minute}/m"
    too_many = gettext("You have sent many messages in this minute. Wait a moment.")
    for _ in range(times):
        check("chat-messages", str(user.pk), rate, too_many, open_in_trouble=True)


def ask(user: User, request: Question) -> Sequence[MessageAdded | ComparisonShown]:
    """Asks; for a request that had been carried out before, what was said of it then: the page did not hear it."""
    may_ask(user, len(request.models) if isinstance(request, Compare) else 1)
    if isinstance(request, Compare):
        made = comparing.compare(
            user,
            request.conversation,
            request.request,
            request.text,
            request.models,
            request.blind,
            request.attachments,
        )
        return comparing.retold(made, request.request) if made.repeated else []
    if isinstance(request, Send):
        made = actions.send(
            user, request.conversation, request.request, request.text, request.offline, request.attachments
        )
    else:
        message = access_message(user, request.message)
        if isinstance(request, Edit):
            made = actions.edit_question(user, message, request.request, request.text, request.offline)
        elif isinstance(request, Continue):
            made = actions.go_on(user, message, request.request)
        else:
            made = actions.regenerate(user, message, request.request, request.offline, request.route)
    return following.added(made, request.request) if made.repeated else []


def stop(user: User, generation: UUID) -> None:
    actions.stop(access_generation(user, generation))
