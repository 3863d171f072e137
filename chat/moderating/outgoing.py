"""What models write: checked whole when an answer ends, and in pieces while it is written."""

from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext

from chat.messages import rendered
from chat.models import Generation, Message
from chat.moderating.texts import SERVICE, WITHHELD, message_target, place_of
from meatlizard.moderation import rulebook
from meatlizard.moderation.actions import screening
from meatlizard.moderation.actions.screening import Finding
from meatlizard.moderation.judging import look
from meatlizard.moderation.models import Action, Case
from meatlizard.moderation.spans import masked

CHECKING = "checking"
"""Why an answer is withheld: a model has not judged it yet."""

TAIL = 120
"""Code points at the end of a text under way that are held back, where answers are held: a match may go on there."""


class Judged(NamedTuple):
    """An answer as it may be stored, its first ``thinking`` code points thinking; and what was ``found`` in it."""

    text: str
    thinking: int
    found: tuple[Finding, ...] = ()

    @property
    def withheld(self) -> bool:
        return any(one.blocks for one in self.found)


def judged(text: str, thinking: int) -> Judged:
    """Of a whole answer. Touches no database; costs nothing while no rule is on."""
    book = rulebook.remembered()
    if not text or (book is not None and not book.sets):
        return Judged(text, thinking)
    parts = screening.outgoing(None, SERVICE, (text[:thinking], text[thinking:]))
    found = tuple(one for one in parts if one is not None)
    if any(one.blocks for one in found):
        return Judged("", 0, found)
    # Masks keep every length, so that the boundary stays where it was.
    thoughts, answer = (
        one.text if one else part for one, part in zip(parts, (text[:thinking], text[thinking:]), strict=True)
    )
    return Judged(thoughts + answer, thinking, found)


def ready(text: str, thinking: int, generation: UUID) -> tuple[str, dict[str, Any]]:
    """What of an answer is stored, and with it what :class:`chat.generations.Outcome` says of it: thinking, HTML, what was found.
    Takes as long as the text is long: not for a transaction."""
    end = judged(text, thinking)
    answer = end.text[end.thinking :]
    html = rendered(answer, generation) if answer else ""
    return end.text, {"thinking": end.thinking, "found": end.found, "html": html}


def settle(row: Generation, message: Message, found: tuple[Finding, ...]) -> None:
    """In the ending transaction, before ``message`` is written: cases for moderators, and a model's judgement is asked for."""
    if found:
        strongest = max(found, key=lambda one: one.verdict.action)
        screening.note(
            replace(strongest, person=row.user_id),
            target=message_target(message.pk),
            place=place_of(row.conversation_id),
        )
        if strongest.blocks:
            _withhold(row, message)
            return
    if message.content and screening.asks_model(SERVICE, "out"):
        _have_judged(row, message)


def _have_judged(row: Generation, message: Message) -> None:
    from chat.moderating.jobs import classify_answer

    case = ""
    if rulebook.current().hold:
        waiting = Case.objects.create(
            created=timezone.now(), origin=Case.Origin.RULE, service=SERVICE, direction="out", person_id=row.user_id,
            target=message_target(message.pk), place=place_of(row.conversation_id), kept=message.content,
            content=Case.Content.WAITING, action=Action.FLAG,
        )  # fmt: skip
        case = str(waiting.pk)
        _withhold(row, message, CHECKING)
    classify_answer.enqueue(str(message.pk), case)


def _withhold(row: Generation, message: Message, why: str = "") -> None:
    message.content = message.html = message.thinking = ""
    row.reason, row.error_code, row.thinking_length = WITHHELD, why, 0
    Generation.objects.filter(pk=row.pk).update(reason=WITHHELD, error_code=why, thinking_length=0)


def visible(text: str, thinking: int) -> tuple[str, int]:
    """How much of an answer under way whoever opens the page now may see: nothing that a rule blocks, and where answers are held
    no more than was checked."""
    book = rulebook.remembered()
    rules = book.rules(SERVICE, "out") if book is not None else ()
    if book is None or not rules or not text:
        return text, thinking
    parts = [look(rules, part) for part in (text[:thinking], text[thinking:])]
    if any(part.action >= Action.BLOCK for part in parts):
        return "", 0
    if not book.holds(SERVICE):
        return text, thinking
    if book.hold and screening.asks_model(SERVICE, "out"):
        return "", 0
    shown = "".join(part.masked for part in parts)[: max(0, len(text) - TAIL)]
    return shown, min(thinking, len(shown))


def plain(reply: str, person: int) -> str:
    """A reply that no model made, as it may be shown."""
    (found,) = screening.outgoing(person, SERVICE, [reply])
    if found is None:
        return reply
    screening.note(found)
    return gettext("*A rule of this site withheld this.*") if found.blocks else found.text


def spans_hidden(text: str, spans: list[tuple[int, int]], start: int, end: int) -> str:
    """The part from ``start`` to ``end`` of a text, with what lies in ``spans`` masked."""
    within = [(max(a, start) - start, min(b, end) - start) for a, b in spans if b > start and a < end]
    return masked(text[start:end], within)
