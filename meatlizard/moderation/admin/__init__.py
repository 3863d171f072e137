"""Pages of moderators and of who manages moderation."""

from meatlizard.moderation.admin import audit, people, queue, rule_sets

__all__ = ["audit", "people", "queue", "rule_sets"]
