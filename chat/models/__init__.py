from chat.models.conversations import Conversation, Message
from chat.models.generations import Chunk, Generation
from chat.models.nodes import Node, NodeModel, NodeSample, PairingCode
from chat.models.search import SearchEntry
from chat.models.sharing import ImportRun, Share
from chat.models.tasks import InferenceTask

__all__ = [
    "Chunk",
    "Conversation",
    "Generation",
    "ImportRun",
    "InferenceTask",
    "Message",
    "Node",
    "NodeModel",
    "NodeSample",
    "PairingCode",
    "SearchEntry",
    "Share",
]
