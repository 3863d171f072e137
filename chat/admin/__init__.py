"""The operator's view of conversations, generations and inference clients."""

from chat.admin import (
    attachments,
    conversations,
    flows,
    knowledge,
    mcp,
    nodes,
    personas,
    prompts,
    ratings,
    routes,
    sharing,
    tools,
    transcripts,
)

__all__ = [
    "attachments",
    "conversations",
    "flows",
    "knowledge",
    "mcp",
    "nodes",
    "personas",
    "prompts",
    "ratings",
    "routes",
    "sharing",
    "tools",
    "transcripts",
]
