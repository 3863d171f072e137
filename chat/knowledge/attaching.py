"""Which collections answers are given from: those of a conversation, and those of the persona that speaks in it."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from chat.access import access_conversation
from chat.bus import on_commit
from chat.hub import user_topic
from chat.knowledge.access import readable
from chat.knowledge.limits import MAX_ATTACHED
from chat.knowledge.standing import changed
from chat.messages import conversation_changed
from chat.models import Collection, Conversation, Persona, PersonaCollection
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound


def of_conversation(conversation: Conversation) -> list[UUID]:
    return [UUID(key) for key in conversation.collections.split()]


def of_persona(persona: Persona) -> list[UUID]:
    return list(
        PersonaCollection.objects.filter(persona=persona.pk).order_by("pk").values_list("collection", flat=True)
    )


def names(viewer: User, collections: Iterable[UUID]) -> list[Collection]:
    """Those that the viewer may read."""
    return list(readable(viewer).filter(pk__in=list(collections)))


def attach(user: User, conversation: UUID, collections: Sequence[UUID]) -> Conversation:
    """These and no others are asked from the next answer on. Raises NotFound for one that is not the user's to read."""
    keys = _checked(user, collections)
    with transaction.atomic():
        talk = access_conversation(user, conversation, lock=True)
        talk.collections = " ".join(key.hex for key in keys)
        talk.save(update_fields=["collections"])
        on_commit(user_topic(user.pk), conversation_changed(talk))
    return talk


def add(user: User, conversation: UUID, collection: UUID) -> Conversation:
    """One more. The same one again changes nothing."""
    with transaction.atomic():
        talk = access_conversation(user, conversation, lock=True)
        # What was deleted meanwhile goes, and makes room.
        here = {row.pk for row in names(user, of_conversation(talk))}
        kept = [key for key in of_conversation(talk) if key in here and key != collection]
        return attach(user, conversation, [*kept, collection])


def attach_to_persona(owner: User, persona: Persona, collections: Sequence[UUID]) -> None:
    """For who may change the persona. What its owner may not read is not told, whoever speaks with it; and what ``owner``, perhaps an
    operator, was not shown, stays."""
    keys = _checked(owner, collections)
    with transaction.atomic():
        seen = PersonaCollection.objects.filter(persona=persona.pk, collection__in=readable(owner))
        seen.exclude(collection__in=keys).delete()
        PersonaCollection.objects.bulk_create(
            [PersonaCollection(persona=persona, collection_id=key) for key in keys], ignore_conflicts=True
        )
        changed()


def _checked(user: User, collections: Sequence[UUID]) -> list[UUID]:
    keys = list(dict.fromkeys(collections))
    if len(keys) > MAX_ATTACHED:
        raise Invalid(_("At most %(most)s collections are asked.") % {"most": MAX_ATTACHED}, code="too_many")
    if readable(user).filter(pk__in=keys).count() != len(keys):
        raise NotFound(_("One of these collections does not exist, or is not yours to see."))
    return keys
