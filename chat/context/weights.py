"""How many tokens a text is, as far as a site that has no tokenizer can tell.

Tokens of common vocabularies stand for some four letters of English, and for a byte or two of what is written otherwise. What an
engine has counted of a conversation corrects this: see :func:`scale`.
"""

MESSAGE_TOKENS = 8
"""Around each message, by a chat template."""

HEAD_TOKENS = 24
"""Before a summary, and before what is pinned: what says that it is that."""

FINEST_SCALE, MOST_SCALE = 8, 4.0
"""Steps of a scale in a whole, half of one being what :data:`chat.context.plan.MARGIN` keeps free; and the largest."""


def tokens(text: str) -> int:
    """Rather too many than too few."""
    length = len(text)
    if not text.isascii():
        # Letters with accents come to 0.75 each, Chinese signs to 1.25, emoji to 1.75.
        return -(-(length + 2 * (len(text.encode("utf-8", "surrogatepass")) - length)) // 4)
    return -(-length // 4)


def message(text: str) -> int:
    return tokens(text) + MESSAGE_TOKENS


def scale(counted: int, estimated: int) -> float:
    """By what an estimate is to be multiplied, when ``counted`` tokens had been taken for ``estimated``. In steps, so that what is
    left out of a conversation does not change with every count: its beginning would be read anew each time.
    """
    if counted <= 0 or estimated <= 0:
        return 1.0
    steps = round(counted * FINEST_SCALE / estimated)
    return min(MOST_SCALE, max(1, steps) / FINEST_SCALE)
