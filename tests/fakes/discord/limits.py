"""Rate limits as Discord tells them: buckets by route and major parameter, a global one, and two that only bite."""

import hashlib
import time
from dataclasses import dataclass, field

CHANNEL_NAME = "channel name or topic"


@dataclass
class Window:
    """``limit`` requests in ``seconds``, counted from the first one."""

    limit: int
    seconds: float
    began: float = 0.0
    used: int = 0

    def take(self) -> bool:
        now = time.monotonic()
        if now >= self.began + self.seconds:
            self.began, self.used = now, 0
        if self.used >= self.limit:
            return False
        self.used += 1
        return True

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)

    @property
    def ends_in(self) -> float:
        return max(0.0, self.began + self.seconds - time.monotonic())


@dataclass
class Verdict:
    """What the limits say of one request."""

    headers: dict[str, str]
    retry_after: float = 0.0
    """Above 0 when it is refused."""
    is_global: bool = False


@dataclass
class Limits:
    """Change the numbers of ``rules`` before the bot starts, or switch all off with ``off``.

    ``rules`` hold (limit, seconds) by operation (Discord's own name of it); others have ``default``.
    """

    off: bool = False
    rules: dict[str, tuple[int, float]] = field(
        default_factory=lambda: {
            "create_message": (5, 5.0),
            "update_message": (5, 5.0),
            "delete_message": (5, 1.0),
            "add_my_message_reaction": (1, 0.25),
            "create_guild_channel": (50, 10.0),
            "trigger_typing_indicator": (5, 5.0),
        }
    )
    default: tuple[int, float] = (50, 1.0)
    global_rule: tuple[int, float] = (50, 1.0)
    channel_names: tuple[int, float] = (2, 600.0)
    """Changes of a channel's name or topic: a limit inside the bucket, which no header tells beforehand."""
    old_edits: int = 0
    """How many edits of a message older than an hour are taken. Discord tells nobody its number; none is the strictest."""
    old_edit_retry: float = 0.2
    refused: list[tuple[str, str]] = field(default_factory=list)
    """(operation, major parameter) of all 429 that the client ran into by itself."""

    def __post_init__(self) -> None:
        self._windows: dict[tuple[str, str], Window] = {}

    def _window(self, name: str, major: str, rule: tuple[int, float]) -> Window:
        return self._windows.setdefault((name, major), Window(*rule))

    def ask(self, operation: str, major: str, *, globally: bool) -> Verdict:
        """Counts one request. Answers to interactions count in no global window."""
        if self.off:
            return Verdict({})
        everything = self._window("", "", self.global_rule)
        if globally and not everything.take():
            self.refused.append(("global", ""))
            return Verdict(
                {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"}, everything.ends_in or 0.01, True
            )
        window = self._window(operation, major, self.rules.get(operation, self.default))
        taken = window.take()
        headers = {
            "X-RateLimit-Limit": str(window.limit), "X-RateLimit-Remaining": str(window.left),
            "X-RateLimit-Reset": f"{time.time() + window.ends_in:.3f}",
            "X-RateLimit-Reset-After": f"{window.ends_in:.3f}",
            "X-RateLimit-Bucket": hashlib.md5(operation.encode(), usedforsecurity=False).hexdigest(),
        }  # fmt: skip
        if taken:
            return Verdict(headers)
        self.refused.append((operation, major))
        return Verdict(headers | {"X-RateLimit-Scope": "user"}, window.ends_in or 0.01)

    def give_back(self, operation: str, major: str) -> None:
        """A request that was refused for another reason than its bucket takes nothing from it."""
        if (window := self._windows.get((operation, major))) is not None:
            window.used = max(0, window.used - 1)

    def rename(self, channel_id: int) -> float:
        """Counts a change of name or topic; seconds to wait when it is refused."""
        if self.off:
            return 0.0
        window = self._window(CHANNEL_NAME, str(channel_id), self.channel_names)
        if window.take():
            return 0.0
        self.refused.append((CHANNEL_NAME, str(channel_id)))
        return window.ends_in or 0.01
