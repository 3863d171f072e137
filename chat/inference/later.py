"""A step of an answer that goes on after calls of tools: how what its node counts stands to the whole text.

For a node each step is an answer of its own, with thinking first and offsets from 0. The site keeps one text, in which thinking stands
only before the first word: what is thought in a later step lies beside it, and comes to the rest of the thinking when the answer ends.
"""

from dataclasses import dataclass, field

from inference_client.protocol.errors import ChannelError


@dataclass(slots=True)
class Later:
    """The step's text begins at ``base`` of the whole one. ``noted``: what was thought in it is stored."""

    base: int
    length: int = 0
    noted: bool = False
    _thoughts: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, base: int, thought: str = "") -> "Later":
        return cls(base, len(thought), bool(thought), [thought])

    @property
    def thought(self) -> str:
        if len(self._thoughts) > 1:
            self._thoughts[:] = ["".join(self._thoughts)]
        return self._thoughts[0] if self._thoughts else ""

    def think(self, offset: int, text: str, *, begun: bool) -> None:
        """Adds what is new of ``text``. ``begun``: the answer's part of this step has.

        Raises ChannelError where thinking is missing before it, and where the answer has begun.
        """
        if offset > self.length:
            raise ChannelError("out_of_order", "text is missing before a delta")
        new = text[self.length - offset :]
        if new and (begun or self.noted):
            raise ChannelError("out_of_order", "thinking after the answer has begun")
        if new:
            self._thoughts.append(new)
            self.length += len(new)

    def placed(self, offset: int) -> int:
        """Where in the whole text the node's ``offset`` of its answer is."""
        if offset < self.length:
            raise ChannelError("out_of_order", "answer where there was thinking")
        return self.base + offset - self.length

    def counted(self, length: int) -> int:
        """As the node counts it: ``length`` of the whole text. What was thought and is stored nowhere it has to keep."""
        if length <= self.base and not self.noted:
            return 0
        return self.length + max(0, length - self.base)
