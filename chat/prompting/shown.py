"""Layers in the words of who looks at them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

NAMES = {
    "role": gettext_lazy("Role"), "protocol": gettext_lazy("Protocol"), "task": gettext_lazy("Task"),
    "format": gettext_lazy("Format"), "folder": gettext_lazy("Folder"), "person": gettext_lazy("About you"),
    "conversation": gettext_lazy("This conversation"), "flow": gettext_lazy("Questions at the beginning"), "lore": gettext_lazy("Lore"), "memory": gettext_lazy("Summary of what was said before"),
    "guild": gettext_lazy("Messages of the Discord server"), "facts": gettext_lazy("What is remembered of you"),
    "knowledge": gettext_lazy("Passages of documents"),
}  # fmt: skip
SOURCES = {
    "shipped": gettext_lazy("comes with the site"), "operator": gettext_lazy("written by an operator"),
    "persona": gettext_lazy("from the persona"), "folder": gettext_lazy("from a folder of yours"),
    "person": gettext_lazy("from your page “About you”"), "conversation": gettext_lazy("from this conversation's settings"), "memory": gettext_lazy("summed up from earlier messages"),
    "flow": gettext_lazy("from the conversation flow and your answers"),
    "guild": gettext_lazy("written by members in channels that are remembered"),
    "route": gettext_lazy("from the route that was chosen for the answer"),
    "collection": gettext_lazy("found in collections for the question"),
    "facts": gettext_lazy("from your page “What is remembered”"),
}  # fmt: skip


def shown_layers(layers: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "title": str(NAMES.get(layer["name"], layer["name"])),
            "source": str(SOURCES.get(layer["source"], layer["source"])),
            "version": _("version %(version)s") % {"version": layer["version"]} if layer["version"] else "",
            "text": layer["text"],
            "cut": bool(layer.get("cut")),
        }
        for layer in layers
    ]
