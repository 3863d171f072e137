"""What a person sees of a command, button, menu or form that he used."""

from typing import TYPE_CHECKING

from tests.fakes.discord import asking
from tests.fakes.discord.state import EPHEMERAL, Interaction, Json, Message, walk
from tests.fakes.discord.world import PATIENCE

if TYPE_CHECKING:
    from tests.fakes.discord.people import Person


class Unanswered(AssertionError):
    """The person reads "The application did not respond"."""


class Use:
    """One use of a command, button, menu or form, as the person sees it go on."""

    def __init__(self, person: "Person", interaction: Interaction) -> None:
        self._person, self.interaction = person, interaction

    async def answered(self) -> "Use":
        """Waits for the first answer. Raises Unanswered when the three seconds pass without one."""
        world, one = self._person.world, self.interaction
        await world.until(lambda: one.acknowledged or asking.is_late(world, one), f"an answer to {one.data}")
        if not one.acknowledged:
            raise Unanswered(f"The application did not respond to {one.data}")
        return self

    @property
    def message(self) -> Message:
        """The answer as it stands now."""
        assert self.interaction.original is not None, f"{self.interaction.data} was answered without a message"
        return self.interaction.original

    @property
    def text(self) -> str:
        return self.message.content

    @property
    def ephemeral(self) -> bool:
        """Whether only this person sees the answer."""
        return bool(self.message.flags & EPHEMERAL)

    @property
    def followups(self) -> list[Message]:
        return self.interaction.followups

    @property
    def choices(self) -> list[Json]:
        """What autocomplete offered."""
        return self.interaction.choices

    @property
    def modal(self) -> Json:
        """The form that was opened."""
        assert self.interaction.modal is not None, f"{self.interaction.data} opened no form"
        return self.interaction.modal

    async def says(self, part: str, seconds: float = PATIENCE) -> Message:
        """Waits until the answer, or a message after it, holds ``part``."""

        def found() -> Message | None:
            mine = [self.interaction.original, *self.interaction.followups]
            return next((one for one in mine if one is not None and part in everything_in(one)), None)

        return await self._person.world.until(found, f"{part!r} in the answers to {self.interaction.data}", seconds)


def everything_in(message: Message) -> str:
    """All text of a message that a person reads: content, embeds, labels."""
    texts = [message.content]
    for embed in message.embeds:
        texts += [embed.get("title") or "", embed.get("description") or "", (embed.get("footer") or {}).get("text", "")]
        texts += [f"{field['name']} {field['value']}" for field in embed.get("fields") or []]
    texts += [str(part.get("label") or part.get("content") or "") for part in walk(message.components)]
    return "\n".join(texts)
