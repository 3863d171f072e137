"""The tools that come with the site. A module with more of them is named here, and says what it has in ``TOOLS``."""

from importlib import import_module

from chat.tools import registry

MODULES: tuple[str, ...] = (
    "chat.tools.builtin",
    "chat.tools.web.answering",
    "chat.remembering.tools",
    "chat.artifacts.tools",
    "chat.tools.own_content",
)


def load() -> None:
    for name in MODULES:
        for each in import_module(name).TOOLS:
            registry.register(each)
