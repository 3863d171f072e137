"""The layers that the site itself brings, as they are in force now."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from chat.models.prompts import SiteText
from chat.prompting.layers import Layer, Place
from chat.prompting.shipped import shipped

TASKS = (SiteText.Kind.TASK_TITLE, SiteText.Kind.TASK_SUMMARY)
"""Without their text these cannot be done at all, so PROMPT_LAYERS does not switch them off."""


@dataclass(frozen=True, slots=True)
class SiteLayers:
    """By :class:`SiteText.Kind`; what is switched off is not there."""

    layers: Mapping[str, Layer]

    def answering(self, place: Place = "web") -> tuple[Layer, ...]:
        """What is read before an answer, whoever asks."""
        kinds = (SiteText.Kind.ROLE, SiteText.Kind.PROTOCOL, SiteText.Kind.TASK_ANSWER, f"format-{place}")
        return tuple(self.layers[kind] for kind in kinds if kind in self.layers)

    def text(self, kind: str) -> str:
        """Empty when it is switched off."""
        return self.layers[kind].text if kind in self.layers else ""


_held: "tuple[tuple[UUID | None, bool], SiteLayers] | None" = None
"""Of the newest stamp that this process has met, so that an answer reads them from memory."""


def site_layers(stamp: UUID | None) -> SiteLayers:
    """As of ``stamp``, the newest :class:`SiteText`'s (None: there is none). One query after a change, otherwise none."""
    global _held
    held, now = _held, (stamp, settings.PROMPT_LAYERS)
    if held is None or held[0] != now:
        rows = newest() if stamp else {}
        found = {kind: _layer(kind, rows.get(kind)) for kind in SiteText.Kind.values}
        # The one line that changes what other threads see; each of them holds a whole one.
        _held = held = (now, SiteLayers({kind: layer for kind, layer in found.items() if layer.text}))
    return held[1]


def current() -> SiteLayers:
    """For what is done seldom: with a query for the stamp."""
    return site_layers(SiteText.objects.order_by("-pk").values_list("stamp", flat=True).first())


def newest() -> dict[str, SiteText]:
    """The version in force of each kind that an operator has ever changed."""
    return {row.kind: row for row in SiteText.objects.order_by("pk")}


def _layer(kind: str, row: SiteText | None) -> Layer:
    name = kind.partition("-")[0]
    if row is not None and row.mode == SiteText.Mode.OWN:
        return Layer(name, row.text.strip(), "operator", str(row.version))
    off = row is not None and row.mode == SiteText.Mode.OFF
    if off or not (settings.PROMPT_LAYERS or kind in TASKS):
        return Layer(name, "", "shipped", "")
    return Layer(name, shipped(kind).text, "shipped", shipped(kind).version)
