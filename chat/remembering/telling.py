"""What models are told of a person: all facts while they have room, else those that bear on the question, else the newest."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chat import meaning as questions
from chat.models import Fact, Generation, Memory, Recalled
from chat.preparing import Preparing, Step
from chat.prompting.layers import Layer, text_version
from chat.remembering import meaning, standing
from chat.remembering.told import fitting, kept_from, layer, listed
from meatlizard.threads import in_database
from meatlizard.vectors.vector import Vector

SECONDS = 2.0
EMBEDDING_SECONDS = 1.2
LOOKED_AT = 40


def layers(answers: Sequence[Generation]) -> Mapping[UUID, Sequence[Layer]]:
    """Of those for which facts were looked up, unless it was switched off while they waited."""
    rows = Recalled.objects.filter(
        generation__in=[one.pk for one in answers],
        generation__conversation__memory=True,
        generation__user__memory__on=True,
    )
    columns = ("pk", "text", "generation__user__memory__without", "generation__conversation__persona_version")
    return {
        pk: layer(text, text_version(text))
        for pk, text, without, persona in rows.values_list(*columns)
        if not kept_from(without, persona)
    }


async def prepare(answers: Preparing) -> None:
    for answer in answers:
        message = answer.generation.message
        question = message.parent.content if message and message.parent else ""
        vector = await questions.of(question, EMBEDDING_SECONDS)
        if vector is not None:
            await in_database(keep, answer.generation, vector)


def keep(generation: Generation, vector: Vector) -> None:
    """Keeps for this answer which facts its model is told."""
    talk = generation.conversation
    memory = Memory.objects.filter(pk=generation.user_id, on=True).first()
    if memory is None or not talk.memory or kept_from(memory.without, talk.persona_version_id):
        return
    texts = near(generation.user_id, vector)
    if texts:
        Recalled.objects.update_or_create(pk=generation.pk, defaults={"text": listed(fitting(texts))})


def near(person: int, vector: Vector) -> list[str]:
    keys = meaning.near(person, vector, LOOKED_AT)
    rows = dict(Fact.objects.filter(owner=person, removed=None, pk__in=keys).values_list("pk", "text"))
    return [rows[key] for key in keys if key in rows]


STEP = Step("memory", 10, SECONDS, standing.asks, prepare)
