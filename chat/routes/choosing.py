"""The route of a question, chosen within the asking transaction; and the model of a route that can answer now."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from chat.availability import state_of
from chat.models import Conversation, Generation, Message, NodeModel, Upload
from chat.personas.stage import Preferences
from chat.routes import rules, table
from chat.routes.decisions import Decision, read
from chat.routes.remembered import memory
from chat.routes.rules import Question
from chat.routes.similar import examples
from chat.routes.table import Route, Table
from meatlizard.accounts.models import User
from meatlizard.errors import Invalid


@dataclass(frozen=True, slots=True)
class Chosen:
    """What an answer gets of its route. ``model``: the alias that answers; empty: as without route. ``over``: even where the
    conversation names another."""

    decision: Decision | None = None
    model: str = ""
    sampling: dict[str, Any] = field(default_factory=dict)
    over: bool = False

    def preferences(self, who: Preferences) -> Preferences:
        """Of the persona, otherwise of the route."""
        if self.decision is None:
            return who
        return replace(who, model=self.model or who.model, sampling=self.sampling | who.sampling)

    def named(self, conversation: Conversation, who: Preferences) -> str:
        """The model that is asked."""
        return self.model if self.over and self.model else conversation.model or who.model

    def note(self, generation: Generation) -> None:
        """Before it is stored."""
        if self.decision is not None:
            generation.routed = self.decision.stored()
            generation.model = self.model if self.over and self.model else generation.model


NONE = Chosen()


def choose(
    user: User, talk: Conversation, who: Preferences, question: Message, uploads: Sequence[Upload], wanted: str = ""
) -> Chosen:
    """The route of ``question``; ``wanted`` names the one that its asker wants. No query while routing is off, and where the conversation
    or its persona names a model; otherwise one, if the route names models. Raises Invalid for a ``wanted`` one that is not there.
    """
    known = table.watched.current()
    if not wanted and not automatic(known, talk, who):
        return NONE
    asked = Question(question.content, sum(row.kind == Upload.Kind.IMAGE for row in uploads))
    route, decision = _wanted(known, wanted) if wanted else _decided(known, asked)
    if route is None or decision is None:
        return NONE
    model = first_of(route.aliases, user.pk, sees=asked.images > 0)
    # What is left open gets the rest of its route when that is certain.
    return Chosen(decision, model, {} if decision.open else sampling_of(route), over=bool(wanted))


def at_once(user: User, text: str) -> tuple[Route | None, Chosen]:
    """The route of a question that is stored nowhere: by rules, and by what was decided of the very same text. Likeness and models are
    asked through rows, which would hold it. One query, if the route names models."""
    known = table.watched.current()
    route, decision = _decided(known, Question(text)) if known.on else (None, None)
    if route is None or decision is None:
        return None, NONE
    model = first_of(route.aliases, user.pk)
    return route, Chosen(replace(decision, open=False), model, sampling_of(route))


def automatic(known: Table, talk: Conversation, who: Preferences) -> bool:
    """Whether the site chooses who answers."""
    return known.on and not talk.model and not who.model


def same(user: User, generation: Generation) -> Chosen:
    """The route of an answer that goes on. One that was deleted since leaves nothing but its name."""
    decision = read(generation.routed)
    route = table.watched.current().get(decision.route) if decision else None
    if decision is None or route is None:
        return Chosen(decision)
    model = generation.model or first_of(route.aliases, user.pk, sees=generation.sight == Generation.Sight.ASKED)
    return Chosen(decision, model, sampling_of(route), over=decision.stage == "person")


def _wanted(known: Table, key: str) -> tuple[Route, Decision]:
    route = known.get(key)
    if route is None:
        raise Invalid(_("This route is not there any more. Choose another one."), code="route_unknown")
    return route, Decision.of(route, "person", confidence=1.0)


def _decided(known: Table, asked: Question) -> tuple[Route | None, Decision | None]:
    began = time.perf_counter()
    found = rules.guess(asked, known.routes)
    kept = None if found and found.sure else memory.exact(known.version, asked)
    if kept is not None:
        route = known.get(kept.route)
        if route is None:
            return None, None
        return route, Decision.of(route, kept.stage, kept.why, kept.confidence, time.perf_counter() - began)
    route = known.get(found.route) if found else known.usual
    if route is None:
        return None, None
    made = Decision.of(route, "rules" if found else "usual")
    if found is not None:
        made = replace(made, why=found.signal, confidence=found.confidence)
    made = replace(made, seconds=round(time.perf_counter() - began, 4))
    later = bool(known.judge) or (known.similarity and examples.ready(known))
    return route, replace(made, open=later and not (found and found.sure))


def sampling_of(route: Route) -> dict[str, Any]:
    found = {"temperature": route.temperature, "thinking": route.thinking or None, "max_tokens": route.max_tokens}
    return {name: value for name, value in found.items() if value is not None}


def first_of(aliases: Sequence[str], user: int, *, sees: bool = False) -> str:
    """The first of ``aliases`` that a machine offers now which may work for ``user`` and has not failed too often; empty, for any
    model, when none does: what no machine has would be waited for for ever. One query, none without aliases."""
    if not aliases:
        return ""
    rows = NodeModel.objects.filter(alias__in=aliases, kind="chat", node__revoked=None).exclude(breaker="open")
    if sees:
        rows = rows.filter(vision=True)
    there = {
        row.alias
        for row in rows.select_related("node")
        if state_of(row.node) == "connected"
        and (not (row.node.own_only or row.node.said_own_only) or row.node.owner_id == user)
    }
    return next((alias for alias in aliases if alias in there), "")
