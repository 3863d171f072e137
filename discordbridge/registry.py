"""The live sessions, in the bot's memory: of the thousands of messages that a guild's members write to each other most are none of its
business, and must not cost a query each.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from discordbridge.models import GuildSession


@dataclass(frozen=True, slots=True)
class Live:
    """A session that has its place. ``member`` is a snowflake. Whose it is here may change (accounts are linked): that is asked anew."""

    session: UUID
    conversation: UUID
    kind: str
    place: int
    guild: int | None
    member: int | None

    @property
    def mirrors(self) -> bool:
        return self.kind == GuildSession.Kind.MIRROR


class Registry:
    def __init__(self) -> None:
        self._places: dict[int, Live] = {}
        self._conversations: dict[UUID, Live] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Live]:
        return iter(tuple(self._places.values()))

    def at(self, place: int) -> Live | None:
        return self._places.get(place)

    def of(self, conversation: UUID) -> Live | None:
        return self._conversations.get(conversation)

    def add(self, row: GuildSession) -> Live | None:
        """None for one without a place, a conversation or an owner: it is to be closed, and nothing is said in it."""
        self.drop(row.pk)
        if row.place is None or row.conversation_id is None or row.owner_id is None or row.state != "open":
            return None
        live = Live(
            row.pk, row.conversation_id, row.kind, row.place, row.guild_id, row.member
        )  # fmt: skip
        self._places[live.place] = self._conversations[live.conversation] = live
        return live

    def drop(self, session: UUID) -> None:
        for live in [one for one in self._places.values() if one.session == session]:
            self._places.pop(live.place, None)
            self._conversations.pop(live.conversation, None)
