"""The operator's view of conversations, generations and inference clients."""

from chat.admin import conversations, nodes, prompts, ratings, sharing

__all__ = ["conversations", "nodes", "prompts", "ratings", "sharing"]
