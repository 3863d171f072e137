"""Verbs of sharing: make a link, withdraw it, let somebody in by its password, copy what is behind it."""

import datetime
import secrets
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from chat.bus import on_commit
from chat.hub import user_topic
from chat.messages import branch, conversation_changed
from chat.models import Conversation, Message, Share
from chat.sharing.access import readers, token_hash
from chat.tools import carrying as calls
from chat.tools import citing
from meatlizard.accounts.models import User
from meatlizard.errors import Forbidden, Invalid, LimitReached
from meatlizard.languages import number
from meatlizard.security.passwords import MAX_PASSWORD, Lock

TOKEN_BYTES = 24
MAX_SHARES = 1_000
MAX_MESSAGES = 5_000
MAX_DAYS = 3_650
KEPT_AFTER_END = datetime.timedelta(days=30)
"""How long its owner still sees a link that has expired. Then it goes, with the copy behind it."""


def share(conversation: Conversation, days: int | None = None, password: str = "") -> tuple[Share, str]:
    """A link to the branch that is shown, as it is now; it ends after ``days``. Returns it with the token, which nobody can be told
    again. Thinking and the system prompt stay at home.

    Raises Invalid for an empty conversation and unusable values, LimitReached beyond MAX_SHARES, Forbidden where links are off.
    """
    if readers() == "false":
        raise Forbidden(gettext("Sharing by link is switched off on this site."), code="sharing_off")
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise Invalid(
            gettext("A link ends after 1 to {most} days, or never.").format(most=number(MAX_DAYS)),
            code="expiry_out_of_range",
        )
    if len(password) > MAX_PASSWORD:
        raise Invalid(
            gettext("A password has at most {most} characters.").format(most=number(MAX_PASSWORD)),
            code="password_too_long",
        )
    shown = [message for message in branch(conversation) if message.content or message.attached]
    used = calls.behind_links(shown)
    snapshot = [_shown(message) | used.get(message.pk, {}) for message in shown]
    if not snapshot:
        raise Invalid(gettext("There is nothing in this conversation to share yet."), code="nothing_to_share")
    if len(snapshot) > MAX_MESSAGES:
        raise Invalid(
            gettext("At most {most} messages are shared; these are {count}.").format(
                most=number(MAX_MESSAGES), count=number(len(snapshot))
            ),
            code="too_long",
        )
    # Slow on purpose, and hence before anything is locked.
    hashed = make_password(password) if password else ""
    now = timezone.now()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).filter(pk=conversation.owner_id).first()
        mine = Share.objects.filter(owner=conversation.owner_id)
        mine.filter(expires__lt=now - KEPT_AFTER_END).delete()
        if mine.count() >= MAX_SHARES:
            raise LimitReached(
                gettext("You share {most} links already. Withdraw some first.").format(most=number(MAX_SHARES)),
                code="too_many_shares",
            )
        row = Share.objects.create(
            owner_id=conversation.owner_id, conversation=conversation, token_hash=token_hash(token), title=conversation.title,
            snapshot=snapshot, length=len(snapshot), password=hashed, created=now,
            expires=now + datetime.timedelta(days=days) if days else None,
        )  # fmt: skip
    return row, token


def revoke(row: Share) -> None:
    """Withdraws a link. The copy behind it is deleted, so that nothing remains to be found."""
    row.delete()


def unlock(row: Share, password: str, address: str) -> str:
    """As :meth:`meatlizard.security.passwords.Lock.unlock`."""
    return _lock(row).unlock(password, address)


def is_unlocked(row: Share, proof: str) -> bool:
    return _lock(row).is_open(proof)


def _lock(row: Share) -> Lock:
    return Lock("share", row.pk, row.password)


def copy(user: User, row: Share) -> Conversation:
    """A conversation of the user's own that begins with what is behind the link."""
    turns: list[dict[str, Any]] = row.snapshot
    with transaction.atomic():
        talk = Conversation.objects.create(
            owner=user, title=row.title[:200], title_by_owner=bool(row.title), updated=timezone.now()
        )
        copies: list[Message] = []
        parent: UUID | None = None
        for turn in turns:
            copies.append(_copied(turn, talk, parent))
            parent = copies[-1].pk
        Message.objects.bulk_create(copies, batch_size=100)
        talk.head_id = parent
        talk.save(update_fields=["head"])
        on_commit(user_topic(user.pk), conversation_changed(talk))
    return talk


def _copied(turn: dict[str, Any], talk: Conversation, parent: UUID | None) -> Message:
    return Message(
        pk=uuid4(), conversation=talk, parent_id=parent, role=turn["role"], source=turn["source"], model=turn["model"],
        speaker=turn.get("speaker", ""),
        content=turn["content"], html=turn["html"], created=datetime.datetime.fromisoformat(turn["created"]),
    )  # fmt: skip


def _shown(message: Message) -> dict[str, Any]:
    """What is attached stays at home, too: only how many files there are is said."""
    names = ("role", "source", "model", "speaker", "content", "html")
    shown = {**{name: getattr(message, name) for name in names}, "created": message.created.isoformat()}
    shown["html"] = citing.outside(message.html) if message.cited else message.html
    return {**shown, "attached": message.attached} if message.attached else shown
