"""What is worth an alert between two looks at the figures. Pure."""

from django.utils.translation import gettext

from discordbridge.metrics.figures import Figures
from discordbridge.reports import plain

MOST_NAMED = 10


def alerts(before: Figures | None, now: Figures) -> list[str]:
    """Nothing at the first look: what was before is not known."""
    if before is None:
        return []
    said = [gettext("🔴 {name} is gone.").format(name=plain(name)) for name in _first(before.connected - now.connected)]
    said += [
        gettext("🟢 {name} is back.").format(name=plain(name)) for name in _first(now.connected - before.connected)
    ]
    if now.fallback and not before.fallback:
        said.append(
            gettext("⚠️ No machine is there to answer: questions wait, or the Markov generator answers who asks for it.")
        )
    if before.fallback and not now.fallback:
        said.append(gettext("✅ A machine answers again."))
    if now.full and not before.full:
        said.append(gettext("⚠️ The queue is full: {waiting} wait, and more are refused.").format(waiting=now.waiting))
    if before.full and not now.full:
        said.append(gettext("✅ The queue has room again."))
    if now.warning != before.warning:
        said.append(f"⚠️ {plain(now.warning, 600)}" if now.warning else gettext("✅ The site is open again."))
    return said


def _first(names: frozenset[str]) -> list[str]:
    return sorted(names)[:MOST_NAMED]
