"""What members do with their conversations from Discord: the chat's own verbs, and a fresh start in the same place."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from chat import actions as chat
from chat import asked, following, keeping, listing
from chat.access import access_conversation
from chat.context import actions as context
from chat.context.events import Budget
from chat.events import ConversationOut
from chat.personas import talks
from chat.personas.access import access_persona
from chat.portability.export import SUFFIXES, WRITERS, file_name
from discordbridge.access import can_sign_in
from discordbridge.actions import answers, beginning, leaving, linking
from discordbridge.models import DiscordAccount, GuildSession
from meatlizard.accounts import belongings
from meatlizard.accounts.models import User
from meatlizard.errors import AppError, Invalid, NotFound, TooLarge
from meatlizard.ops import switches

LISTED = 10
MOST_BYTES = 8_000_000
"""Of a file that any server of Discord's takes."""


def begin_anew(owner: User, session: UUID) -> GuildSession:
    """Another conversation in the session's place, with the same persona, model and settings. The one before is kept on the site."""
    switches.may_change(owner)
    now = timezone.now()
    with transaction.atomic():
        row = GuildSession.objects.select_for_update().filter(pk=session, owner=owner.pk, state="open").first()
        if row is None or row.conversation_id is None:
            raise NotFound(gettext("This session is over."))
        before = access_conversation(owner, row.conversation_id)
        talk = _like(owner, before)
        keeping.read_at(before.pk, "web")
        keeping.read_at(talk, "discord")
        GuildSession.objects.filter(pk=row.pk).update(conversation=talk, created=now, used=now)
        row.conversation_id, row.created, row.used = talk, now, now
    # Afterwards: an ending answer locks its own row before the conversation's.
    answers.stop_all(owner, before.pk)
    return row


def _like(owner: User, before: Any) -> UUID:
    version = before.persona_version
    talk = None
    if version is not None:
        try:
            talk = talks.begin(owner, access_persona(owner, version.persona_id), called=before.called)
        except AppError:
            # Nobody may speak with it any more; the conversation before goes on with it, a new one cannot begin.
            talk = None
    if talk is None:
        talk = chat.create_conversation(owner)
    chat.configure(talk, before.model, before.system_prompt, before.temperature, before.thinking)
    return talk.pk


def summarise(owner: User, conversation: UUID) -> None:
    asked.may_ask(owner)
    context.summarise(owner, access_conversation(owner, conversation))


@dataclass(frozen=True, slots=True)
class Settings:
    model: str
    system_prompt: str
    temperature: float | None
    persona: str


def settings_of(owner: User, conversation: UUID) -> Settings:
    talk = access_conversation(owner, conversation)
    persona = talk.persona_version.name if talk.persona_version else ""
    return Settings(talk.model, talk.system_prompt, talk.temperature, persona)


def configure(owner: User, conversation: UUID, **changes: Any) -> None:
    """``model``, ``system_prompt`` or ``temperature``; the others stay."""
    switches.may_change(owner)
    talk = access_conversation(owner, conversation)
    wanted = {
        "model": talk.model, "system_prompt": talk.system_prompt, "temperature": talk.temperature, "thinking": talk.thinking,
    } | changes  # fmt: skip
    chat.configure(talk, **wanted)


def speak_with(owner: User, conversation: UUID, chosen: str) -> None:
    """A persona from the list or by its name; empty: the model itself."""
    switches.may_change(owner)
    key = beginning.persona_named(owner, chosen)
    talks.choose(owner, conversation, access_persona(owner, key) if key else None)


def budget(user: User) -> Budget:
    return following.budget(user)


def latest(user: User) -> list[tuple[ConversationOut, str]]:
    """Conversations, the newest first, each with the address of its page for who can open it."""
    rows = listing.page(user)[0][:LISTED]
    opens = can_sign_in(user.pk)
    return [(row, page_of(row.id) if opens else "") for row in rows]


def page_of(conversation: UUID) -> str:
    return settings.SITE_URL + reverse("chat:conversation", args=[conversation])


def exported(owner: User, conversation: UUID, kind: str) -> tuple[str, bytes]:
    """Name and content of a conversation's file."""
    if kind not in SUFFIXES:
        raise Invalid(gettext("A conversation is exported as json, markdown or html."), code="bad_format")
    talk = access_conversation(owner, conversation)
    return file_name(talk, kind), _small(WRITERS[kind](talk))


def everything(user: User) -> bytes:
    """A ZIP archive of all that the site has of them. Raises TooLarge for one that Discord would not take."""
    asked.may_ask(user)
    packed = bytearray()
    for piece in belongings.archive(user):
        packed += piece
        _small(packed)
    return bytes(packed)


def _small(data: Any) -> Any:
    if len(data) > MOST_BYTES:
        raise TooLarge(gettext("This is larger than Discord takes. Export it on the site, after /link."))
    return data


def is_linked(user: User) -> bool:
    return DiscordAccount.objects.filter(user=user.pk, shadow=False).exists()


def open_sessions(user: User) -> list[UUID]:
    return list(GuildSession.objects.filter(owner=user.pk).exclude(state="closed").values_list("pk", flat=True))


def may_anonymise(user: User) -> None:
    switches.may_change(user)


def anonymise(user: User) -> None:
    """Nothing here says any more who a Discord account was. One that was made for Discord alone goes with all its conversations; of a
    web account the tie goes, and what was remembered beside its conversations.

    The caller has closed the sessions, after :func:`may_anonymise`.
    """
    with transaction.atomic():
        leaving.forget(user.pk)
        GuildSession.objects.filter(owner=user.pk).update(member=None)
        if DiscordAccount.objects.filter(user=user.pk, shadow=True).exists():
            user.delete()
        else:
            linking.unlink(user)
