"""The routes that come with the site, which operators then rename, change, add to and delete."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

EXAMPLES = Path(__file__).parent / "examples"
VISION, GENERAL = "vision", "general"


@dataclass(frozen=True, slots=True)
class Shipped:
    """A route as it is made once; see :class:`chat.models.Route`."""

    key: str
    name: str
    description: str
    temperature: float | None = None
    thinking: str = ""
    calls: int = 2
    prompt: str = ""


ROUTES = (
    Shipped(
        "math", "Math", "calculations, equations, proofs, statistics, units; anything whose answer is worked out with numbers or formulas",
        temperature=0.2, thinking="on",
        prompt="Work the result out step by step, check it once by another way, and state it on a line of its own. Write formulas in LaTeX.",
    ),
    Shipped(
        "simple-code", "Simple code", "a short function, query, command, regular expression or snippet; how one thing is written in a language",
        temperature=0.2, thinking="off",
        prompt="Give the code first, complete and short, then one or two sentences about it.",
    ),
    Shipped(
        "complex-code", "Complex code", "designing, debugging, reviewing or refactoring programs of several parts; stack traces, concurrency, architecture",
        temperature=0.2, thinking="high",
        prompt="Name what you assume. Look for the cause before you propose a change, and show whole functions rather than fragments.",
    ),
    Shipped(
        "reasoning", "Reasoning", "puzzles, arguments, plans and decisions: weighing several conditions against each other",
        temperature=0.4, thinking="high",
        prompt="Consider what speaks for and against each possibility before you decide, and say what would change your mind.",
    ),
    Shipped(
        "research", "Research", "needs facts from outside: news, prices, versions, sources, comparisons of products, what is true now",
        temperature=0.3, calls=5,
        prompt="Search, and read the pages that matter before you answer: excerpts are no sources. Put the number of the source behind each "
        "claim that you take from one, as [1] or [2, 3], and use no number that you were not given. Where sources differ, say so. Keep what you "
        "have read apart from what you remember. Where you cannot look something up, say so and say how old your knowledge is.",
    ),
    Shipped(VISION, "Vision", "is about an image that is attached", temperature=0.3),
    Shipped(GENERAL, "General", "conversation, writing, translation, explanations, advice of every day; whatever fits nowhere else"),
)  # fmt: skip


@cache
def examples(key: str) -> tuple[str, ...]:
    """Questions that belong to the route ``key``, one a line of its file; none for a route that did not come with the site."""
    path = EXAMPLES / f"{key}.txt"
    if key not in {one.key for one in ROUTES} or not path.exists():
        return ()
    return tuple(line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip())
