"""A person with a Discord client in hand: sees what he may see, and does what the client lets him do.

What he does happens at once; what the bot makes of it comes later, so look for it with ``until`` and never sleep.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from tests.fakes.discord import asking, membership, messages, payloads, places
from tests.fakes.discord.commands import (
    CHANNEL,
    ON_MESSAGE,
    ON_USER,
    ROLE,
    SLASH,
    USER,
    NotOffered,
    filled,
    leaf,
)
from tests.fakes.discord.errors import Refused, missing_permissions
from tests.fakes.discord.messages import Upload
from tests.fakes.discord.permissions import May, in_channel
from tests.fakes.discord.state import (
    VOICE_MESSAGE,
    Channel,
    Guild,
    Json,
    Message,
    User,
    walk,
)
from tests.fakes.discord.uses import Unanswered, Use, everything_in
from tests.fakes.discord.world import PATIENCE, World

Found = TypeVar("Found")


class Person:
    """``user`` is his account. Every verb checks what his client and the server would check: what he may not do raises ``Refused``
    (or ``NotOffered`` where his client shows no such thing).
    """

    def __init__(self, world: World, user: User) -> None:
        self.world, self.user = world, user

    @property
    def id(self) -> int:
        return self.user.id

    @property
    def mention(self) -> str:
        return f"<@{self.user.id}>"

    # --- guilds ---

    def joins(self, guild: Guild) -> None:
        if self.user.id in guild.bans:
            raise Refused(403, 40007, "The user is banned from this guild.")
        membership.join(self.world, guild, self.user)

    def leaves(self, guild: Guild) -> None:
        membership.leave(self.world, guild, self.user)

    # --- seeing ---

    def channels(self, guild: Guild) -> list[Channel]:
        """The channels and threads that he sees, in their order."""
        return [one for one in guild.channels.values() if self.world.may_see(one, self.user)]

    def channel(self, guild: Guild, name: str) -> Channel:
        """The channel of this name that he sees. NotOffered when he sees none."""
        found = [one for one in self.channels(guild) if one.name == name]
        if not found:
            raise NotOffered(f"{self.user.name} sees no #{name}, but {[one.name for one in self.channels(guild)]}")
        return found[0]

    def sees(self, channel: Channel) -> bool:
        return not channel.deleted and self.world.may_see(channel, self.user)

    def messages(self, channel: Channel) -> list[Message]:
        """What he reads there, oldest first, with what only he is shown."""
        if not self.sees(channel) or not self.may(channel, May.READ_MESSAGE_HISTORY):
            return []
        return [one for one in channel.messages.values() if one.ephemeral_to in (None, self.user.id)]

    def texts(self, channel: Channel) -> list[str]:
        return [one.content for one in self.messages(channel)]

    def answers(self, channel: Channel) -> list[Message]:
        """The bot's messages there."""
        return [one for one in self.messages(channel) if one.author is self.world.application.bot]

    def may(self, channel: Channel, permission: May) -> bool:
        return bool(in_channel(channel, self.user, self.world.clock.now()) & permission)

    async def until(self, condition: Callable[[], Found | None], what: str, seconds: float = PATIENCE) -> Found:
        """Waits until ``condition`` is true; its value."""
        return await self.world.until(condition, what, seconds)

    async def reads(self, channel: Channel, part: str, seconds: float = PATIENCE) -> Message:
        """Waits until some message there that he can see holds ``part``; that message."""
        return await self.until(
            lambda: next((one for one in self.messages(channel) if part in everything_in(one)), None),
            f"{part!r} in #{channel.name} for {self.user.name}, who reads {self.texts(channel)}", seconds,
        )  # fmt: skip

    # --- messages ---

    def say(
        self,
        channel: Channel,
        text: str = "",
        *,
        files: dict[str, bytes] | None = None,
        reply_to: Message | None = None,
        voice: bool = False,
    ) -> Message:
        """Posts. ``files`` by name; ``voice`` makes the one file a voice message."""
        body: Json = {"content": text}
        if reply_to is not None:
            body["message_reference"] = {"message_id": str(reply_to.id)}
        uploads = {number: Upload(name, content) for number, (name, content) in enumerate((files or {}).items())}
        if voice:
            body |= {"flags": VOICE_MESSAGE, "attachments": [{"id": 0, "duration_secs": 1.5}]}
        return messages.post(self.world, self.user, channel, body, uploads)

    def edit(self, message: Message, text: str) -> None:
        messages.edit(self.world, self.user, message, {"content": text})

    def delete(self, message: Message) -> None:
        messages.delete(self.world, self.user, message)

    def react(self, message: Message, emoji: str) -> None:
        messages.react(self.world, self.user, message, emoji)

    def types(self, channel: Channel) -> None:
        messages.typing(self.world, self.user, channel)

    def dm(self) -> Channel:
        """His direct channel with the bot."""
        return self.world.direct_channel(self.user, self.world.application.bot)

    def delete_channel(self, channel: Channel) -> None:
        """By hand, as an administrator does."""
        places.delete(self.world, self.user, channel)

    # --- commands ---

    def offered(self, channel: Channel, kind: int = SLASH) -> list[str]:
        """Names of the commands that his client lists there; those of the guild hide global ones of the same name."""
        return [command["name"] for command in self._commands(channel, kind)]

    def _commands(self, channel: Channel, kind: int) -> list[Json]:
        stock = self.world.application.commands
        guild_id = channel.guild.id if channel.guild else 0
        own = stock.get(guild_id, []) if guild_id else []
        named = {(one["type"], one["name"]) for one in own}
        every = own + [one for one in stock.get(None, []) if (one["type"], one["name"]) not in named]
        return [one for one in every if one["type"] == kind and self._is_shown(one, channel)]

    def _is_shown(self, command: Json, channel: Channel) -> bool:
        context = 0 if channel.guild else 1
        contexts = command.get("contexts")
        if contexts is not None and context not in contexts:
            return False
        if channel.guild is None:
            return contexts is not None or command.get("dm_permission", True) is not False
        needed = command.get("default_member_permissions")
        held = in_channel(channel, self.user, self.world.clock.now())
        if not held & May.USE_APPLICATION_COMMANDS:
            return False
        if needed is None:
            return True
        # "0" means: administrators only.
        return bool(held & May.ADMINISTRATOR) or (int(needed) != 0 and held & int(needed) == int(needed))

    def _command(self, channel: Channel, name: str, kind: int) -> Json:
        found = [one for one in self._commands(channel, kind) if one["name"] == name]
        if not found:
            raise NotOffered(
                f"{self.user.name} is offered no {name!r} in #{channel.name}: {self.offered(channel, kind)}"
            )
        return found[0]

    def use(self, channel: Channel, command: str, /, **options: Any) -> Use:
        """``/command`` with options, as in ``use(channel, "admin clients drain", name="mac")``. A person, channel or role is given as
        the object, a file as ``(name, content)``."""
        return self._slash(channel, command, options, None)

    def complete(self, channel: Channel, command: str, /, focused: str, **options: Any) -> Use:
        """Types into the option ``focused``, whose value so far is among ``options``; ``choices`` of what comes back are offered."""
        return self._slash(channel, command, options, focused)

    def _slash(self, channel: Channel, words: str, options: dict[str, Any], focused: str | None) -> Use:
        name, *path = words.split()
        command = self._command(channel, name, SLASH)
        node = leaf(command, path)
        resolved: Json = {}
        plain = {key: self._resolve(channel, resolved, value) for key, value in options.items()}
        sent = filled(node, plain, focused=focused)
        for step in reversed(path):
            kind = 1 if step == path[-1] and sent is not None else 2
            sent = [{"type": kind, "name": step, "options": sent}]
        data = {"id": command["id"], "name": command["name"], "type": SLASH, "options": sent}
        if resolved:
            data["resolved"] = resolved
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        kind = asking.COMMAND if focused is None else asking.AUTOCOMPLETE
        return self._ask(channel, kind, data, command=command)

    def _resolve(self, channel: Channel, resolved: Json, value: Any) -> Any:
        """Objects become ids, described beside the options."""
        if isinstance(value, Person):
            value = value.user
        if isinstance(value, User):
            resolved.setdefault("users", {})[str(value.id)] = payloads.user(value)
            if channel.guild and value.id in channel.guild.members:
                shown = payloads.member(channel.guild.members[value.id], with_user=False)
                shown["permissions"] = str(in_channel(channel, value, self.world.clock.now()))
                resolved.setdefault("members", {})[str(value.id)] = shown
            return str(value.id)
        if isinstance(value, Channel):
            resolved.setdefault("channels", {})[str(value.id)] = payloads.channel(value) | {"permissions": "0"}
            return str(value.id)
        if isinstance(value, tuple):
            made = messages.attached(self.world, channel, None, {0: Upload(*value)})[0]
            resolved.setdefault("attachments", {})[str(made.id)] = made.payload()
            return str(made.id)
        return value

    def menu(self, name: str, target: Message | Any, channel: Channel | None = None) -> Use:
        """The context-menu command ``name`` on a message, or on a person in ``channel``."""
        if isinstance(target, Message):
            command = self._command(target.channel, name, ON_MESSAGE)
            resolved: Json = {"messages": {str(target.id): payloads.message(target)}}
            place = target.channel
        else:
            assert channel is not None
            command, resolved, place = self._command(channel, name, ON_USER), {}, channel
            self._resolve(channel, resolved, target)
        data = {
            "id": command["id"],
            "name": name,
            "type": command["type"],
            "target_id": str(target.id),
            "resolved": resolved,
        }
        if "guild_id" in command:
            data["guild_id"] = command["guild_id"]
        return self._ask(place, asking.COMMAND, data, command=command)

    # --- components ---

    def press(self, message: Message, label: str) -> Use:
        """The button with this label (or part of it), emoji or custom_id."""
        part = self._component(message, label, {2})
        return self._ask(
            message.channel,
            asking.COMPONENT,
            {"component_type": 2, "custom_id": part["custom_id"], "id": part["id"]},
            message,
        )

    def choose(self, message: Message, label: str, *values: Any) -> Use:
        """From the menu with this placeholder or custom_id: values or labels of options, or people, roles, channels."""
        part = self._component(message, label, {3, 5, 6, 7, 8})
        resolved: Json = {}
        if part["type"] == 3:
            by_label = {option["label"]: option["value"] for option in part["options"]}
            chosen = [by_label.get(value, value) for value in values]
            if bad := set(chosen) - set(by_label.values()):
                raise NotOffered(f"{bad} not among {sorted(by_label)}")
        else:
            chosen = [self._resolve(message.channel, resolved, value) for value in values]
        if not part["min_values"] <= len(chosen) <= part["max_values"]:
            raise NotOffered(f"choose {part['min_values']} to {part['max_values']}")
        data = {"component_type": part["type"], "custom_id": part["custom_id"], "id": part["id"], "values": chosen}
        return self._ask(
            message.channel, asking.COMPONENT, data | ({"resolved": resolved} if resolved else {}), message
        )

    def _component(self, message: Message, label: str, kinds: set[int]) -> Json:
        if message.id not in {one.id for one in self.messages(message.channel)}:
            raise NotOffered(f"{self.user.name} does not see this message (any more)")
        offered = [one for one in message.buttons if one["type"] in kinds]
        for one in offered:
            names = [one.get("custom_id"), one.get("placeholder"), (one.get("emoji") or {}).get("name")]
            if label in names or label in (one.get("label") or ""):
                if one.get("disabled"):
                    raise NotOffered(f"{label!r} is greyed out")
                return one
        raise NotOffered(f"no {label!r} among {[one.get('label') or one.get('custom_id') for one in offered]}")

    def submit(self, use: Use, **fields: Any) -> Use:
        """Fills the form that ``use`` opened, by custom_id, and sends it. What it already holds stays."""
        modal = use.modal
        rows: list[Json] = []
        known = {part["custom_id"] for part in walk(modal["components"]) if "custom_id" in part}
        if unknown := fields.keys() - known:
            raise NotOffered(f"the form has {sorted(known)}, not {sorted(unknown)}")
        for row in modal["components"]:
            parts = [self._field(part, fields) for part in walk([row])[1:] if "custom_id" in part]
            if row["type"] == 18:
                rows.append({"type": 18, "id": row.get("id", len(rows) + 1), "component": parts[0]})
            else:
                rows.append({"type": 1, "id": row.get("id", len(rows) + 1), "components": parts})
        data = {"custom_id": modal["custom_id"], "components": rows, "resolved": {}}
        return self._ask(use.interaction.channel, asking.SUBMITTED, data, use.interaction.message)

    def _field(self, part: Json, fields: dict[str, Any]) -> Json:
        value = fields.get(part["custom_id"], part.get("value") or "")
        filled_in: Json = {"type": part["type"], "id": part.get("id", 1), "custom_id": part["custom_id"]}
        if part["type"] != 4:
            return filled_in | {"values": list(value) if not isinstance(value, str) else [value]}
        least = part.get("min_length") or (1 if part.get("required", True) else 0)
        if not least <= len(value) <= (part.get("max_length") or 4_000):
            raise NotOffered(f"{part['custom_id']!r} takes {least} to {part.get('max_length') or 4_000} characters")
        return filled_in | {"value": value}

    def _ask(
        self, channel: Channel, kind: int, data: Json, message: Message | None = None, command: Json | None = None
    ) -> Use:
        if not self.sees(channel):
            raise missing_permissions()
        return Use(self, asking.ask(self.world, self.user, channel, kind, data, message, command))


__all__ = ["CHANNEL", "ROLE", "USER", "NotOffered", "Person", "Unanswered", "Use", "everything_in"]
