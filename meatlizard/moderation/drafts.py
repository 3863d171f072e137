"""Rules as operators write them: what each kind needs, checked when it is saved, and made ready to run."""

from collections.abc import Callable
from dataclasses import replace

from django.utils.translation import gettext as _

from meatlizard.errors import Invalid
from meatlizard.moderation import judging
from meatlizard.moderation.judging import Finder, Judge, Rate, Ready
from meatlizard.moderation.models import Action, Rule

Kind = Rule.Kind

MAX_LIMIT = 10_000
MAX_MINUTES = 1_440
MAX_SECONDS = 120
USUAL_SECONDS = 20


def ready(rule: Rule, within: str) -> Ready:
    """``within``: the rule set's name. Raises Invalid where it cannot be run."""
    action = Action(rule.action)
    bare = Ready(rule.pk or 0, f"{within}: {rule.name}", action, rule.message.strip(), rule.days)
    finder = _FINDERS.get(rule.kind)
    if finder is not None:
        return replace(bare, find=finder(rule))
    if action == Action.ALLOW:
        raise Invalid(_("Only rules that match a part of a text can allow it."), code="action_bad")
    if action == Action.MASK:
        raise Invalid(_("Only rules that match a part of a text can mask it."), code="action_bad")
    if rule.kind == Kind.CLASSIFIER:
        return replace(bare, judge=_judge(rule))
    limit = _number(rule.limit, 2, MAX_LIMIT, _("How many"))
    minutes = _number(rule.minutes, 1, MAX_MINUTES, _("Within minutes"))
    return replace(bare, rate=Rate(limit, minutes, rule.kind == Kind.SAME))


def _links(rule: Rule) -> Finder:
    return judging.by_links(_number(rule.limit, 1, MAX_LIMIT, _("How many")))


_FINDERS: dict[str, Callable[[Rule], Finder]] = {
    Kind.WORDS: lambda rule: judging.by_words(rule.words, rule.lookalikes),
    Kind.PATTERN: lambda rule: judging.by_pattern(rule.pattern),
    Kind.LINKS: _links,
}


def _judge(rule: Rule) -> Judge:
    instructions = rule.instructions.strip()
    if not instructions:
        raise Invalid(_("Say what the model is to find."), code="instructions_empty")
    seconds = _number(rule.seconds or USUAL_SECONDS, 1, MAX_SECONDS, _("Seconds it may take"))
    return Judge(instructions, rule.model.strip(), seconds, rule.fallback == Rule.Fallback.HOLD)


def _number(value: int | None, least: int, most: int, what: str) -> int:
    if value is None or not least <= value <= most:
        raise Invalid(
            _("%(what)s: a number from %(least)s to %(most)s.") % {"what": what, "least": least, "most": most},
            code="number_out_of_range",
        )
    return value
