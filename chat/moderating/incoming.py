"""What people write, before it is stored."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from uuid import UUID

from chat.access import access_conversation
from chat.models import Upload
from chat.moderating.texts import SERVICE, message_target, place_of
from meatlizard.accounts.models import User
from meatlizard.moderation import rulebook
from meatlizard.moderation.actions import screening
from meatlizard.moderation.actions.screening import Finding
from meatlizard.moderation.judging import Verdict, look
from meatlizard.moderation.models import Action


def let_in(
    user: User, conversation: UUID, text: str, request: UUID | None = None, files: Sequence[UUID] = ()
) -> tuple[str, Finding | None]:
    """``text`` as it may be stored, and what is to be noted once it is; the documents among ``files`` are looked at, too. Costs
    nothing while no rule is on. Raises Blocked."""
    rules = rulebook.current().rules(SERVICE, "in")
    if not rules:
        return text, None
    # Before anything is written down: a stranger's text must not make a case that names somebody's conversation.
    access_conversation(user, conversation)
    for upload, said in Upload.objects.filter(owner=user.pk, pk__in=files).exclude(text="").values_list("pk", "text"):
        verdict = _unmasked(look(rules, said))
        if verdict:
            _document(user, Finding(SERVICE, "in", user.pk, verdict), place_of(conversation), f"{request} {upload}")
    return screening.incoming(
        user, SERVICE, text, once=str(request or ""), place=place_of(conversation)
    )  # fmt: skip


def _document(user: User, found: Finding, place: str, once: str) -> None:
    if found.blocks:
        screening.refuse(user, found, place, once)
    screening.note(found, place=place)


def _unmasked(verdict: Verdict) -> Verdict:
    """A file stays what it is: what would be masked in a text is flagged in it."""
    hits = [
        replace(hit, rule=replace(hit.rule, action=Action.FLAG)) if hit.rule.action == Action.MASK else hit
        for hit in verdict.hits
    ]
    return Verdict(verdict.text, tuple(hits))


def note(found: Finding | None, conversation: UUID, message: UUID) -> None:
    """In the transaction that stores the text as ``message``."""
    if found is not None:
        screening.note(found, target=message_target(message), place=place_of(conversation))


def prompt(owner: Callable[[], User], text: str, before: str = "") -> str:
    """A system prompt as it may be stored, if it was changed. Raises Blocked; not to be called in a transaction, which would take
    the case with it."""
    if text == before or not text.strip() or not rulebook.current().rules(SERVICE, "in"):
        return text
    text, found = screening.incoming(owner(), SERVICE, text)
    if found is not None:
        screening.note(found)
    return text


def brought(user: User, texts: Sequence[str]) -> list[str]:
    """Texts that come together from elsewhere, each as it may be stored; rules that count what is sent leave them alone. Raises Blocked;
    not to be called in a transaction."""
    rules = rulebook.current().rules(SERVICE, "in")
    stored = []
    for text in texts:
        found = Finding(SERVICE, "in", user.pk, look(rules, text))
        if found.blocks:
            screening.refuse(user, found)
        if found.verdict:
            screening.note(found)
        stored.append(found.text if found.verdict else text)
    return stored
