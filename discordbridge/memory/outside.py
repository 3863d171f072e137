"""What was recalled for an answer, as a layer of its system prompt."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from uuid import UUID

from chat.prompting.layers import Layer, text_version
from discordbridge.actions import remembering


class Answer(Protocol):
    """What of a generation is asked for here."""

    pk: UUID
    user_id: int
    request: UUID | None


def layers(answers: Sequence[Answer]) -> Mapping[UUID, Sequence[Layer]]:
    keys = {one.pk: (one.user_id, one.request) for one in answers if one.request is not None}
    found = remembering.recollected(set(keys.values()))
    return {
        pk: (Layer("guild", found[key], "guild", text_version(found[key])),)
        for pk, key in keys.items()
        if found.get(key)
    }
