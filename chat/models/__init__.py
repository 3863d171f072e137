from chat.models.conversations import Conversation, Message
from chat.models.generations import Chunk, Generation
from chat.models.nodes import Node, NodeModel, NodeSample, PairingCode

__all__ = ["Chunk", "Conversation", "Generation", "Message", "Node", "NodeModel", "NodeSample", "PairingCode"]
