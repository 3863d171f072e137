"""What the pages of an answer's owner show of its ratings."""

from uuid import UUID

from chat.models import Rating


def values(conversation: UUID) -> dict[UUID, str]:
    """``up`` or ``down`` of each rated message of one's own conversation. One query."""
    return dict(Rating.objects.filter(message__conversation=conversation).order_by().values_list("message", "value"))


def of(message: UUID, user: int) -> Rating | None:
    return Rating.objects.filter(message=message, user=user).first()


def reasons() -> list[tuple[str, str, str]]:
    """(value, words, for which thumb or ``both``), as the form offers them."""
    praise = ("correct", "clear", "creative", "thorough")
    return [
        (
            reason.value,
            str(reason.label),
            "up" if reason.value in praise else "both" if reason.value == "other" else "down",
        )
        for reason in Rating.Reason
    ]
