"""One search, as each kind of index is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from meatlizard.vectors.vector import Vector


@dataclass(frozen=True, slots=True)
class Asked:
    """``scopes``: None means all of the owner's."""

    collection: str
    vector: Vector
    owner: str
    scopes: Sequence[str] | None
    most: int

    @property
    def params(self) -> dict[str, Any]:
        return {
            "collection": self.collection, "model": self.vector.model, "owner": self.owner,
            "scopes": self.scopes, "most": self.most,
        }  # fmt: skip
