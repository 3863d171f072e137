"""Conversations that are read elsewhere than on the web: what is remembered of a person is told there only where nobody else reads along.

Who owns such places says so: ``places.register(private)`` in ``ready``.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext as _

from chat.models import Conversation, Generation, Memory
from chat.prompting import outside
from chat.prompting.layers import Layer
from chat.remembering.told import kept_from, layer
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden

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


def check(person: User, talk: Conversation | None) -> None:
    """Whether anything may be remembered of ``person`` in a conversation of theirs, or recalled. Raises Forbidden: it may be switched off
    there or everywhere, and a place on Discord may have other readers."""
    if talk is not None and not (talk.memory and is_private(talk)):
        raise Forbidden(_("Nothing is remembered in this conversation."), code="memory_off")
    memory = Memory.objects.filter(pk=person.pk).first()
    if memory is None:
        return
    if not memory.on or (talk is not None and kept_from(memory.without, talk.persona_version_id)):
        raise Forbidden(_("The person has switched off that anything is remembered."), code="memory_off")


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
