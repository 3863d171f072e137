"""Files of an answer for a reader outside the site's pages, who takes them along at once."""

from uuid import UUID

from chat.artifacts import naming, reading
from chat.artifacts.actions import find_in


def of_answer(message: UUID) -> list[tuple[str, str]]:
    """(name, text) of what came with an answer that has ended. It is looked for now, should the job for that not have been here yet."""
    find_in(message)
    rows = reading.of_message(message)
    names = naming.apart(naming.safe(row.artifact.name, "") for row in rows)
    return [(name, row.content.text) for name, row in zip(names, rows, strict=True)]
