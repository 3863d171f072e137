"""The tools that come with the site and need nothing beside it."""

from chat.tools.builtin.calculating import calculator
from chat.tools.builtin.clock import current_time
from chat.tools.builtin.reading import read_attachment

TOOLS = (calculator, current_time, read_attachment)
