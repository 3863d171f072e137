"""Rules that ask a model: of a question before it is stored, of an answer once it has ended."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from chat import completions
from chat.models import Message
from chat.moderating.texts import SERVICE, message_target, place_of, show
from chat.tasks import TaskFailed, Unavailable
from inference_client.protocol.vocabulary import ChatMessage, Sampling
from meatlizard.accounts.models import User
from meatlizard.errors import AppError
from meatlizard.moderation import rulebook
from meatlizard.moderation.actions import screening
from meatlizard.moderation.actions.screening import Blocked, Finding
from meatlizard.moderation.classifier import NoModel, Question
from meatlizard.moderation.judging import Verdict
from meatlizard.moderation.models import Action, Case
from meatlizard.threads import in_database

Content = Case.Content

MAX_TOKENS = 200


async def ask(question: Question) -> str:
    """How moderation asks a model. Raises NoModel."""
    messages = (
        ChatMessage(role="system", content=question.system), ChatMessage(role="user", content=question.text)
    )  # fmt: skip
    form = Sampling(json_schema=question.schema, temperature=0, max_tokens=MAX_TOKENS, thinking="off")
    try:
        return await completions.complete(messages, form, model=question.model, seconds=question.seconds)
    except (Unavailable, TaskFailed, AppError) as error:
        raise NoModel from error


async def question(user: User, conversation: UUID, text: str) -> None:
    """Raises Blocked when a model finds that ``text`` breaks a rule, or where a text is to be held that none could judge."""
    verdict, held = await screening.judged(user.pk, SERVICE, "in", text)
    if verdict:
        await in_database(_note_question, user, conversation, verdict)
    if held:
        raise Blocked(
            gettext(
                "This site has a model check what is sent, and none is free to do so. Your message was not sent; try again later."
            ),
            code="not_checked",
        )


def _note_question(user: User, conversation: UUID, verdict: Verdict) -> None:
    found = Finding(SERVICE, "in", user.pk, verdict)
    if found.blocks:
        screening.refuse(user, found, place_of(conversation))
    screening.note(found, place=place_of(conversation))


async def answer(message: UUID, case: str) -> None:
    """Judges the answer ``message``. That it is done twice does no harm."""
    # A worker may never have looked at the rules, or long ago.
    await in_database(rulebook.refresh)
    known = await in_database(_text, message, case)
    if known is None:
        return
    person, text = known
    verdict, held = await screening.judged(person, SERVICE, "out", text)
    await in_database(_carry_out, message, case, text, verdict, held)


def _text(message: UUID, case: str) -> tuple[int, str] | None:
    row = Message.objects.select_related("conversation").filter(pk=message).first()
    if row is None:
        return None
    if case:
        kept = Case.objects.filter(pk=case, content=Content.WAITING).values_list("kept", flat=True).first()
        return (row.conversation.owner_id, kept) if kept else None
    return (row.conversation.owner_id, row.content) if row.content else None


def _carry_out(message: UUID, case: str, text: str, verdict: Verdict, held: bool) -> None:
    hide = verdict.action >= Action.BLOCK or held
    with transaction.atomic():
        row = Message.objects.select_for_update(of=("self",)).filter(pk=message).first()
        if row is None:
            return
        if case:
            _end_waiting(row, case, text, verdict, hide)
        elif hide or verdict:
            # Its owner has put other words in its place meanwhile: these were not judged.
            if row.content != text:
                return
            _case_of(row, text, verdict, hide).save(force_insert=True)
            if hide:
                show(row, "")


def _end_waiting(row: Message, case: str, text: str, verdict: Verdict, hide: bool) -> None:
    waiting = Case.objects.filter(pk=case, content=Content.WAITING)
    if row.content:
        # Its owner has put other words in its place meanwhile: these were not judged, and the others are shown nowhere.
        waiting.delete()
        return
    if not hide and not verdict:
        # Nothing was found, so there is nothing to look at.
        if waiting.delete()[0]:
            show(row, text)
        return
    made = _case_of(row, text, verdict, hide)
    names = ("rule_id", "rule_name", "action", "matched", "comment", "told", "content", "kept")
    if waiting.update(**{name: getattr(made, name) for name in names}):
        show(row, "" if hide else text)


def _case_of(row: Message, text: str, verdict: Verdict, hide: bool) -> Case:
    first = verdict.first if verdict else None
    why = first.why if first else gettext("No model could judge it in time.")
    return Case(
        created=timezone.now(), origin=Case.Origin.RULE, service=SERVICE, direction="out",
        person_id=row.conversation.owner_id, target=message_target(row.pk), place=place_of(row.conversation_id),
        rule_id=first.rule.id if first else None, rule_name=first.rule.name[:170] if first else "",
        action=first.rule.action if first else Action.BLOCK, matched=why, comment=why,
        told=screening.told(first.rule)[:300] if first else why, kept=text if hide else "",
        content=Content.WITHHELD if hide else Content.SHOWN,
    )  # fmt: skip
