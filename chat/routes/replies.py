"""Known answers: what a model has answered at temperature 0 to the very same messages is given again, if an operator wants it.

Model file, messages (the system prompt among them) and sampling must be equal to the letter. An answer with images, tools or a beginning, and
one that is asked for once more beside another, always goes to the model.
"""

import datetime
import hashlib
import json
import logging
from collections import OrderedDict
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from chat import generations
from chat.claims import Claimed
from chat.generations import Outcome
from chat.models import Generation, Message, NodeModel, Reply
from chat.moderating import outgoing
from chat.routes import table
from meatlizard.threads import in_database, in_thread

log = logging.getLogger(__name__)

MOST_EXPECTED = 1_000
"""Answers under way that are to be known afterwards; of more the oldest are not."""

MOST_TEXT = 200_000
"""Code points of an answer that is worth being kept."""

_expected: OrderedDict[UUID, str] = OrderedDict()
"""Keys of what models are writing, in the process that will hear their ends."""


def may_be_known(claimed: Claimed) -> bool:
    """Whether the same would come out again. No query, and no work while nothing is remembered."""
    if table.watched.remembered(table.OFF).remember == "off":
        return False
    varies = claimed.pictures or claimed.prefix or getattr(claimed, "tools", ())
    return claimed.message is not None and not varies and claimed.sampling.temperature == 0


async def given(claimed: Claimed) -> bool:
    """Whether a known answer was given in the place of the model. Otherwise what the model writes is kept, if it may be."""
    try:
        found = await in_database(_find, claimed)
        if found is None:
            return False
        text, parts = await in_thread(outgoing.ready, found.text, found.thinking, claimed.generation)
        return await in_database(_give, claimed, found, text, Outcome("stop", answered_by=claimed.model, **parts))
    except Exception:
        # It is claimed: whatever is wrong here, its model can still answer.
        log.exception("replies.not_given", extra={"generation": str(claimed.generation)})
        return False


def expects(generation: UUID) -> bool:
    return generation in _expected


def keep(generation: UUID, text: str, outcome: Outcome) -> None:
    """A model has ended: its answer is known from now on, if it is whole and broke no rule."""
    key = _expected.pop(generation, None)
    whole = outcome.reason == "stop" and not outcome.tool_calls and not outcome.found
    if key is None or not whole or not text[outcome.thinking :].strip() or len(text) > MOST_TEXT:
        return
    row = Generation.objects.filter(pk=generation).values_list("user", "conversation").first()
    if row is None or table.watched.current().remember == "off":
        return
    values = {"text": text, "thinking": outcome.thinking, "created": timezone.now(), "conversation_id": row[1]}
    Reply.objects.update_or_create(key=key, owner_id=row[0], defaults=values)


def purge() -> int:
    return Reply.objects.filter(created__lt=_since()).delete()[0]


def _since() -> datetime.datetime:
    return timezone.now() - datetime.timedelta(hours=table.watched.current().remember_hours)


def _find(claimed: Claimed) -> Reply | None:
    row = Generation.objects.filter(pk=claimed.generation).select_related("message").first()
    if row is None or row.message is None or row.attempts > 1:
        return None
    if Message.objects.filter(parent=row.message.parent_id).exclude(pk=row.message.pk).exists():
        # Whoever asks again does not want to hear the same.
        return None
    key = _key(claimed, row.node_id)
    known = Reply.objects.filter(key=key, created__gte=_since())
    if table.watched.current().remember != "all":
        known = known.filter(owner=row.user_id)
    found = known.order_by("-created").first()
    if found is None:
        _expected[claimed.generation] = key
        while len(_expected) > MOST_EXPECTED:
            _expected.popitem(last=False)
    return found


def _key(claimed: Claimed, node: UUID | None) -> str:
    file = NodeModel.objects.filter(node=node, alias=claimed.model).values_list("sha256", flat=True).first()
    messages = [one.model_dump(mode="json", exclude_defaults=True) for one in claimed.messages]
    sampling = claimed.sampling.model_dump(mode="json", exclude_none=True)
    told = json.dumps([claimed.model, file or "", messages, sampling], sort_keys=True)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def _give(claimed: Claimed, found: Reply, text: str, outcome: Outcome) -> bool:
    with transaction.atomic():
        mine = Generation.objects.filter(pk=claimed.generation, lease_epoch=claimed.epoch)
        mine.update(remembered=True)
        Reply.objects.filter(pk=found.pk).update(uses=F("uses") + 1)
        # Lost the lease, or stopped meanwhile: then it is not the model's turn either.
        generations.finish(claimed.generation, claimed.epoch, text, outcome)
    return True
