from tests.meatlizard.moderation.conftest import fresh_rules, mike, mona, rule

__all__ = ["fresh_rules", "mike", "mona", "rule"]
