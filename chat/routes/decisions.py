"""Which route was chosen, by what, and why: noted with the answer, and told to who reads it."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, cast, get_args

from django.utils.translation import gettext as _

from chat.models import Generation
from chat.routes.events import RouteOut
from chat.routes.signals import NAMES
from chat.routes.table import Route

Stage = Literal["rules", "similarity", "model", "usual", "person"]
"""Rules, likeness to examples, a model, nothing of these, or the person who asked."""


@dataclass(frozen=True, slots=True)
class Decision:
    """``name``: as the route was called then. ``why``: a word for programs; for a model what it was. ``seconds`` it took. ``open``: a
    guess that later stages are to better before a model is asked."""

    route: str
    name: str
    stage: Stage
    why: str = ""
    confidence: float = 0.0
    seconds: float = 0.0
    open: bool = False

    @classmethod
    def of(cls, route: Route, stage: Stage, why: str = "", confidence: float = 0.0, seconds: float = 0.0) -> "Decision":
        return cls(route.key, route.name, stage, why, round(confidence, 3), round(seconds, 4))

    def stored(self) -> dict[str, Any]:
        return asdict(self)

    def reason(self) -> str:
        """One sentence for people."""
        if self.stage == "person":
            return _("You chose it.")
        if self.stage == "usual":
            return _("Nothing spoke for another route.")
        if self.stage == "similarity":
            return _("The question is like examples of it.")
        if self.stage == "model":
            return _("The model {model} chose it.").format(model=self.why) if self.why else _("A model chose it.")
        if self.why == "image":
            return _("An image is attached.")
        if self.why == "pattern":
            return _("A pattern of this site's operators matched.")
        return _("Of the question: {signal}.").format(signal=NAMES.get(self.why, self.why))


def read(stored: Any) -> Decision | None:
    """What an earlier version noted, or nobody did, is none."""
    if not isinstance(stored, dict) or stored.get("stage") not in get_args(Stage):
        return None
    words = {name: str(stored.get(name, "")) for name in ("route", "name", "why")}
    numbers = {name: float(stored.get(name) or 0.0) for name in ("confidence", "seconds")}
    return Decision(stage=cast(Stage, stored["stage"]), open=stored.get("open") is True, **words, **numbers)  # type: ignore[arg-type]


def shown(generation: Generation) -> RouteOut | None:
    """What its reader is told of the route; None where none was chosen, or nobody is to know yet who writes."""
    decision = None if generation.blind else read(generation.routed)
    if decision is None or (decision.open and not generation.ended):
        return None
    return RouteOut(
        key=decision.route, name=decision.name, stage=decision.stage, reason=decision.reason(),
        confidence=decision.confidence,
    )  # fmt: skip
