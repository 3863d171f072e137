"""What goes over a page's websocket about the memory of conversations, and the week's tokens."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from chat.schema import Schema


class CheckpointOut(Schema):
    """A summary that models read in the place of the ``count`` messages down to the one it hangs on. ``current``: it does so on the shown
    branch now, and no later one does. ``stale``: an answer among them was edited after it was written.
    """

    id: UUID
    text: str
    count: int
    model: str
    created: datetime
    edited: datetime | None
    current: bool
    stale: bool


class ContextChanged(Schema):
    """What models will read of the conversation is another from now on: a summary was made, changed or deleted. ``problem``: why
    none was made, in words.
    """

    type: Literal["context.changed"] = "context.changed"
    conversation: UUID
    problem: str = ""


class AskBudget(Schema):
    """Tell me how my week's tokens stand."""

    type: Literal["budget"]


class Budget(Schema):
    """Tokens of this person's week. ``limit`` is what the tier gives and what was ``granted`` besides; ``resets`` is when the next week
    begins. Without ``counted`` the site counts nobody's, and the numbers say nothing.
    """

    type: Literal["budget"] = "budget"
    counted: bool
    limit: int = 0
    granted: int = 0
    used: int = 0
    reserved: int = 0
    resets: datetime | None = None


ToContext = Budget | ContextChanged
