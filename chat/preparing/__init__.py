"""The site's turn of an answer: what the site does for it before a model may have it.

Such an answer waits like any other, but for the model :data:`SITE`, which no machine offers; what is to be asked afterwards
stands in ``Generation.wants``. Parts of the chat register a :class:`Step`; conversations for which no step has anything to do
never come here.
"""

from chat.preparing.steps import Answer, Preparing, Step, aim, enter, hint, register, wanted

__all__ = ["Answer", "Preparing", "Step", "aim", "enter", "hint", "register", "wanted"]
