"""Remembered messages by what they mean: a collection of the shared index, in which a server is the owner and a channel the scope."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from django.utils.translation import gettext_lazy as _

from discordbridge.models import RememberedMessage
from meatlizard.vectors import embedding, index
from meatlizard.vectors.registry import Text
from meatlizard.vectors.vector import Vector

NAME = "discord.memory"
ENOUGH = 0.3
"""Below that similarity a message has nothing to do with the question."""

QUESTION_SECONDS = 2.0
"""So long an answer may wait for a question's vector. Then words alone have to do."""

_messages = index.collection(NAME)


class Messages:
    """What the index asks of remembered messages; keys are their numbers. See :class:`meatlizard.vectors.registry.Source`."""

    label = _("remembered messages of Discord")

    def read(self, keys: Collection[str]) -> Mapping[str, Text]:
        rows = RememberedMessage.objects.filter(pk__in=[int(key) for key in keys], deleted=None).exclude(content="")
        found = rows.values_list("pk", "guild", "channel", "content")
        return {str(pk): Text(str(guild), str(channel), content) for pk, guild, channel, content in found}

    def keys(self, after: str, most: int) -> Sequence[str]:
        rows = RememberedMessage.objects.filter(pk__gt=int(after or 0), deleted=None).exclude(content="")
        return [str(pk) for pk in rows.order_by("pk").values_list("pk", flat=True)[:most]]

    def count(self) -> int:
        return RememberedMessage.objects.filter(deleted=None).exclude(content="").count()


def renew(keys: Iterable[int]) -> None:
    _messages.renew(map(str, keys))


def forget(keys: Iterable[int]) -> None:
    _messages.delete(map(str, keys))


async def vector_of(question: str) -> Vector | None:
    """None: nobody can tell now."""
    try:
        return await embedding.embed_query(question, QUESTION_SECONDS)
    except embedding.Unavailable:
        return None


def search(guild: int, channels: Collection[int], vector: Vector, most: int) -> list[int]:
    hits = _messages.search(vector, str(guild), [str(channel) for channel in channels], most)
    return [int(hit.key) for hit in hits if hit.similarity >= ENOUGH]
