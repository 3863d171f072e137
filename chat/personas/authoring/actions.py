"""Verbs of the assistant: each asks a model in the background and returns at once with a task; :func:`outcome` tells how it stands."""

from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _

from chat import completions, task_claims, tasks
from chat.models import InferenceTask
from chat.models.prompts import SiteText
from chat.moderating import incoming
from chat.moderating.texts import SERVICE
from chat.personas import avatars
from chat.personas.authoring import drafting
from chat.personas.cast import cast
from chat.personas.character import Character
from chat.personas.lorebook import parse
from chat.prompting import layers, site
from inference_client.protocol.vocabulary import ChatMessage, Sampling
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid, NotFound
from meatlizard.moderation.actions import screening

SIDE = 512
"""Pixels of a picture that is made."""

Wanted = Literal["draft", "suggestions", "reply", "picture"]


def draft(user: User, wish: str) -> UUID:
    """A whole character from a sentence. Raises Invalid, LimitReached, and Unavailable when no model is connected."""
    messages, sampling = drafting.draft_request(_let_in(user, drafting.checked_wish(wish)))
    return completions.enqueue(messages, sampling, user=user)


def suggest(user: User, field: str, known: dict[str, str], wish: str = "") -> UUID:
    """Alternatives for one field. Raises as :func:`draft`."""
    messages, sampling = drafting.suggestion_request(field, _let_in_all(user, known), _let_in(user, wish))
    return completions.enqueue(messages, sampling, user=user)


def reply(user: User, who: Character, turns: object) -> UUID:
    """What the character, as it stands in the editor, says in a trial that nothing keeps. Raises as :func:`draft`."""
    said = drafting.trial(turns)
    said[-1] = (said[-1][0], _let_in(user, said[-1][1]))
    script = cast(who, "", "", [parse(who.book)]).script(
        [text for _, text in said], site.current().text(SiteText.Kind.ROLE)
    )
    system = layers.compose(script.layers).text
    messages = [ChatMessage(role="system", content=system)] if system else []
    messages += [ChatMessage(role=role, content=text) for role, text in said]
    sampling = Sampling.model_validate({"max_tokens": 1_000, **who.sampling})
    model = who.model if who.model in tasks.offered(InferenceTask.Kind.COMPLETION, user) else ""
    return completions.enqueue(script.directed(messages), sampling, model=model, user=user)


def paint(user: User, known: dict[str, str]) -> UUID:
    """A profile picture. Raises as :func:`draft`."""
    return tasks.enqueue_image(_let_in(user, drafting.picture_prompt(known)), width=SIDE, height=SIDE, user=user)


def can_paint(user: User) -> bool:
    return bool(tasks.offered(InferenceTask.Kind.IMAGE, user))


def outcome(user: User, task: UUID, wanted: Wanted, field: str = "") -> dict[str, Any]:
    """``{"state": "waiting" | "running" | "done" | "failed"}`` and, once it is done, ``draft``, ``suggestions`` or ``reply``; or
    ``error`` in words. Raises NotFound for what is not the user's own, Invalid for an answer that cannot be used.
    """
    row = _own(user, task)
    found = tasks.result(row.pk)
    if found.state in ("waiting", "running"):
        return {"state": found.state}
    if found.state != "done":
        return {"state": "failed", "error": found.error or _("The machine could not do this. Try again.")}
    if wanted == "picture":
        if found.picture is None:
            raise _another()
        return {"state": "done"}
    if found.text is None:
        raise _another()
    text = _let_out(user, found.text)
    if wanted == "draft":
        return {"state": "done", "draft": drafting.read_draft(text)}
    if wanted == "suggestions":
        return {"state": "done", "suggestions": drafting.read_suggestions(field, text)}
    return {"state": "done", "reply": text.strip()}


def picture(user: User, task: UUID) -> bytes:
    """A made picture as WebP, decoded and encoded anew like any that is uploaded: what a machine sends is a stranger's file too."""
    found = tasks.result(_own(user, task).pk)
    if found.state != "done" or found.picture is None:
        raise NotFound(_("This picture does not exist any more. Make another."))
    return bytes(avatars.encoded(found.picture.data).data)


def forget(user: User, task: UUID) -> None:
    """Nobody waits for it any more."""
    task_claims.cancel([_own(user, task).pk])


def _let_in(user: User, text: str) -> str:
    return incoming.prompt(lambda: user, text)


def _let_in_all(user: User, known: dict[str, str]) -> dict[str, str]:
    return {name: _let_in(user, text) for name, text in known.items() if name in drafting.SUGGESTED}


def _let_out(user: User, text: str) -> str:
    """Moderation's rules hold here as in conversations. Raises Invalid for what they withhold."""
    found = screening.outgoing(user.pk, SERVICE, [text])[0]
    if found is None:
        return text
    if found.blocks:
        raise Invalid(_("A rule of this site withholds what the model wrote. Try other words."), code="withheld")
    return found.text


def _own(user: User, task: UUID) -> InferenceTask:
    kinds = [InferenceTask.Kind.COMPLETION, InferenceTask.Kind.IMAGE]
    row = InferenceTask.objects.filter(pk=task, user=user.pk, kind__in=kinds).only("pk").first()
    if row is None:
        raise NotFound(_("This does not exist any more. Ask again."))
    return row


def _another() -> Invalid:
    return Invalid(_("This was asked for something else."), code="bad_request")
