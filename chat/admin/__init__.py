"""The operator's view of conversations, generations and inference clients."""

from chat.admin import conversations, nodes, personas, prompts, ratings, sharing

__all__ = ["conversations", "nodes", "personas", "prompts", "ratings", "sharing"]
