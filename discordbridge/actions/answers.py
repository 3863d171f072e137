"""What is done with an answer from Discord: the chat's own verbs, by whom :mod:`discordbridge.mine` has let in."""

from uuid import UUID

from chat import asked, following
from chat.access import access_conversation, access_message
from chat.events import Continue, Regenerate
from chat.fencing import spelled_out
from chat.rating import actions as rating
from chat.rating import reading
from chat.tools import approvals
from chat.tools.access import access_call
from discordbridge.actions import beginning, seen
from meatlizard.accounts.models import User
from meatlizard.ops import switches


def taken(guild: int | None) -> None:
    """Raises while no questions are taken in that guild."""
    beginning.taken_here(guild)


def stop(owner: User, message: UUID) -> None:
    row = access_message(owner, message)
    for state in following.running(row.conversation_id):
        if state.message == row.pk:
            asked.stop(owner, state.generation)


def stop_all(owner: User, conversation: UUID) -> int:
    """Whatever is being written or waits in a conversation. Returns how many."""
    talk = access_conversation(owner, conversation)
    found = following.running(talk.pk)
    for state in found:
        asked.stop(owner, state.generation)
    return len(found)


def again(owner: User, message: UUID, interaction: int, route: str = "") -> None:
    """``interaction``: the snowflake of what asked for it; the same one asks once. ``route``: the one it is to take."""
    request = seen.request_id(interaction)
    asked.ask(owner, Regenerate(type="regenerate", request=request, message=message, route=route))


def go_on(owner: User, message: UUID, interaction: int) -> None:
    asked.ask(owner, Continue(type="continue", request=seen.request_id(interaction), message=message))


def decide(member: User, call: UUID, approve: bool) -> None:
    """On a call of a tool that waits for it."""
    approvals.decide(member, access_call(member, call), approve)


def arguments(member: User, call: UUID) -> str:
    """All that a tool is to be given."""
    return spelled_out(access_call(member, call).arguments)


def rate(member: User, message: UUID, value: str) -> None:
    """Thumbs up or down; the same once more takes it back."""
    switches.may_change(member)
    row = access_message(member, message)
    asked.within_rate(member)
    if reading.values(row.conversation_id).get(row.pk) == value:
        rating.withdraw(member, row)
    else:
        rating.rate(member, row, "up" if value == "up" else "down")
