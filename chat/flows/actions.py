"""Verbs of flows: an operator saves one, a person goes on without."""

from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from chat.access import access_conversation
from chat.actions import add_answer, checked_request, new_question
from chat.bus import on_commit
from chat.events import MessageAdded
from chat.flows import running
from chat.flows.checking import checked
from chat.hub import conversation_topic
from chat.messages import message_out
from chat.models import Flow, FlowVersion, Message
from meatlizard.accounts.models import User


def save(flow: Flow, steps: Any, author: User | None) -> FlowVersion:
    """Stores ``flow``, and a new version of it unless the steps are as they were. Conversations under way keep theirs. Raises
    WrongSteps.
    """
    checked(steps)
    with transaction.atomic():
        flow.save()
        # Two who save at once get one number each.
        row = Flow.objects.select_for_update().select_related(None).get(pk=flow.pk)
        if row.current is not None and row.current.steps == steps:
            return row.current
        newest = row.versions.aggregate(newest=Max("number"))["newest"] or 0
        version = FlowVersion.objects.create(flow=row, number=newest + 1, steps=steps, author=author)
        flow.current = row.current = version
        row.save(update_fields=["current"])
    return version


def skip(user: User, conversation: UUID) -> bool:
    """Goes on in free chat at the end of what is shown. It is a message of the tree, so that going back before it is going back into the
    flow. Returns False where no flow runs.
    """
    with transaction.atomic():
        talk = access_conversation(user, conversation, lock=True)
        here = running.present(talk, talk.head_id)
        if here is None:
            return False
        request = uuid4()
        checked_request(user, talk, request, queues=False)
        wish = new_question(talk, talk.head_id, _("Skip to free chat."), (), titles=False)
        wish.source = Message.Source.FLOW
        on_commit(conversation_topic(talk.pk), MessageAdded(conversation=talk.pk, message=message_out(wish)))
        add_answer(user, talk, wish, request, running.skip_reply(here), ())
    return True
