from meatlizard.moderation.models.audit import AuditEntry, AuditHead
from meatlizard.moderation.models.cases import Appeal, Case, Sanction
from meatlizard.moderation.models.rules import Action, Policy, Rule, RuleSet

__all__ = ["Action", "Appeal", "AuditEntry", "AuditHead", "Case", "Policy", "Rule", "RuleSet", "Sanction"]
