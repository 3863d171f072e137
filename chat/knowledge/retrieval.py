"""Before an answer of a conversation that has collections: the passages that bear on its question are found, numbered and kept for it.

Who may be told what is decided here, at that moment, whatever was attached before: the asker's own collections and the site's; and, through a
persona, those of its owner that are lent. A collection of somebody else's that stands in a conversation's row is passed over.
"""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chat import meaning
from chat.knowledge import attaching, finding, routes, shown, standing
from chat.knowledge.access import readable
from chat.knowledge.finding import Finding
from chat.models import Collection, Conversation, Generation, Passage, PersonaCollection, Told
from chat.preparing import Preparing, Step
from chat.tools import sources
from chat.tools.registry import Source
from meatlizard.accounts.models import User
from meatlizard.threads import in_database
from meatlizard.vectors.vector import Vector

SECONDS = 2.0
EMBEDDING_SECONDS = 1.2
MOST = 6
"""Passages of one answer: some 1,500 tokens."""

MOST_OF_ONE = 4
"""Of one document, so that a long one does not hide the others."""

MOST_EXCERPT = 300


async def prepare(answers: Preparing) -> None:
    for answer in answers:
        question = _question(answer.generation)
        if question:
            vector = await meaning.of(question, EMBEDDING_SECONDS)
            await in_database(keep, answer.generation, question, vector)


def _question(generation: Generation) -> str:
    message = generation.message
    return message.parent.content.strip() if message and message.parent else ""


def keep(generation: Generation, question: str, vector: Vector | None) -> int:
    """Finds passages and keeps them for this answer, in place of what was found for it before. Returns how many."""
    shelves = open_to(generation)
    found = _spread(finding.find(shelves, question, MOST * 4, vector)) if shelves else []
    own = {row.pk for row in shelves if row.owner_id in (None, generation.user_id)}
    with transaction.atomic():
        Told.objects.filter(generation=generation.pk).delete()
        if not found or generation.message_id is None:
            return 0
        told: dict[int, Passage] = {}
        for one in found:
            # One by one: what has the title and address of another passage gets that one's number.
            for row in sources.add(generation.message_id, [_source(one, own)]):
                told.setdefault(row.number, one.passage)
        Told.objects.bulk_create(
            [Told(generation=generation, number=number, passage=passage) for number, passage in told.items()]
        )
    return len(told)


def open_to(generation: Generation) -> list[Collection]:
    """The collections that this answer may be given from."""
    talk = generation.conversation
    asked = [*attaching.of_conversation(talk), *routes.collections_of(generation)]
    rows = readable(User(pk=generation.user_id)).filter(pk__in=asked) if asked else Collection.objects.none()
    return list({row.pk: row for row in (*rows, *_of_persona(talk, generation.user_id))}.values())


def _of_persona(talk: Conversation, asker: int) -> list[Collection]:
    if talk.persona_version_id is None or not standing.asks_persona(talk):
        return []
    rows = PersonaCollection.objects.filter(persona__versions=talk.persona_version_id, persona__removed=None)
    theirs = list(rows.values_list("collection", "persona__owner"))
    owner = next((owner for _, owner in theirs), None)
    lent = Q(owner=owner, lent=True) if owner is not None else Q(pk__in=[])
    return list(
        Collection.objects.filter(
            Q(owner=None) | Q(owner=asker) | lent, pk__in=[key for key, _ in theirs], removed=None
        )
    )


def _spread(found: Sequence[Finding]) -> list[Finding]:
    kept: list[Finding] = []
    of: dict[UUID, int] = {}
    for one in found:
        document = one.passage.document_id
        if of.get(document, 0) < MOST_OF_ONE and len(kept) < MOST:
            of[document] = of.get(document, 0) + 1
            kept.append(one)
    return kept


def _source(one: Finding, own: set[UUID]) -> Source:
    """Without an address where the asker may not open the document: a persona's owner lent passages, not the collection."""
    address = shown.address_of(one.passage) if one.passage.document.collection_id in own else ""
    title = f"{one.title}, {one.place} ({one.passage.number})"
    return Source(title, address, timezone.now(), one.passage.content[:MOST_EXCERPT])


def _wanted(talk: Conversation) -> bool:
    return standing.asks(talk) or routes.wanted(talk)


def _concerns(generation: Generation) -> bool:
    return standing.asks(generation.conversation) or routes.concerns(generation)


STEP = Step("knowledge", 10, SECONDS, _wanted, prepare, _concerns)
