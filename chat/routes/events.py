"""Routes as pages get them."""

from typing import Literal

from chat.schema import Schema


class RouteOut(Schema):
    """The route that was chosen for an answer: by ``rules``, by ``similarity`` to examples, by a ``model``, as the ``usual`` one where
    nothing spoke for another, or by the ``person`` who asked. ``reason`` says why in a sentence; ``confidence`` is from 0 to 1.
    """

    key: str
    name: str
    stage: Literal["rules", "similarity", "model", "usual", "person"]
    reason: str
    confidence: float
