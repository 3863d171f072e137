"""The conversations of sessions: begun for whoever asks, given up where no place could be made for them."""

from collections.abc import Callable
from uuid import UUID

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext

from chat import actions as chat
from chat import keeping, turns
from chat.access import access_conversation
from chat.personas import talks
from chat.personas.access import access_persona, readable
from discordbridge.models import Guild, GuildSession
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, LimitReached, NotFound

SUGGESTED = 25
"""As many choices as Discord shows."""


def taken_here(guild: int | None) -> Guild | None:
    """The guild's settings; None for direct messages. Raises LimitReached or Forbidden while no questions are taken there."""
    if guild is None:
        return None
    row = Guild.objects.filter(pk=guild).first()
    if row is None:
        raise NotFound(gettext("The bot has only just come here. Try again in a moment."))
    if row.closed_for == "disabled":
        raise Forbidden(gettext("An administrator has switched me off here."), code="disabled")
    if row.closed_for == "maintenance":
        raise LimitReached(
            gettext("I am being looked after just now. Your message was not taken; try again later."),
            code="maintenance",
        )
    return row


def conversation(owner: User, model: str = "", persona: UUID | None = None) -> Callable[[], UUID]:
    """Makes the conversation of a session, when it is called."""

    def make() -> UUID:
        if persona is None:
            talk = chat.create_conversation(owner, model)
        else:
            talk = talks.begin(owner, access_persona(owner, persona))
            if model:
                chat.configure(talk, model, talk.system_prompt, talk.temperature, talk.thinking)
        keeping.read_at(talk.pk, "discord")
        return talk.pk

    return make


def give_up(owner: User, conversation: UUID) -> None:
    """Nothing was said in it: no place could be made."""
    try:
        chat.delete(access_conversation(owner, conversation))
    except NotFound:
        return


def give_up_empty(conversation: UUID) -> None:
    """The same for one whose session was cut off, if nothing was said in it since."""
    row = GuildSession.objects.select_related("owner").filter(conversation=conversation).first()
    if row is not None and row.owner is not None and not any(turn.role == "user" for turn in turns.shown(conversation)):
        give_up(row.owner, conversation)


def personas(viewer: User | None, typed: str) -> list[tuple[str, str]]:
    """(id, name) of those that the viewer may speak with and whose name holds what was typed."""
    typed = typed.strip().lower()
    found = []
    for row in readable(viewer or AnonymousUser()).order_by("-updated")[:500]:
        version = row.current if viewer is not None and row.owner_id == viewer.pk else row.published
        if version is not None and typed in version.name.lower():
            found.append((str(row.pk), version.name[:100]))
    return found[:SUGGESTED]


def persona_named(viewer: User, chosen: str) -> UUID | None:
    """What was chosen from :func:`personas`, or a name that was typed whole; None for nothing. Raises NotFound."""
    chosen = chosen.strip()
    if not chosen:
        return None
    try:
        return access_persona(viewer, UUID(chosen)).pk
    except ValueError:
        pass
    for key, name in personas(viewer, chosen):
        if name.lower() == chosen.lower():
            return UUID(key)
    raise NotFound(gettext("There is no persona of this name that you may speak with. Choose one from the list."))
