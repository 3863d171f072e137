"""Calls of tools that a person approves or declines."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from chat.bus import control_on_commit
from chat.models import Generation, ToolCall
from chat.models.generations import APPROVAL, SITE
from chat.tools import news
from chat.tools.access import access_call
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid
from meatlizard.jobs.lease import State

MOST_EXPIRED = 100

_APPROVED = (ToolCall.State.APPROVED, ToolCall.State.RUNNING, ToolCall.State.DONE, ToolCall.State.FAILED)
_DECLINED = (ToolCall.State.DECLINED,)


def decide(user: User, call: ToolCall, approve: bool) -> ToolCall:
    """``user``, whose conversation it is, lets a call be made, or does not. Saying the same twice is harmless.

    Raises Invalid when it is too late, or was decided otherwise.
    """
    with transaction.atomic():
        row = _locked(call.generation_id)
        # As it is under the lock, in a conversation that is still there.
        asked = access_call(user, call.pk)
        if asked.state != ToolCall.State.WAITING or _is_over(asked):
            if _is_over(asked) or asked.state not in (_APPROVED if approve else _DECLINED):
                raise Invalid(gettext("This was decided already, or the answer is over."), code="too_late")
            return asked
        if approve:
            asked.state = ToolCall.State.APPROVED
            asked.save(update_fields=["state"])
        else:
            _decline(asked, "declined", gettext("The person declined this. Do not try it again; go on without."))
        if row is not None:
            _told(row, [asked])
    return asked


def _is_over(call: ToolCall) -> bool:
    """The time to decide on it: whether somebody has looked since (:func:`expire`), or not yet."""
    if call.state == ToolCall.State.WAITING:
        return call.until is not None and call.until < timezone.now()
    return call.error == "expired"


def expire() -> int:
    """Declines what nobody has decided in time. Returns of how many answers."""
    now = timezone.now()
    due = ToolCall.objects.filter(state=ToolCall.State.WAITING, until__lt=now).order_by()
    keys = set(due.values_list("generation", flat=True)[:MOST_EXPIRED])
    for key in keys:
        with transaction.atomic():
            row = _locked(key)
            calls = list(due.filter(generation=key))
            for one in calls:
                _decline(one, "expired", gettext("The person did not approve this in time. Go on without."))
            if row is not None:
                _told(row, calls)
    return len(keys)


def _locked(generation: UUID | None) -> Generation | None:
    """Before the call, in the order in which an ending answer locks them."""
    if generation is None:
        return None
    return Generation.objects.select_for_update(of=("self",)).filter(pk=generation).first()


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
