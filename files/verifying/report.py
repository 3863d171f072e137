"""What a look at the contents has found."""

from dataclasses import dataclass, field

SHOWN = 100
"""Hashes that are named; all are counted."""


@dataclass(slots=True)
class Report:
    """Of what could not be mended the hashes, of what was the number."""

    looked_at: int = 0
    bytes: int = 0
    restored: int = 0
    moved: int = 0
    recounted: int = 0
    adopted: int = 0
    removed: int = 0
    missing: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    strange: list[str] = field(default_factory=list)
    untold: int = 0

    def note(self, kind: list[str], name: str) -> None:
        if len(kind) < SHOWN:
            kind.append(name)
        elif kind is not self.strange:
            self.untold += 1

    @property
    def well(self) -> bool:
        return not (self.missing or self.damaged or self.untold)
