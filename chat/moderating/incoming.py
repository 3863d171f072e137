"""What people write, before it is stored."""

from collections.abc import Callable
from uuid import UUID

from chat.access import access_conversation
from chat.moderating.texts import SERVICE, message_target, place_of
from meatlizard.accounts.models import User
from meatlizard.moderation import rulebook
from meatlizard.moderation.actions import screening
from meatlizard.moderation.actions.screening import Finding


def let_in(user: User, conversation: UUID, text: str, request: UUID | None = None) -> tuple[str, Finding | None]:
    """``text`` as it may be stored, and what is to be noted once it is. Costs nothing while no rule is on. Raises Blocked."""
    if not rulebook.current().rules(SERVICE, "in"):
        return text, None
    # Before anything is written down: a stranger's text must not make a case that names somebody's conversation.
    access_conversation(user, conversation)
    return screening.incoming(
        user, SERVICE, text, once=str(request or ""), place=place_of(conversation)
    )  # fmt: skip


def note(found: Finding | None, conversation: UUID, message: UUID) -> None:
    """In the transaction that stores the text as ``message``."""
    if found is not None:
        screening.note(found, target=message_target(message), place=place_of(conversation))


def prompt(owner: Callable[[], User], text: str, before: str = "") -> str:
    """A system prompt as it may be stored, if it was changed. Raises Blocked; not to be called in a transaction, which would take
    the case with it."""
    if text == before or not text.strip() or not rulebook.current().rules(SERVICE, "in"):
        return text
    text, found = screening.incoming(owner(), SERVICE, text)
    if found is not None:
        screening.note(found)
    return text
