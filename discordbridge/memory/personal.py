"""Where on Discord a person's own facts are told: in direct messages, and in private channels and threads of their sessions."""

from collections.abc import Collection
from uuid import UUID

from discordbridge.models import GuildSession

ALONE = (GuildSession.Kind.DIRECT, GuildSession.Kind.CHANNEL, GuildSession.Kind.THREAD)


def private(conversations: Collection[UUID]) -> set[UUID]:
    """Of these conversations those whose place is private, and no other place of theirs is not."""
    rows = GuildSession.objects.filter(conversation__in=list(conversations)).exclude(state=GuildSession.State.CLOSED)
    kinds: dict[UUID, set[str]] = {}
    for conversation, kind in rows.values_list("conversation", "kind"):
        kinds.setdefault(conversation, set()).add(kind)
    return {conversation for conversation, some in kinds.items() if some <= set(ALONE)}
