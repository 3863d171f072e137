"""What is known of the system prompt of each conversation before its turns are read."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from chat.models import kept
from chat.models.conversations import Folder
from chat.personas.cast import Cast
from chat.personas.stage import casts
from chat.prompting.layers import Layer, text_version
from chat.prompting.site import site_layers
from chat.remembering import told

ABOUT = "What the person you talk with says of themselves:"
ANSWERS = "How they want to be answered:"


class Gathered(NamedTuple):
    """Of each conversation the layers, for :func:`chat.prompting.layers.compose`; and of those where somebody speaks, or that have
    lorebooks, the cast, whose own layers hang on what was said: see :func:`chat.personas.stage.scripts`. ``flows``: the version of
    the flow of those that were begun with one; see :func:`chat.flows.telling.layers`. ``elsewhere``: those that are not read on the web,
    to whose answers other apps may add; see :mod:`chat.prompting.outside`.
    """

    layers: dict[UUID, tuple[Layer, ...]]
    casts: dict[UUID, Cast]
    flows: dict[UUID, UUID]
    elsewhere: frozenset[UUID] = frozenset()


def sources(conversations: Sequence[UUID]) -> dict[UUID, tuple[Layer, ...]]:
    """Only the layers of :func:`gathered`."""
    return gathered(conversations).layers


def gathered(conversations: Sequence[UUID]) -> Gathered:
    """Of each conversation that still exists. One query; one more for each level of folders, after a change of the site's own texts,
    for a persona that this process has not met, and for lorebooks.
    """
    rows = kept.prompts(list(conversations))
    folders = _folder_layers({row.folder for row in rows if row.folder is not None})
    found = {}
    for row in rows:
        own = Layer("conversation", row.system_prompt, "conversation", "")
        found[row.pk] = (
            *site_layers(row.stamp).answering("discord" if row.place == "discord" else "web"),
            *folders.get(row.folder, ()),
            *person_layer(row.about, row.answers, row.own_version),
            *_versioned([own]),
            *_facts(row),
        )
    elsewhere = frozenset(row.pk for row in rows if row.place != "web")
    return Gathered(found, casts(rows), {row.pk: row.flow for row in rows if row.flow is not None}, elsewhere)


def person_layer(about: str | None, answers: str | None, version: int | None) -> Iterable[Layer]:
    """What a person says of themselves and how they want to be answered; nothing when they say nothing."""
    parts = [f"{head}\n{text.strip()}" for head, text in ((ABOUT, about), (ANSWERS, answers)) if text and text.strip()]
    return [Layer("person", "\n\n".join(parts), "person", str(version))] if parts else []


def _facts(row: kept.Prompts) -> tuple[Layer, ...]:
    """What the owner had remembered. Not on Discord: who reads along there is known to the bot alone, which adds them where nobody does."""
    if not (row.memory and row.facts_on and row.facts and row.place == "web"):
        return ()
    if told.kept_from(row.facts_without or "", row.persona_version):
        return ()
    return told.layer(row.facts, str(row.facts_version))


def _versioned(layers: Iterable[Layer]) -> list[Layer]:
    return [
        Layer(one.name, one.text.strip(), one.source, text_version(one.text.strip()))
        for one in layers
        if one.text.strip()
    ]


def _folder_layers(folders: set[UUID]) -> dict[UUID | None, list[Layer]]:
    """Of each folder and those it lies in, the outermost first. A query for each level, none without folders."""
    known: dict[UUID, tuple[UUID | None, str]] = {}
    wanted = folders
    while wanted:
        rows = Folder.objects.filter(pk__in=wanted).order_by().values_list("pk", "parent", "system_prompt")
        found = {pk: (parent, prompt) for pk, parent, prompt in rows}
        known |= found
        wanted = {parent for parent, _ in found.values() if parent is not None} - known.keys()
    chains: dict[UUID | None, list[Layer]] = {}
    for folder in folders:
        chain, at = [], known.get(folder)
        while at is not None:
            parent, prompt = at
            chain.append(Layer("folder", prompt, "folder", ""))
            at = known.get(parent) if parent else None
        chains[folder] = _versioned(reversed(chain))
    return chains
