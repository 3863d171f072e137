"""Verbs of conversations with personas: begin one, let another speak, choose another first message, attach lorebooks."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chat import tree
from chat.access import access_conversation
from chat.bus import on_commit
from chat.events import BranchShown, MessageAdded
from chat.flows import running as flows
from chat.hub import conversation_topic, user_topic
from chat.messages import conversation_changed, message_out, rendered
from chat.models import Conversation, Generation, Lorebook, Message, Persona, PersonaVersion
from chat.personas import character as characters
from chat.personas.access import shown_version
from chat.personas.cast import Cast, cast
from chat.personas.character import MAX_BOOKS
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from meatlizard.jobs.lease import ENDED

MAX_CALLED = 80


def usual_name(viewer: User | AnonymousUser) -> str:
    """What personas called the viewer in the latest conversation that has such a name; empty for none."""
    if not viewer.is_authenticated:
        return ""
    rows = Conversation.objects.filter(owner=viewer.pk, removed=None).exclude(called="")
    return rows.order_by("-updated", "-pk").values_list("called", flat=True).first() or ""


def begin(user: User, persona: Persona, greeting: int = 0, called: str | None = None) -> Conversation:
    """A new conversation that the persona begins, with its first message or an alternative (``greeting`` counts from 0). ``called``
    None: as :func:`usual_name`.
    """
    version = shown_version(user, persona)
    called = usual_name(user) if called is None else _called(called)
    flow = flows.pinned_for(persona)
    message = _greeting(version, greeting, called, flow)
    with transaction.atomic():
        talk = Conversation.objects.create(
            owner=user, persona_version=version, flow_id=flow, called=called, updated=timezone.now()
        )
        _say(talk, message)
        on_commit(user_topic(user.pk), conversation_changed(talk))
    return talk


def choose(user: User, conversation: UUID, persona: Persona | None, called: str | None = None) -> Conversation:
    """Who gives the answers to come; None: the model itself. Where nothing was asked yet, the persona begins; elsewhere the flow of
    another persona is over.
    """
    version = shown_version(user, persona) if persona else None
    known = access_conversation(user, conversation)
    name = known.called if called is None else _called(called)
    flow = flows.pinned_for(persona) if persona else None
    message = _greeting(version, 0, name, flow) if version else None
    with transaction.atomic():
        talk = access_conversation(user, conversation, lock=True)
        begins = _nothing_asked(talk)
        if begins:
            talk.flow_id = flow
        elif talk.flow_id is not None and not _speaks(persona, talk):
            talk.flow_id = None
        talk.persona_version, talk.called = version, name
        talk.save(update_fields=["persona_version", "flow", "called"])
        if begins:
            _say(talk, message)
        on_commit(user_topic(user.pk), conversation_changed(talk))
    return talk


def greet(user: User, conversation: UUID, greeting: int | None = None) -> Conversation:
    """Begins with another of the persona's first messages (None: the next). Raises Invalid once something was asked."""
    known = access_conversation(user, conversation)
    version = known.persona_version
    if version is None:
        raise NotFound(_("No persona speaks in this conversation."))
    message = _greeting(version, _next(known, version) if greeting is None else greeting, known.called, known.flow_id)
    with transaction.atomic():
        talk = access_conversation(user, conversation, lock=True)
        if not _nothing_asked(talk):
            raise Invalid(
                _("This conversation has gone on. Begin a new one for another first message."), code="gone_on"
            )
        _say(talk, message)
    return talk


def _next(talk: Conversation, version: PersonaVersion) -> int:
    """After the first message that is shown."""
    who = characters.of(version)
    if len(who.greetings) < 2:
        raise Invalid(_("This persona has no other first message."), code="no_greeting")
    texts = [_begun(text, cast(who, "", talk.called, ()), talk.flow_id) for text in who.greetings]
    shown = talk.head.content if talk.head else ""
    return (texts.index(shown) + 1) % len(texts) if shown in texts else 0


def attach_books(user: User, conversation: UUID, books: Sequence[UUID]) -> Conversation:
    """Lorebooks of the user's own that are read here beside those of the persona."""
    keys = list(dict.fromkeys(books))
    if len(keys) > MAX_BOOKS:
        raise Invalid(_("A conversation has at most %(most)s lorebooks.") % {"most": MAX_BOOKS}, code="too_many")
    with transaction.atomic():
        talk = access_conversation(user, conversation, lock=True)
        if Lorebook.objects.filter(owner=user.pk, pk__in=keys).count() != len(keys):
            raise NotFound(_("One of these lorebooks does not exist, or is not yours."))
        talk.books = " ".join(map(str, keys))
        talk.save(update_fields=["books"])
        on_commit(user_topic(user.pk), conversation_changed(talk))
    return talk


def arrange(user: User, conversation: UUID, called: str, books: Sequence[UUID]) -> Conversation:
    """What personas call the user here, and which of the user's lorebooks are read."""
    name = _called(called)
    with transaction.atomic():
        talk = attach_books(user, conversation, books)
        talk.called = name
        talk.save(update_fields=["called"])
    return talk


def _called(name: str) -> str:
    name = characters.line(name)
    if len(name) > MAX_CALLED:
        raise Invalid(_("A name has at most %(most)s characters.") % {"most": MAX_CALLED}, code="too_long")
    return name


def _speaks(persona: Persona | None, talk: Conversation) -> bool:
    speaking = talk.persona_version
    return persona is not None and speaking is not None and speaking.persona_id == persona.pk


def _begun(greeting: str, names: Cast, flow: UUID | None) -> str:
    """A first message and what the flow begins with, in one: models expect that those who talk take turns."""
    parts = (names.expanded(greeting), flows.opening(flow, names.names))
    return "\n\n".join(part for part in parts if part)


def _greeting(version: PersonaVersion, number: int, called: str, flow: UUID | None) -> Message | None:
    """Not saved yet, and in no conversation. None for a persona without a first message or flow; Invalid for one that it does not
    have.
    """
    who = characters.of(version)
    texts = who.greetings or ([""] if flow else [])
    if not texts and number == 0:
        return None
    if not 0 <= number < len(texts):
        raise Invalid(_("This persona has no such first message."), code="no_greeting")
    key = uuid4()
    text = _begun(texts[number], cast(who, "", called, ()), flow)
    if not text:
        return None
    return Message(
        pk=key, role=Message.Role.ASSISTANT, source=Message.Source.PERSONA, speaker=version.called, content=text,
        html=rendered(text, key), created=timezone.now(),
    )  # fmt: skip


def _nothing_asked(talk: Conversation) -> bool:
    """It is empty, or nothing but a first message is shown."""
    if Generation.objects.filter(conversation=talk.pk).exclude(state__in=ENDED).exists():
        return False
    head = talk.head
    return head is None or (head.source == Message.Source.PERSONA and head.parent_id is None)


def _say(talk: Conversation, message: Message | None) -> None:
    """Under the conversation's lock: puts the first message beside others of its kind, or shows it where it was said before."""
    before = talk.head_id
    if message is None:
        if before is not None:
            _show(talk, None)
        return
    same = Message.objects.filter(
        conversation=talk.pk, parent=None, removed=None, source=message.source, speaker=message.speaker,
        content=message.content,
    ).first()  # fmt: skip
    if same is not None:
        _show(talk, same.pk)
        return
    message.conversation = talk
    message.save(force_insert=True)
    talk.head, talk.updated = message, message.created
    talk.save(update_fields=["head", "updated"])
    shown = message_out(message, place=tree.place(message))
    on_commit(conversation_topic(talk.pk), MessageAdded(conversation=talk.pk, message=shown, replaces=before))


def _show(talk: Conversation, head: UUID | None) -> None:
    if talk.head_id != head:
        talk.head_id = head
        talk.save(update_fields=["head"])
        on_commit(conversation_topic(talk.pk), BranchShown(conversation=talk.pk, head=head))
