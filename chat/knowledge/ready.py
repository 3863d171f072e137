"""What collections, facts and the search by meaning tell the rest of the site when it starts."""

from chat import preparing
from chat.knowledge import carrying, retrieval, telling
from chat.knowledge import meaning as passages
from chat.prompting import prepared
from chat.remembering import meaning as facts
from chat.remembering import telling as remembering
from chat.search import meaning as messages
from meatlizard.accounts.belongings import belongings
from meatlizard.vectors import registry as vectors


def load() -> None:
    vectors.register(passages.NAME, passages.Passages())
    vectors.register(facts.NAME, facts.Facts())
    vectors.register(messages.NAME, messages.Messages())
    belongings(carrying.files_of)
    prepared.register(telling.layers)
    prepared.register(remembering.layers)
    preparing.register(retrieval.STEP)
    preparing.register(remembering.STEP)
