"""What the chat does when a person's account is deleted, anonymised or suspended."""

from collections.abc import Sequence
from uuid import UUID

from chat import actions
from chat.attachments.jobs import sweep_attachments
from chat.bus import control_on_commit
from chat.knowledge import actions as knowledge
from chat.models import Conversation, Generation, Upload
from chat.models.knowledge import Collection
from chat.models.notices import NoticeChoice
from chat.models.prompts import OwnText
from chat.models.remembering import Fact, Memory
from chat.models.tools import PersonZone
from chat.remembering import meaning as facts
from chat.search import meaning as messages
from chat.transcripts import actions as transcripts
from meatlizard.jobs.lease import ENDED, HELD


def forget(person: int) -> None:
    """Within the deleting transaction, before the database's own cascade: deletes conversations and answers.

    Locked in the order in which an ending answer locks them, or the two would wait for each other for ever; the cascade begins
    with the ledger.
    """
    list(
        Generation.objects.filter(conversation__owner=person)
        .order_by("pk")
        .select_for_update(of=("self",))
        .values_list("pk")
    )
    list(Conversation.objects.filter(owner=person).order_by("pk").select_for_update().values_list("pk"))
    for key in Generation.objects.filter(conversation__owner=person, state__in=HELD).values_list("pk", flat=True):
        control_on_commit("stop", str(key))
    knowledge.forget(person)
    facts.forget_person(person)
    messages.forget_person(person)
    transcripts.forget(person)
    Conversation.objects.filter(owner=person).delete()
    if Upload.objects.filter(owner=person).exists():
        # The rows stay without an owner until what lies in the storage is deleted.
        sweep_attachments.enqueue()
    control_on_commit("queue")


def anonymise(person: int) -> None:
    """Within the transaction: conversations go, and what the person wrote of themselves. Published personas and prompts stay."""
    forget(person)
    Collection.objects.filter(owner=person).delete()
    Fact.objects.filter(owner=person).delete()
    Memory.objects.filter(owner=person).delete()
    OwnText.objects.filter(owner=person).delete()
    PersonZone.objects.filter(user=person).delete()
    NoticeChoice.objects.filter(user=person).delete()
    shut_out(person)


def shut_out(person: int) -> None:
    """Closes the person's open pages, in every process, and stops answers under way."""
    control_on_commit("person", str(person))
    for generation in Generation.objects.filter(user=person).exclude(state__in=ENDED):
        actions.stop(generation)


def stop_in(conversations: Sequence[UUID]) -> int:
    """Stops what is being written in these conversations, or waits. Returns how many answers."""
    rows = list(Generation.objects.filter(conversation__in=conversations).exclude(state__in=ENDED))
    for generation in rows:
        actions.stop(generation)
    return len(rows)
