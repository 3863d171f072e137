"""From a draft to what others see: the owner asks, a reviewer publishes or gives back with a word; or the owner publishes, where the
site reviews nothing (``PERSONA_REVIEW``).
"""

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from chat.models import Persona
from chat.models.reviews import PersonaReview
from chat.personas import actions
from chat.personas.access import edits_all
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid

MAX_NOTE = 2_000
Step = PersonaReview.Step


def may_publish(user: User, persona: Persona) -> bool:
    """An operator always; the owner while the site reviews nothing. A review is of what it says, not of who reads it."""
    return edits_all(user) or (not settings.PERSONA_REVIEW and persona.owner_id == user.pk)


def ask(user: User, persona: Persona, number: int, note: str = "") -> None:
    """Puts version ``number`` before the reviewers. Raises Invalid where there is a newer one or nothing to review."""
    _step(user, persona, number, Persona.State.IN_REVIEW, Step.ASKED, note, [Persona.State.DRAFT])


def publish(user: User, persona: Persona, number: int, note: str = "") -> None:
    """Others read version ``number`` from now on. Raises Forbidden for who may not, Invalid where there is a newer one."""
    if not may_publish(user, persona):
        raise Forbidden(_("Personas are reviewed on this site. Ask for a review."))
    before = [Persona.State.IN_REVIEW]
    if not settings.PERSONA_REVIEW or persona.owner_id == user.pk:
        before.append(Persona.State.DRAFT)
    # What another reviewer has given back is a draft again, and is not published over their head.
    _step(user, persona, number, Persona.State.PUBLISHED, Step.PUBLISHED, note, before)


def give_back(user: User, persona: Persona, number: int, note: str) -> None:
    """Not yet: the owner reads why. A reviewer's; the owner may take back what they asked for, without a word."""
    if not edits_all(user) and persona.owner_id != user.pk:
        raise Forbidden(_("Only reviewers give a persona back."))
    if persona.owner_id != user.pk and not note.strip():
        raise Invalid(_("Say in a sentence what is to be changed."), code="note_empty")
    _step(user, persona, number, Persona.State.DRAFT, Step.RETURNED, note, [Persona.State.IN_REVIEW])


def withdraw(user: User, persona: Persona, note: str = "") -> None:
    """Nobody but its owner reads it any more. ``persona`` comes from ``access_persona_to_change``."""
    with transaction.atomic():
        if Persona.objects.filter(pk=persona.pk, published=None).exists():
            raise Invalid(_("Nobody else reads this persona."), code="not_published")
        number = persona.published.number if persona.published else 0
        actions.withdraw(persona)
        _note(user, persona, number, Step.WITHDRAWN, note)


def _step(
    user: User,
    persona: Persona,
    number: int,
    state: Persona.State,
    step: PersonaReview.Step,
    note: str,
    before: list[Persona.State],
) -> None:
    with transaction.atomic():
        # Two reviewers, or a reviewer and the owner who goes on writing: the row decides who was first.
        row = Persona.objects.select_for_update().select_related(None).filter(pk=persona.pk, removed=None).first()
        current = row.current if row is not None else None
        if row is None or current is None or current.number != number:
            raise Invalid(
                _("This persona was changed in the meantime. Look at its newest version first."),
                code="changed_meanwhile",
            )
        if row.state not in before:
            said = {"state": row.get_state_display()}
            raise Invalid(_("This is not possible now: the persona is “%(state)s”.") % said, code="wrong_state")
        actions.set_state(persona, state)
        _note(user, persona, number, step, note)


def _note(user: User, persona: Persona, number: int, step: PersonaReview.Step, note: str) -> None:
    note = note.replace("\x00", "").strip()
    if len(note) > MAX_NOTE:
        raise Invalid(_("A note has at most %(most)s characters.") % {"most": MAX_NOTE}, code="too_long")
    PersonaReview.objects.create(persona=persona, number=number, step=step, by=user, note=note)


def steps(persona: Persona) -> list[PersonaReview]:
    """The last ones, the newest first."""
    return list(PersonaReview.objects.filter(persona=persona.pk).select_related("by")[:20])
