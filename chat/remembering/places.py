"""Conversations that are read elsewhere than on the web: what is remembered of a person is told there only where nobody else reads along.

Who owns such places says so: ``places.register(private)`` in ``ready``.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from chat.models import Conversation, Generation
from chat.prompting import outside
from chat.prompting.layers import Layer
from chat.remembering.told import kept_from, layer

Private = Callable[[Collection[UUID]], Collection[UUID]]
"""Of these conversations those that nobody but their owner reads."""

_private: Private | None = None


def register(private: Private) -> None:
    global _private
    _private = private
    outside.register(layers)


def is_private(conversation: Conversation) -> bool:
    if conversation.place == "web":
        return True
    return _private is not None and conversation.pk in _private([conversation.pk])


def layers(answers: Sequence[Generation]) -> Mapping[UUID, Sequence[Layer]]:
    """Facts for the answers in private places elsewhere. Two queries."""
    private = _private({one.conversation_id for one in answers}) if _private else ()
    if not private:
        return {}
    rows = Conversation.objects.filter(pk__in=list(private), memory=True, owner__memory__on=True)
    columns = ("pk", "owner__memory__told", "owner__memory__version", "owner__memory__without", "persona_version")
    told = {
        pk: layer(text, str(version))
        for pk, text, version, without, persona in rows.values_list(*columns)
        if not kept_from(without, persona)
    }
    return {one.pk: told[one.conversation_id] for one in answers if one.conversation_id in told}
