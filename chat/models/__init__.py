from chat.models.artifacts import Artifact, ArtifactText, ArtifactVersion
from chat.models.attachments import Attachment, Upload
from chat.models.comparisons import Candidate, Comparison
from chat.models.context import Checkpoint
from chat.models.conversations import Conversation, Message
from chat.models.flows import Flow, FlowVersion, PersonaFlow
from chat.models.generations import Chunk, Generation
from chat.models.knowledge import Collection, Document, Passage, PersonaCollection, Told
from chat.models.mcp import McpServer, McpTool
from chat.models.nodes import Node, NodeModel, NodeSample, PairingCode
from chat.models.notices import NoticeChoice, NoticeMail
from chat.models.personas import Avatar, Lorebook, Persona, PersonaVersion
from chat.models.prompts import Composition, OwnText, Prompt, PromptVersion, SiteText
from chat.models.ratings import Rating
from chat.models.remembering import Fact, Memory, Recalled
from chat.models.replies import Reply
from chat.models.reviews import PersonaReview
from chat.models.routes import Route, RouteExample, Routing
from chat.models.search import SearchEntry
from chat.models.sharing import ImportRun, Share
from chat.models.tasks import InferenceTask
from chat.models.tool_calls import AnswerSource, LaterThinking, ToolCall
from chat.models.tools import PersonaTools, PersonZone, ToolChoice, ToolPolicy
from chat.models.transcripts import Transcript, TranscriptChoice, TranscriptLink

__all__ = [
    "AnswerSource",
    "Artifact",
    "ArtifactText",
    "ArtifactVersion",
    "Attachment",
    "Avatar",
    "Candidate",
    "Checkpoint",
    "Chunk",
    "Collection",
    "Comparison",
    "Composition",
    "Conversation",
    "Document",
    "Fact",
    "Flow",
    "FlowVersion",
    "Generation",
    "ImportRun",
    "InferenceTask",
    "LaterThinking",
    "Lorebook",
    "McpServer",
    "McpTool",
    "Memory",
    "Message",
    "Node",
    "NodeModel",
    "NodeSample",
    "NoticeChoice",
    "NoticeMail",
    "OwnText",
    "PairingCode",
    "Passage",
    "PersonZone",
    "Persona",
    "PersonaCollection",
    "PersonaFlow",
    "PersonaReview",
    "PersonaTools",
    "PersonaVersion",
    "Prompt",
    "PromptVersion",
    "Rating",
    "Recalled",
    "Reply",
    "Route",
    "RouteExample",
    "Routing",
    "SearchEntry",
    "Share",
    "SiteText",
    "Told",
    "ToolCall",
    "ToolChoice",
    "ToolPolicy",
    "Transcript",
    "TranscriptChoice",
    "TranscriptLink",
    "Upload",
]
