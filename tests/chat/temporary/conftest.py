from tests.meatlizard.moderation.conftest import fresh_rules, rule

__all__ = ["fresh_rules", "rule"]
