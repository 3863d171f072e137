"""Results of tools, remembered for a short time: a model that asks the same again in one conversation gets the same answer, at
no cost. They lie in the shared cache under a hash, so that nothing can be read from the key.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.cache import cache

from meatlizard.threads import in_thread

log = logging.getLogger(__name__)


async def get(conversation: UUID, name: str, values: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] | None = await in_thread(cache.get, key(conversation, name, values))
    except Exception:
        # A cache that is gone makes tools slower, and must not stop them.
        log.exception("tools.cache_away")
        return None
    return found


async def put(conversation: UUID, name: str, values: Mapping[str, Any], result: dict[str, Any], seconds: float) -> None:
    try:
        await in_thread(cache.set, key(conversation, name, values), result, seconds)
    except Exception:
        log.exception("tools.cache_away")


def key(conversation: UUID, name: str, values: Mapping[str, Any]) -> str:
    """The same for the same arguments in whatever order they were written."""
    said = json.dumps([str(conversation), name, values], sort_keys=True, default=str)
    return "tool:" + hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()
