"""What the fake knows, as plain objects. Ids are integers here and strings on the wire."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]

TEXT, DM, VOICE, CATEGORY, NEWS, NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD, FORUM = 0, 1, 2, 4, 5, 10, 11, 12, 15
THREADS = frozenset({NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD})

EPHEMERAL, LOADING, VOICE_MESSAGE, COMPONENTS_V2, SUPPRESS_EMBEDS = 1 << 6, 1 << 7, 1 << 13, 1 << 15, 1 << 2


@dataclass(eq=False)
class User:
    id: int
    name: str
    token: str
    bot: bool = False
    email: str = ""
    global_name: str | None = None


@dataclass(eq=False)
class Role:
    id: int
    name: str
    permissions: int
    position: int = 0
    color: int = 0
    managed_by: int | None = None
    """The bot's user id, for the role that came with its invitation."""
    mentionable: bool = False
    hoist: bool = False


@dataclass(eq=False)
class Overwrite:
    id: int
    kind: int
    """0 for a role, 1 for a member."""
    allow: int
    deny: int


@dataclass(eq=False)
class Member:
    user: User
    joined_at: float
    role_ids: set[int] = field(default_factory=set)
    nick: str | None = None
    timed_out_until: float = 0.0


@dataclass(eq=False)
class Guild:
    id: int
    name: str
    owner_id: int
    roles: dict[int, Role] = field(default_factory=dict)
    members: dict[int, Member] = field(default_factory=dict)
    channels: dict[int, "Channel"] = field(default_factory=dict)
    """Threads too."""
    bans: dict[int, str] = field(default_factory=dict)
    audit: list[Json] = field(default_factory=list)
    channel_limit: int = 500
    category_limit: int = 50
    """Discord says 50 and has been seen to refuse at 48."""

    @property
    def everyone(self) -> Role:
        return self.roles[self.id]

    def inside(self, category_id: int) -> list["Channel"]:
        return [channel for channel in self.channels.values() if channel.parent_id == category_id]

    def plain_channels(self) -> list["Channel"]:
        return [channel for channel in self.channels.values() if channel.kind not in THREADS]


@dataclass(eq=False)
class Thread:
    """What a channel has more when it is a thread."""

    owner_id: int
    created: float
    members: dict[int, float] = field(default_factory=dict)
    archived: bool = False
    locked: bool = False
    auto_archive_minutes: int = 1440
    invitable: bool = True


@dataclass(eq=False)
class Channel:
    id: int
    kind: int
    name: str = ""
    guild: Guild | None = None
    parent_id: int | None = None
    topic: str | None = None
    position: int = 0
    nsfw: bool = False
    slowmode: int = 0
    overwrites: dict[int, Overwrite] = field(default_factory=dict)
    messages: dict[int, "Message"] = field(default_factory=dict)
    """Oldest first, ephemeral ones too."""
    recipients: list[User] = field(default_factory=list)
    thread: Thread | None = None
    deleted: bool = False

    @property
    def parent(self) -> "Channel | None":
        return self.guild.channels.get(self.parent_id) if self.guild and self.parent_id else None


@dataclass(eq=False)
class Attachment:
    id: int
    filename: str
    content: bytes
    content_type: str
    url: str
    description: str | None = None
    duration: float | None = None

    def payload(self) -> Json:
        shown: Json = {
            "id": str(self.id), "filename": self.filename, "size": len(self.content), "url": self.url,
            "proxy_url": self.url, "content_type": self.content_type,
        }  # fmt: skip
        if self.description is not None:
            shown["description"] = self.description
        if self.content.startswith(b"\x89PNG\r\n\x1a\n"):
            shown["width"] = int.from_bytes(self.content[16:20], "big")
            shown["height"] = int.from_bytes(self.content[20:24], "big")
        if self.duration is not None:
            shown |= {"duration_secs": self.duration, "waveform": "AAAA"}
        return shown


@dataclass(eq=False)
class Message:
    id: int
    channel: Channel
    author: User
    created: float
    content: str = ""
    kind: int = 0
    flags: int = 0
    embeds: list[Json] = field(default_factory=list)
    components: list[Json] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    edited: float | None = None
    nonce: str | int | None = None
    reply_to: int | None = None
    """The message that it answers or, for a forward or a thread's first message, speaks of."""
    webhook_id: int | None = None
    webhook_name: str | None = None
    application_id: int | None = None
    interaction: Json | None = None
    ephemeral_to: int | None = None
    mentions: list[int] = field(default_factory=list)
    mention_roles: list[int] = field(default_factory=list)
    mention_everyone: bool = False
    pinned: bool = False
    reactions: dict[str, list[int]] = field(default_factory=dict)
    thread: Channel | None = None
    versions: list[str] = field(default_factory=list)
    """The content of each version, the newest last: what those who watched have seen."""
    deleted: bool = False

    @property
    def pinged(self) -> set[int]:
        """Ids of the members whom it disturbs."""
        guild = self.channel.guild
        found = set(self.mentions)
        for member in guild.members.values() if guild else ():
            if self.mention_everyone or member.role_ids.intersection(self.mention_roles):
                found.add(member.user.id)
        return found - {self.author.id}

    @property
    def buttons(self) -> list[Json]:
        """All components that a person may press or choose from, in their order."""
        return [part for part in walk(self.components) if part["type"] in (2, 3, 5, 6, 7, 8)]


@dataclass(eq=False)
class Webhook:
    id: int
    token: str
    name: str
    channel: Channel
    owner: User


@dataclass(eq=False)
class Interaction:
    """Something a person asked of the application, and what became of it."""

    id: int
    token: str
    kind: int
    """1 ping, 2 command, 3 component, 4 autocomplete, 5 modal."""
    user: User
    channel: Channel
    data: Json
    created: float
    message: Message | None = None
    command: Json | None = None
    acknowledged: int = 0
    """The type of the answer; 0 as long as there is none."""
    too_late: bool = False
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    modal: Json | None = None
    choices: list[Json] = field(default_factory=list)


@dataclass(eq=False)
class Application:
    id: int
    name: str
    bot: User
    client_secret: str
    intents_allowed: int
    """The privileged intents that are switched on at the portal."""
    commands: dict[int | None, list[Json]] = field(default_factory=dict)
    """By guild; None for global ones."""
    commands_created: int = 0
    redirects: list[str] = field(default_factory=list)


def walk(components: list[Json]) -> list[Json]:
    """All components, the nested ones behind those that hold them."""
    found: list[Json] = []
    for part in components:
        found.append(part)
        nested = [*part.get("components", []), *([part["accessory"]] if "accessory" in part else [])]
        if "component" in part:
            nested.append(part["component"])
        found += walk(nested)
    return found
