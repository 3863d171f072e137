"""What a new answer's model is offered."""

from chat.models import Conversation, Generation, Message, ToolCall
from chat.routes import decisions, table
from chat.tools import permissions
from meatlizard.accounts.models import User


def offer(generation: Generation, user: User, conversation: Conversation) -> None:
    """Names what may be called for a ``generation``, as its route has it, and how often. Stores nothing, and makes no query
    but for an answer that goes on after calls of tools.

    To be said again by whoever gives it another route in the site's turn, which stores it.
    """
    decision = decisions.read(generation.routed)
    route = table.watched.current().get(decision.route) if decision else None
    if route is not None:
        generation.most_calls = route.calls
    generation.tools = [tool.name for tool in permissions.allowed(user, conversation, route)] or None
    if generation.continues and generation.message is not None and generation.message.called:
        _go_on(generation, generation.message)


def _go_on(generation: Generation, message: Message) -> None:
    """It reads what was called for ``message`` before."""
    last = ToolCall.objects.filter(message=message.pk).order_by("-number").values_list("at", flat=True).first()
    generation.step = 1
    generation.step_from = len(message.thinking) + min(last or 0, len(message.content))
