"""The tools that come with the site and need nothing beside it."""

from chat.tools.builtin.calculating import calculator

TOOLS = (calculator,)
