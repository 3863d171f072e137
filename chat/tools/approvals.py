"""Calls of tools that a person approves or declines."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from chat.access import access_conversation
from chat.bus import control_on_commit
from chat.models import Generation, ToolCall
from chat.models.generations import APPROVAL, SITE
from chat.tools import news
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from meatlizard.jobs.lease import State

MOST_EXPIRED = 100


def decide(user: User, call: UUID, approve: bool) -> ToolCall:
    """``user``, whose conversation it is, lets a call be made, or does not. Saying the same twice is harmless.

    Raises NotFound for a stranger's, Invalid when it is too late, or was decided otherwise.
    """
    found = ToolCall.objects.filter(pk=call).values_list("generation", "message__conversation").first()
    if found is None:
        raise NotFound
    access_conversation(user, found[1])
    with transaction.atomic():
        row, asked = _locked(found[0], call)
        if asked is None:
            raise NotFound
        wanted = ToolCall.State.APPROVED if approve else ToolCall.State.DECLINED
        if asked.state != ToolCall.State.WAITING:
            was_approved = asked.state in (ToolCall.State.APPROVED, ToolCall.State.RUNNING, ToolCall.State.DONE)
            if asked.error == "expired" or was_approved != approve or asked.state == ToolCall.State.CANCELLED:
                raise Invalid(gettext("This was decided already, or the answer is over."), code="too_late")
            return asked
        if approve:
            asked.state = wanted
            asked.save(update_fields=["state"])
        else:
            _decline(asked, "declined", gettext("The person declined this. Do not try it again; go on without."))
        if row is not None:
            _told(row, [asked])
    return asked


def expire() -> int:
    """Declines what nobody has decided in time. Returns of how many answers."""
    now = timezone.now()
    due = ToolCall.objects.filter(state=ToolCall.State.WAITING, until__lt=now).order_by()
    keys = set(due.values_list("generation", flat=True)[:MOST_EXPIRED])
    for key in keys:
        with transaction.atomic():
            row = Generation.objects.select_for_update(of=("self",)).filter(pk=key).first()
            calls = list(due.filter(generation=key))
            for one in calls:
                _decline(one, "expired", gettext("The person did not approve this in time. Go on without."))
            if row is not None:
                _told(row, calls)
    return len(keys)


def _locked(generation: UUID | None, call: UUID) -> tuple[Generation | None, ToolCall | None]:
    """The generation first, in the order in which an ending answer locks them."""
    row = Generation.objects.select_for_update(of=("self",)).filter(pk=generation).first() if generation else None
    return row, ToolCall.objects.filter(pk=call).first()


def _decline(call: ToolCall, code: str, words: str) -> None:
    call.state, call.error, call.result, call.ended = ToolCall.State.DECLINED, code, words, timezone.now()
    call.save(update_fields=["state", "error", "result", "ended"])


def _told(row: Generation, calls: list[ToolCall]) -> None:
    """The site has its turn again when nothing waits for the person any more."""
    news.tell(row.conversation_id, calls)
    open_still = ToolCall.objects.filter(generation=row.pk, state=ToolCall.State.WAITING).exists()
    if not open_still and row.state == State.QUEUED and row.model == APPROVAL:
        Generation.objects.filter(pk=row.pk).update(model=SITE, lease_owner="", lease_until=None)
        control_on_commit("prepare")
