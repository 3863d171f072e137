"""Verbs of what is remembered: write, change, delete and bring back facts, and switch all of it off."""

import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.models import Conversation, Fact, Memory, Recalled
from chat.moderating import incoming
from chat.personas.access import readable
from chat.remembering import meaning, places
from chat.remembering.standing import changed
from chat.remembering.told import fitting, listed
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached, NotFound
from meatlizard.reading.conversion import writable

MAX_FACT = 500
MAX_FACTS = 1_000
"""Of one person."""

MAX_IN_ALL = 3_000
"""With those in the trash: who writes and deletes in turns fills no disk."""

TRASH_DAYS = 30


def add(owner: User, text: str, origin: str = Fact.Origin.WRITTEN) -> Fact:
    """What is remembered already is not remembered twice. Raises Invalid, LimitReached beyond MAX_FACTS, and Blocked where moderation's
    rules forbid it."""
    return _added(owner, text, origin)[0]


def note(owner: User, text: str, talk: Conversation | None) -> tuple[Fact, bool]:
    """What its owner confirms beside ``talk`` (None: one that is about to be made), and whether it is new. Raises as :func:`add`, and
    Forbidden where nothing is remembered."""
    places.check(owner, talk)
    return _added(owner, text, Fact.Origin.ASKED)


def _added(owner: User, text: str, origin: str) -> tuple[Fact, bool]:
    text = _checked(owner, text)
    with transaction.atomic():
        _one_at_a_time(owner.pk)
        same = Fact.objects.filter(owner=owner.pk, removed=None, text=text).first()
        if same is not None:
            return same, False
        rows = Fact.objects.filter(owner=owner.pk)
        if rows.filter(removed=None).count() >= MAX_FACTS or rows.count() >= MAX_IN_ALL:
            words = _("%(most)s things are remembered of you already. Delete some first.")
            raise LimitReached(words % {"most": f"{MAX_FACTS:,}"}, code="too_many_facts")
        row = Fact.objects.create(owner=owner, text=text, origin=origin)
        meaning.changed([row.pk])
        _renew(owner.pk)
    return row, True


def change(fact: Fact, text: str) -> Fact:
    text = _checked(fact.owner, text, fact.text)
    with transaction.atomic():
        _one_at_a_time(fact.owner_id)
        fact.text = text
        fact.save(update_fields=["text", "updated"])
        meaning.changed([fact.pk])
        _forget_recalled(fact.owner_id)
        _renew(fact.owner_id)
    return fact


def remove(owner: User, fact: Fact | None = None) -> datetime.datetime:
    """Into the trash, for TRASH_DAYS: one, or all (None). No answer is told of them from now on. Returns by which moment they come back."""
    now = timezone.now()
    with transaction.atomic():
        _one_at_a_time(owner.pk)
        rows = Fact.objects.filter(owner=owner.pk, removed=None)
        keys = list((rows.filter(pk=fact.pk) if fact else rows).values_list("pk", flat=True))
        Fact.objects.filter(pk__in=keys).update(removed=now)
        meaning.forget(keys)
        _forget_recalled(owner.pk)
        _renew(owner.pk)
    return now


def bring_back(owner: User, moment: datetime.datetime) -> int:
    """All that were deleted at that moment. Returns how many."""
    with transaction.atomic():
        _one_at_a_time(owner.pk)
        keys = list(Fact.objects.filter(owner=owner.pk, removed=moment).values_list("pk", flat=True))
        Fact.objects.filter(pk__in=keys).update(removed=None)
        meaning.changed(keys)
        _renew(owner.pk)
    return len(keys)


def switch(owner: User, on: bool) -> None:
    """Off: nothing is told, recalled or remembered; what is there stays until it is deleted."""
    with transaction.atomic():
        _one_at_a_time(owner.pk)
        Memory.objects.update_or_create(pk=owner.pk, defaults={"on": on})
        changed()


def switch_in(talk: Conversation, on: bool) -> Conversation:
    """Whether what is remembered is told in this conversation, and may be added to."""
    Conversation.objects.filter(pk=talk.pk).update(memory=on)
    talk.memory = on
    return talk


def keep_from(owner: User, persona: UUID, kept: bool) -> None:
    """Whether this persona is told nothing, whoever of its versions speaks. Raises NotFound for one that the owner does not see."""
    if kept and not readable(owner).filter(pk=persona).exists():
        raise NotFound(_("This persona does not exist, or is not yours to see."))
    with transaction.atomic():
        _one_at_a_time(owner.pk)
        row = Memory.objects.filter(pk=owner.pk).first() or Memory(owner=owner)
        others = [key for key in row.without.split() if key != persona.hex]
        row.without = " ".join([*others[-200:], persona.hex] if kept else others)
        row.save()


def empty_trash(now: datetime.datetime | None = None) -> int:
    before = (now or timezone.now()) - datetime.timedelta(days=TRASH_DAYS)
    return Fact.objects.filter(removed__lt=before).delete()[0]


def merge(old: int, new: int) -> None:
    """Within the transaction that makes one account of two. The surviving one's switches stay as they are."""
    keys = list(Fact.objects.filter(owner=old, removed=None).values_list("pk", flat=True))
    meaning.forget(keys)
    Fact.objects.filter(owner=old).update(owner=new)
    meaning.changed(keys)
    if keys:
        _renew(new)


def _renew(owner: int) -> None:
    """What answers are told, made anew from the facts: all of them, or the newest that have room."""
    texts = list(
        Fact.objects.filter(owner=owner, removed=None).order_by("-created", "-pk").values_list("text", flat=True)
    )
    kept = fitting(texts)
    row = Memory.objects.filter(pk=owner).first() or Memory(owner_id=owner)
    # The oldest first: what comes new is put behind, and machines need not read the rest again.
    row.told, row.many = listed(kept[::-1]), len(kept) < len(texts)
    row.version += 1
    row.save()
    changed()


def _forget_recalled(owner: int) -> None:
    """What was looked up for answers, which may wait for long: these are told the newest facts instead."""
    Recalled.objects.filter(generation__user=owner).delete()


def _checked(owner: User, text: str, before: str = "") -> str:
    text = " ".join(writable(text).split())
    if not text or len(text) > MAX_FACT:
        raise Invalid(_("What is remembered has 1 to %(most)s characters.") % {"most": MAX_FACT}, code="bad_fact")
    return incoming.prompt(lambda: owner, text, before)


def _one_at_a_time(owner: int) -> None:
    User.objects.select_for_update(no_key=True).filter(pk=owner).first()
