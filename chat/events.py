"""What goes over a browser's websocket, both ways, as strict schemas.

Everything is a JSON text frame of one model below, told apart by ``type``, but one thing: text of a running answer is a
binary frame (see :mod:`chat.frames`), since a JSON wrapper around each token would weigh several times the token.

A reader paints the stored text of a generation (``stream``), then applies deltas: offset equal to its length, append;
behind, ignore the overlap; ahead, keep it and ask with ``sync``. Offsets count Unicode code points. The text of a
generation is the model's thinking, if any, and then its answer, with one boundary between them.
"""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from chat.announced import Announced
from chat.artifacts.events import ArtifactsChanged
from chat.attachments.shape import AttachmentOut
from chat.comparing.events import Compare, ComparisonShown
from chat.context.events import AskBudget, CheckpointOut, ToContext
from chat.formatting.events import BlocksRendered
from chat.rating.events import MessageRated
from chat.routes.events import RouteOut
from chat.schema import MAX_PROMPT, Schema
from chat.temporary.events import FromTemporary, ToTemporary
from chat.tools.events import SourceOut, ToolCallOut, ToTools

MAX_STREAMS = 127
"""Answers of which one socket sees text at once: the numbers of streams."""

THINKING = 0x80
"""Added to a stream's number in the frame of a delta that is thinking."""

GenerationState = Literal["queued", "leased", "streaming", "done", "failed", "cancelled"]


# --- site to browser ------------------------------------------------------------------------------------------------


class Place(Schema):
    """Where a message stands among its versions, which are the messages below the same parent: its ``number`` from 1, how many
    there are, and its neighbours.
    """

    number: int
    count: int
    before: UUID | None
    after: UUID | None


class MessageOut(Schema):
    """A message as the page paints it. ``html`` is safe HTML of the answer; empty while it runs. ``thinking`` counts the code
    points that the model thought before it, to be asked for; 0 while it runs. ``notice`` is what else is to be said of how it ended.
    ``place`` is null when it is the only version, or as it was told before. ``edited``: when its owner last
    changed its text. ``cut``: the answer may be continued. ``rating`` is null where it is as it was told before. ``pinned``: models
    read it however old it is. ``context``: tokens of the model's window that the conversation took down to here, null when nobody
    counted. ``checkpoint``: the summary that ends here. ``route``: the one that was chosen for the answer. ``calls`` of tools were made for it,
    ``sources`` are what its text means by ``[number]``.
    """

    id: UUID
    parent: UUID | None
    role: Literal["user", "assistant"]
    html: str
    created: datetime
    source: Literal["person", "model", "markov", "persona", "flow", "staff"]
    model: str
    speaker: str = ""
    tokens: int | None
    state: GenerationState | None
    generation: UUID | None
    error: str = ""
    thinking: int = 0
    notice: str = ""
    place: Place | None = None
    edited: datetime | None = None
    cut: bool = False
    rating: Literal["", "up", "down"] | None = None
    pinned: bool = False
    context: int | None = None
    checkpoint: CheckpointOut | None = None
    attachments: tuple[AttachmentOut, ...] = ()
    route: RouteOut | None = None
    calls: tuple[ToolCallOut, ...] = ()
    sources: tuple[SourceOut, ...] = ()


class ConversationOut(Schema):
    """A row of the side bar. ``persona``: the version that speaks in it. ``flow``: it was begun with a conversation flow; what of it
    is open is asked for at ``<conversation>/flow/``. ``tags`` is null where they are as they were told before."""

    id: UUID
    title: str
    updated: datetime
    model: str
    system_prompt: str
    temperature: float | None
    thinking: Literal["", "off", "on", "low", "medium", "high"] = ""
    pinned: bool = False
    archived: bool = False
    unread: bool = False
    folder: UUID | None = None
    persona: UUID | None = None
    flow: bool = False
    tags: tuple[str, ...] | None = None


class ModelOut(Schema):
    """``thinking``: whether it can think before it answers, switched (``boolean``) or by degrees (``level``). ``vision``: whether it
    can look at images."""

    alias: str
    context_length: int
    live: bool
    thinking: Literal["none", "boolean", "level"] = "none"
    vision: bool = False


class Status(Schema):
    """Whether an answer would come now. ``live``: a slot is free; ``queued``: nodes are there but busy; ``offline``: no
    node.

    ``position`` counts from 1 for a message sent now; ``estimate`` is seconds until it begins, None when never
    measured. ``warning`` says what operators have switched off, ``announcements`` what they announce, ``onlookers`` who reads along; each may
    be empty. ``person``: an administrator answers in place of the model.
    """

    type: Literal["status"] = "status"
    state: Literal["live", "queued", "offline"]
    position: int | None = None
    estimate: float | None = None
    models: tuple[ModelOut, ...] = ()
    warning: str = ""
    announcements: tuple[Announced, ...] = ()
    onlookers: str = ""
    person: bool = False


class ConversationChanged(Schema):
    type: Literal["conversation.changed"] = "conversation.changed"
    conversation: ConversationOut


class ConversationDeleted(Schema):
    type: Literal["conversation.deleted"] = "conversation.deleted"
    conversation: UUID


class ConversationUnread(Schema):
    """An answer came that nobody has looked at yet, or somebody has looked now."""

    type: Literal["conversation.unread"] = "conversation.unread"
    conversation: UUID
    unread: bool


class ListChanged(Schema):
    """Conversations were pinned, archived, moved, tagged, deleted or brought back, or folders changed: the page reads its list anew."""

    type: Literal["list.changed"] = "list.changed"


class MessageAdded(Schema):
    """A new message at the end of the conversation, or one there that goes on; ``replaces`` is the version that it supersedes.

    ``request`` echoes the client-made id of what the page asked that caused it.
    """

    type: Literal["message.added"] = "message.added"
    conversation: UUID
    message: MessageOut
    request: UUID | None = None
    replaces: UUID | None = None


class MessageChanged(Schema):
    """Its owner edited the text of an answer."""

    type: Literal["message.changed"] = "message.changed"
    conversation: UUID
    message: MessageOut


class BranchShown(Schema):
    """Another branch is shown from now on; ``head`` is the message at its end, null when none is left. The page reads it anew."""

    type: Literal["branch.shown"] = "branch.shown"
    conversation: UUID
    head: UUID | None


class Queued(Schema):
    """The generation waits. ``offline`` when no node offers the model; ``person``: for an administrator, who answers in place of it."""

    type: Literal["generation.queued"] = "generation.queued"
    conversation: UUID
    generation: UUID
    message: UUID
    position: int
    estimate: float | None = None
    offline: bool = False
    person: bool = False


class Stream(Schema):
    """The stored text so far, of which the first ``thinking`` code points are thinking. ``stream`` is the number under which
    this socket will see the deltas of the generation.
    """

    type: Literal["generation.stream"] = "generation.stream"
    conversation: UUID
    generation: UUID
    message: UUID
    stream: int = Field(ge=1, le=MAX_STREAMS)
    state: GenerationState
    text: str
    thinking: int = 0
    reconnecting: bool = False


class PromptProgress(Schema):
    type: Literal["generation.progress"] = "generation.progress"
    conversation: UUID
    generation: UUID
    done: int
    total: int


class NodeAway(Schema):
    """The node of a running generation went away (``away``) or came back."""

    type: Literal["generation.node"] = "generation.node"
    conversation: UUID
    generation: UUID
    away: bool


class Stopping(Schema):
    """Stop was asked for and passed on; ``generation.finished`` with state ``cancelled`` follows when the node
    confirms.
    """

    type: Literal["generation.stopping"] = "generation.stopping"
    conversation: UUID
    generation: UUID


class FinishedOut(Schema):
    """The generation ended. ``length`` is the answer's length in code points, thinking left out; ``message`` carries the final
    HTML. With ``tool_calls`` the model asked for tools.
    """

    type: Literal["generation.finished"] = "generation.finished"
    conversation: UUID
    generation: UUID
    length: int
    reason: Literal["stop", "length", "cancelled", "failed", "tool_calls", "withheld"]
    message: MessageOut


class Problem(Schema):
    """A request was refused. ``request`` names the ``send``/``regenerate`` it answers; nothing of that request was
    stored.
    """

    type: Literal["error"] = "error"
    code: str
    message: str
    request: UUID | None = None
    retry_after: float | None = None


class AnswerReady(Schema):
    """An answer that had waited for a machine is there, wherever its owner is on the site."""

    type: Literal["answer.ready"] = "answer.ready"
    conversation: UUID
    title: str


class SignedOut(Schema):
    """The session ended elsewhere; the socket closes after this."""

    type: Literal["signed_out"] = "signed_out"


ToBrowser = (
    Status
    | ConversationChanged
    | ConversationDeleted
    | ConversationUnread
    | ListChanged
    | MessageAdded
    | MessageChanged
    | MessageRated
    | ArtifactsChanged
    | ComparisonShown
    | BranchShown
    | ToContext
    | Queued
    | Stream
    | BlocksRendered
    | PromptProgress
    | NodeAway
    | Stopping
    | FinishedOut
    | Problem
    | AnswerReady
    | SignedOut
    | ToTools
    | ToTemporary
)


# --- browser to site ------------------------------------------------------------------------------------------------


class Open(Schema):
    """Follow this conversation: its running generations come as ``generation.stream``/``queued``. None: follow none."""

    type: Literal["open"]
    conversation: UUID | None


class Send(Schema):
    """Ask. ``request`` is made by the page and makes a repeated send harmless; ``offline`` says what to do without a
    node; ``attachments`` are files of one's own, and with them ``text`` may be empty.
    """

    type: Literal["send"]
    request: UUID
    conversation: UUID
    text: str = Field(max_length=MAX_PROMPT)
    offline: Literal["wait", "markov"] = "wait"
    attachments: tuple[UUID, ...] = Field(default=(), max_length=100)


class Edit(Schema):
    """Ask the question ``message`` again in other words: ``text`` becomes a version beside it, with the same files and an answer of its
    own."""

    type: Literal["edit"]
    request: UUID
    message: UUID
    text: str = Field(min_length=1, max_length=MAX_PROMPT)
    offline: Literal["wait", "markov"] = "wait"


class Continue(Schema):
    """Go on with ``message``, an answer at the end of the conversation that was cut."""

    type: Literal["continue"]
    request: UUID
    message: UUID


class Regenerate(Schema):
    """Answer again the question that ``message`` (an assistant message) answered, or the question ``message`` itself; by the route whose
    key is ``route``, if that is named."""

    type: Literal["regenerate"]
    request: UUID
    message: UUID
    offline: Literal["wait", "markov"] = "wait"
    route: str = Field(default="", max_length=40)


class StopRequest(Schema):
    type: Literal["stop"]
    generation: UUID


class Sync(Schema):
    """Send me what I lack of this generation; I have ``length`` code points."""

    type: Literal["sync"]
    generation: UUID
    length: int = Field(ge=0)


class Seen(Schema):
    """Somebody looks at this conversation: it is not unread any more."""

    type: Literal["seen"]
    conversation: UUID


class Ask(Schema):
    """Tell me the status of the model (empty: the default)."""

    type: Literal["status"]
    model: str = Field(default="", max_length=100)


FromBrowser = Annotated[
    Open | Send | Compare | Edit | Continue | Regenerate | StopRequest | Sync | Seen | Ask | AskBudget | FromTemporary,
    Field(discriminator="type"),
]
