"""Verbs of prompts: write, take back, share, copy, delete; and of the texts that stand before conversations."""

import datetime
from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat.models import OwnText, Prompt, PromptVersion, SiteText
from chat.moderating import incoming
from chat.prompting.content import Content, stored
from chat.prompting.site import TASKS
from chat.prompting.variables import clean, fill
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, LimitReached
from meatlizard.languages import number

MAX_PROMPTS = 500
"""Of one person."""

MAX_IN_ALL = 1_500
"""With those in the trash: who deletes and writes in turns fills no disk."""

MAX_VERSIONS = 100
"""Of one prompt; beyond it the oldest go."""

MAX_OWN_TEXT = 4_000
MAX_SITE_TEXT = 8_000
TRASH_DAYS = 30

SITE_TEXT_LOCK = 0x4D4C54
"""Number of the advisory lock under which versions of the site's texts are added."""

Origin = PromptVersion.Origin


def content_of(prompt: Prompt) -> Content:
    return stored({name: getattr(prompt, name) for name in Content.__dataclass_fields__})


def add(owner: User | None, by: User | None, content: Content, origin: Origin = Origin.WRITTEN, **more: Any) -> Prompt:
    """A new prompt; without ``owner`` one of the site's. Raises Invalid where the command is taken, LimitReached beyond MAX_PROMPTS."""
    with transaction.atomic():
        if owner is not None:
            # One at a time for each person, or two requests could both be the last that fits.
            User.objects.select_for_update(no_key=True).get(pk=owner.pk)
            if Prompt.objects.filter(owner=owner, removed=None).count() >= MAX_PROMPTS:
                words = _("You have %(most)s prompts, and that is the most. Delete some first.")
                raise LimitReached(words % {"most": number(MAX_PROMPTS)}, code="too_many_prompts")
            if Prompt.objects.filter(owner=owner).count() >= MAX_IN_ALL:
                words = _("There is too much in your trash. What lies there goes after %(most)s days.")
                raise LimitReached(words % {"most": number(TRASH_DAYS)}, code="trash_full")
        prompt = Prompt(owner=owner, updated=timezone.now(), **more)
        _put(prompt, content)
        _store(prompt)
        _version(prompt, content, by, origin)
    return prompt


def change(prompt: Prompt, by: User | None, content: Content, origin: Origin = Origin.WRITTEN, **more: Any) -> Prompt:
    """A new version, unless it would say the same. Raises Invalid where the command is taken."""
    with transaction.atomic():
        row = Prompt.objects.select_for_update().get(pk=prompt.pk)
        for name, value in more.items():
            setattr(row, name, value)
        if content_of(row) != content:
            row.number += 1
            row.updated = timezone.now()
            _put(row, content)
            _store(row)
            _version(row, content, by, origin)
        elif more:
            _store(row)
    return row


def take_back(prompt: Prompt, by: User, version: PromptVersion) -> Prompt:
    """What an earlier version said is said again, as the newest version."""
    return change(prompt, by, stored(version.content), Origin.RESTORED)


def copy(user: User, prompt: Prompt) -> Prompt:
    """One of the user's own that says the same, under the same command if it is free."""
    content = content_of(prompt)
    taken = set(Prompt.objects.filter(owner=user, removed=None).values_list("command", flat=True))
    names = (content.command, *(f"{content.command[:36]}-{number}" for number in range(2, MAX_PROMPTS + 2)))
    free = next(name for name in names if name not in taken)
    return add(user, user, stored({**content.as_dict(), "command": free}), Origin.COPIED)


def share(prompt: Prompt, shared: bool) -> None:
    Prompt.objects.filter(pk=prompt.pk).update(shared=shared)


def remove(prompt: Prompt) -> None:
    """Into the trash, for TRASH_DAYS."""
    Prompt.objects.filter(pk=prompt.pk, removed=None).update(removed=timezone.now())


def bring_back(prompt: Prompt) -> None:
    """Raises Invalid when its command was given to another one meanwhile."""
    prompt.removed = None
    with transaction.atomic():
        _store(prompt, ["removed"])


def empty_trash(now: datetime.datetime | None = None) -> int:
    """Deletes for good what has been there for its time. Of what came with the site the row stays, so that it is not loaded again."""
    before = (now or timezone.now()) - datetime.timedelta(days=TRASH_DAYS)
    return Prompt.objects.filter(removed__lt=before, preset="").delete()[0]


def filled(prompt: Prompt, given: Mapping[str, Any]) -> str:
    """The text of a prompt with values in their places. Raises Invalid for a value that does not fit."""
    content = content_of(prompt)
    return fill(content.text, content.variables, given)


def _put(prompt: Prompt, content: Content) -> None:
    for name, value in content.as_dict().items():
        setattr(prompt, name, value)


def _store(prompt: Prompt, fields: list[str] | None = None) -> None:
    try:
        with transaction.atomic():
            prompt.save(update_fields=fields)
    except IntegrityError:
        words = _("There is another prompt with the command /%(command)s. Choose another command.")
        raise Invalid(words % {"command": prompt.command}, code="command_taken") from None


def _version(prompt: Prompt, content: Content, by: User | None, origin: Origin) -> None:
    PromptVersion.objects.create(
        prompt=prompt, number=prompt.number, content=content.as_dict(), origin=origin, by=by, created=prompt.updated
    )
    PromptVersion.objects.filter(prompt=prompt, number__lte=prompt.number - MAX_VERSIONS).delete()


# texts before conversations -------------------------------------------------------------------------------------------


def save_own_text(user: User, about: str, answers: str) -> OwnText:
    """What a person tells all models of themselves, and how they want to be answered; both may be empty. Raises Invalid, and Blocked
    where moderation's rules forbid it."""
    texts = [clean(text).strip() for text in (about, answers)]
    if max(map(len, texts)) > MAX_OWN_TEXT:
        words = _("Each of the two texts has at most %(most)s characters.")
        raise Invalid(words % {"most": number(MAX_OWN_TEXT)}, code="too_long")
    said = OwnText.objects.filter(pk=user.pk).first() or OwnText()
    before = (said.about, said.answers)
    texts = [incoming.prompt(lambda: user, text, old) for text, old in zip(texts, before, strict=True)]
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)
        row = OwnText.objects.filter(pk=user.pk).first() or OwnText(owner=user)
        if [row.about, row.answers] != texts:
            row.about, row.answers = texts
            row.version += 1
            row.save()
    return row


def checked_site_text(kind: str, mode: str, text: str = "") -> str:
    """One of the site's texts as it would be stored. Raises Invalid for an empty or too long one, and for switching off what a task
    cannot be done without.
    """
    text = clean(text).strip() if mode == SiteText.Mode.OWN else ""
    if mode == SiteText.Mode.OWN and not text:
        raise Invalid(_("Write a text, or switch it off."), code="empty")
    if len(text) > MAX_SITE_TEXT:
        words = _("A text of the site has at most %(most)s characters; every answer reads it.")
        raise Invalid(words % {"most": number(MAX_SITE_TEXT)}, code="too_long")
    if mode == SiteText.Mode.OFF and kind in TASKS:
        raise Invalid(_("Titles and summaries cannot be made without their text."), code="needed")
    return text


def save_site_text(by: User, kind: str, mode: str, text: str = "") -> SiteText:
    """A new version of one of the site's texts, in force with the next answer. Raises as :func:`checked_site_text`."""
    text = checked_site_text(kind, mode, text)
    with transaction.atomic():
        _one_at_a_time()
        newest = SiteText.objects.filter(kind=kind).order_by("-version").first()
        version = newest.version + 1 if newest else 1
        return SiteText.objects.create(kind=kind, version=version, mode=mode, text=text, created=timezone.now(), by=by)


def _one_at_a_time() -> None:
    """Until the transaction ends. The newest row's stamp says that all texts are known: one that is committed after a newer one would
    stay unseen. SQLite's immediate transaction waits already.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SITE_TEXT_LOCK])
