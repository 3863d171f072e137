"""JSON that comes back as it went in, whatever is in it."""

import json
from typing import Any

from django.db import models


class VerbatimJSONField(models.TextField[Any, Any]):
    """A JSON value as ASCII text.

    PostgreSQL's ``jsonb`` refuses ``\\u0000`` and half a surrogate pair and writes ``1e300`` as three hundred digits; SQLite's text
    refuses the pair. A file of somebody else's program may hold all of them, and has to leave as it came.
    """

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else json.loads(value)

    def get_prep_value(self, value: Any) -> str | None:
        return None if value is None else json.dumps(value, separators=(",", ":"))

    def to_python(self, value: Any) -> Any:
        return value

    def value_to_string(self, obj: models.Model) -> str:
        return json.dumps(self.value_from_object(obj))
