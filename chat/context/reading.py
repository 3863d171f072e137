"""What models get to read for the answers of one claim, and what is noted of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from chat.context import history, weights
from chat.context.history import Reading
from chat.context.plan import Turn
from chat.models import Checkpoint, Generation

LONG = 4
"""A conversation is long when it takes one part in so many of its model's window: from there on, counts are kept to compare with."""


class Machine(NamedTuple):
    """Who reads: a model, and how many tokens it reads at most (None: nobody knows)."""

    model: str
    window: int | None


def readings(
    answers: Sequence[Generation],
    systems: Mapping[UUID, str],
    tree: history.Tree,
    prefixes: Mapping[UUID, str],
    machines: Mapping[UUID, Machine],
) -> dict[UUID, Reading]:
    """For each of ``answers``, by generation: ``systems`` holds their prompts so far, ``tree`` all messages. No query but for
    long and summarised conversations; what they read of is noted with their answers.
    """
    lines = {answer.pk: history.path(tree, tree[answer.message_id][0]) for answer in answers if answer.message_id}
    texts = summaries(turn for line in lines.values() for turn in line)
    found = {}
    for answer in answers:
        machine = machines.get(answer.pk, Machine("", None))
        system, line = systems[answer.pk], lines[answer.pk]
        scale = measured_scale(answer.conversation_id, machine) if is_long(line, machine.window) else 1.0
        room = history.room(machine.window, scale, system, prefixes[answer.pk])
        found[answer.pk] = history.context(answer.conversation_id, system, line, texts, room)
        _note(answer, found[answer.pk], machine.window, scale)
    return found


def summaries(turns: Iterable[Turn]) -> dict[UUID, str]:
    """The texts of the checkpoints among ``turns``. No query where there are none."""
    marked = {turn.key for turn in turns if turn.summed_up}
    if not marked:
        return {}
    # By conversation they would be no more: a branch has one for each time that its window filled up.
    rows = Checkpoint.objects.filter(message__in=marked).exclude(text="").order_by()
    return dict(rows.values_list("message", "text"))


def is_long(turns: Iterable[Turn], window: int | None) -> bool:
    return window is not None and sum(weights.message(turn.content) for turn in turns) * LONG > window


def measured_scale(conversation: UUID, machine: Machine) -> float:
    """By what estimates are to be multiplied, from what the model counted the last time here."""
    rows = Generation.objects.filter(
        conversation=conversation,
        purpose=Generation.Purpose.ANSWER,
        answered_by=machine.model,
        # Of these the count is of something else than what was sent.
        trimmed_messages=0,
        attempts=1,
        continues=False,
        prompt_tokens__gt=0,
        prompt_estimate__gt=0,
    )
    found = rows.order_by("-created").values_list("prompt_tokens", "prompt_estimate").first()
    return weights.scale(found[0] or 0, found[1] or 0) if found else 1.0


def _note(answer: Generation, reading: Reading, window: int | None, scale: float) -> None:
    plan = reading.plan
    estimate = int(plan.tokens / scale)
    long = window is not None and estimate * LONG > window
    # An earlier attempt may have read otherwise.
    noted = (answer.window, answer.left_out, answer.summarised) != (None, 0, 0)
    if long or plan.left_out or plan.summarised or noted:
        Generation.objects.filter(pk=answer.pk).update(
            window=window, prompt_estimate=estimate, left_out=plan.left_out, summarised=plan.summarised
        )
