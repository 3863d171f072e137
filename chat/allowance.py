"""What an answer may cost, and how it is sampled: the conversation's wishes within what the asker's week allows."""

from typing import Any
from uuid import UUID

from chat.models import Conversation, kept
from chat.personas import stage
from meatlizard.accounts.models import User
from meatlizard.budgets import actions as budgets

CHARACTERS_A_TOKEN = 4
"""Of ordinary text in most models' vocabularies, for what is set aside before a model has counted."""

LEAST_ANSWER = 50
"""Tokens below which an answer is not worth beginning."""

USUAL_ANSWER = 2_000
"""Tokens that are set aside for an answer. A longer one is written all the same, and counts whole."""


def sampling(
    user: User, talk: Conversation, who: stage.Preferences, key: UUID, before: UUID | None, length: int
) -> dict[str, Any]:
    """The conversation's own, otherwise its persona's, within what the week allows. Raises LimitReached."""
    chosen = dict(who.sampling)
    if talk.temperature is not None:
        chosen["temperature"] = talk.temperature
    if talk.thinking:
        chosen["thinking"] = talk.thinking
    bounds = _within_budget(user, key, before, length)
    return chosen | {name: min(bound, chosen.get(name, bound)) for name, bound in bounds.items()}


def _within_budget(user: User, key: UUID, before: UUID | None, length: int) -> dict[str, int]:
    """Sets aside what an answer may cost to a question of ``length`` characters after the answer ``before``; when less is left
    than a usual answer takes, bounds its length. Raises LimitReached."""
    read, answered = (kept.tokens_so_far.first(message=before) if before else None) or (0, 0)
    least = length // CHARACTERS_A_TOKEN + 1 + (read or 0) + (answered or 0)
    tokens = budgets.reserve(user, key, least=least + LEAST_ANSWER, wanted=least + USUAL_ANSWER)
    return {} if tokens is None or tokens >= least + USUAL_ANSWER else {"max_tokens": tokens - least}
