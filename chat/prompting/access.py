"""The doors to prompts and to what models have read."""

from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from chat.access import access_message
from chat.messages import latest_generation
from chat.models import Message, Prompt, PromptVersion
from chat.prompting import compositions
from meatlizard.accounts.access import at_large
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, NotFound


def keeps_the_sites(viewer: User) -> bool:
    """Whether the viewer looks after the site's own prompts, and may stop the sharing of others'."""
    return bool(viewer.is_active and viewer.is_staff and viewer.has_perm("chat.change_prompt"))


def may_change(viewer: User, prompt: Prompt) -> bool:
    return prompt.owner_id == viewer.pk or (prompt.owner_id is None and keeps_the_sites(viewer))


def readable(viewer: User) -> "QuerySet[Prompt]":
    """Own ones, the site's, and what other members share."""
    rows = Prompt.objects.select_related("owner").filter(removed=None)
    return rows.filter(Q(owner=None) | (Q(shared=True) & at_large("owner__")) | Q(owner=viewer.pk))


def access_prompt(viewer: User, prompt: UUID) -> Prompt:
    row = readable(viewer).filter(pk=prompt).first()
    if row is None:
        raise NotFound(_("This prompt does not exist, or is not yours to see."))
    return row


def access_prompt_to_change(viewer: User, prompt: UUID) -> Prompt:
    """Raises Forbidden for a prompt that the viewer may only read."""
    row = access_prompt(viewer, prompt)
    if not may_change(viewer, row):
        raise Forbidden(_("Only its owner changes this prompt. You may make a copy of your own."))
    return row


def access_prompt_to_share(viewer: User, prompt: UUID, share: bool) -> Prompt:
    """Its owner may begin and stop sharing; who looks after the site's prompts may stop others'."""
    row = access_prompt(viewer, prompt)
    if row.owner_id == viewer.pk or (row.owner_id is not None and not share and keeps_the_sites(viewer)):
        return row
    raise Forbidden(_("Only its owner shares this prompt."))


def access_removed_prompt(viewer: User, prompt: UUID) -> Prompt:
    """One in the trash, of those that the viewer may change."""
    row = Prompt.objects.filter(pk=prompt, removed__isnull=False).first()
    if row is None or not may_change(viewer, row):
        raise NotFound(_("This prompt is not in your trash."))
    return row


def access_prompt_version(viewer: User, prompt: Prompt, number: int) -> PromptVersion:
    """An old one, for who may change the prompt."""
    row = prompt.versions.filter(number=number).first() if may_change(viewer, prompt) else None
    if row is None:
        raise NotFound(_("This version does not exist, or is not yours to see."))
    return row


def read_by_answer(viewer: User, message: UUID) -> list[dict[str, object]] | None:
    """The layers of the system prompt that the model of an answer has read; None when the site does not know. Raises NotFound for what is
    no answer of a model in a conversation of the viewer's.
    """
    row = access_message(viewer, message)
    if row.source != Message.Source.MODEL:
        raise NotFound(_("No model wrote this message."))
    generation = latest_generation(row)
    return compositions.read_for(generation) if generation else None
