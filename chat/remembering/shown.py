"""What the page of facts shows beside them."""

from dataclasses import dataclass
from uuid import UUID

from chat.models import Conversation, Memory, Persona
from meatlizard.accounts.models import User

MOST = 50


@dataclass(frozen=True, slots=True)
class Hearing:
    """A persona that the person has talked with, and whether it is told."""

    persona: UUID
    name: str
    told: bool


def personas(owner: User, memory: Memory) -> list[Hearing]:
    """Those of the person's conversations, by name."""
    spoken = Conversation.objects.filter(owner=owner.pk, removed=None, persona_version__persona__isnull=False)
    keys = spoken.order_by().values_list("persona_version__persona", flat=True).distinct()[:MOST]
    rows = Persona.objects.filter(pk__in=list(keys), removed=None).select_related("current", "published", "owner")
    kept = memory.without.split()
    found = []
    for row in rows:
        # As the person knows it: of somebody else's the published one.
        version = row.current if row.owner_id == owner.pk else row.published
        if version is not None:
            found.append(Hearing(row.pk, version.called, row.pk.hex not in kept))
    return sorted(found, key=lambda one: one.name.lower())
