"""What is remembered of a person, on its way out."""

import json

from chat.remembering import access
from meatlizard.accounts.models import User


def as_json(owner: User) -> bytes:
    """Empty where nothing is remembered."""
    facts = [
        {"text": row.text, "origin": row.origin, "created": row.created.isoformat(), "updated": row.updated.isoformat()}
        for row in access.facts_of(owner).order_by("created", "pk")
    ]
    if not facts:
        return b""
    return json.dumps({"format": "meatlizard.memory", "version": 1, "facts": facts}, indent=1).encode()
