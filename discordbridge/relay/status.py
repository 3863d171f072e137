"""One line below an answer that says how it stands, in Discord's small print."""

from django.utils.translation import gettext, ngettext

from discordbridge.relay.inline import escaped
from discordbridge.relay.units import fit
from meatlizard.languages import number

LONGEST = 118
"""Units. With an answer's part above it, a message keeps to 1,900."""


def waiting(position: int | None, estimate: float | None, *, offline: bool = False) -> str:
    if offline:
        return _line("💤", gettext("Waiting for a machine. Your question is kept."))
    if position is None:
        return _line("⏳", gettext("Waiting in line."))
    if estimate is None:
        return _line("⏳", gettext("Waiting in line, at place {position}.").format(position=number(position)))
    return _line(
        "⏳",
        gettext("Waiting in line, at place {position}: about {time}.").format(
            position=number(position), time=_duration(estimate)
        ),
    )


def reading(read: tuple[int, int] | None = None) -> str:
    if read is None or not read[1]:
        return _line("📖", gettext("Reading …"))
    return _line("📖", gettext("Reading, {percent} % …").format(percent=min(100, 100 * read[0] // read[1])))


def thinking(characters: int = 0) -> str:
    if characters < 200:
        return _line("💭", gettext("Thinking …"))
    # In steps: each change is an edit.
    return _line("💭", gettext("Thinking, {count} characters …").format(count=number(characters // 200 * 200)))


def searching() -> str:
    return _line("🔎", gettext("Searching …"))


def calling(tool: str) -> str:
    return _line("🔎", gettext("{tool} …").format(tool=escaped(tool)))


def approval(tool: str, arguments: str) -> str:
    """Its person is asked, who sees what it is to be given."""
    words = gettext("{tool} asks: may it? {arguments}").format(tool=tool, arguments=" ".join(arguments.split()))
    return _line("✋", escaped(words))


def writing(characters: int | None = None) -> str:
    """``characters``: of how many the answer is by now, where not all of it is shown."""
    if characters is None:
        return _line("✍️", gettext("Writing …"))
    return _line("✍️", gettext("Writing, {count} characters by now …").format(count=number(characters)))


def stopping() -> str:
    return _line("⏹️", gettext("Stopping …"))


def away() -> str:
    return _line("📡", gettext("The machine is away. The answer goes on when it is back."))


def done(model: str = "", tokens: int | None = None) -> str:
    parts = [escaped(model[:40])] if model else []
    if tokens:
        parts.append(ngettext("{count} token", "{count} tokens", tokens).format(count=number(tokens)))
    return _line("✓", " · ".join(parts) or gettext("Done."))


def cut() -> str:
    return _line("✂️", gettext("The answer was cut at its longest. Continue goes on with it."))


def stopped() -> str:
    return _line("⏹️", gettext("Stopped."))


def withheld() -> str:
    return _line("🛑", gettext("This answer is not shown, by this site's rules."))


def failed(reason: str = "") -> str:
    return _line("⚠️", escaped(reason) if reason else gettext("The answer failed. Regenerate asks again."))


def _line(sign: str, text: str) -> str:
    line = f"-# {sign} {' '.join(text.split())}"
    end = fit(line, LONGEST)
    return line if end == len(line) else line[: fit(line, LONGEST - 1)].rstrip("\\") + "…"


def _duration(seconds: float) -> str:
    whole = max(1, round(seconds))
    if whole < 90:
        return ngettext("{count} second", "{count} seconds", whole).format(count=whole)
    minutes = round(whole / 60)
    return ngettext("{count} minute", "{count} minutes", minutes).format(count=minutes)
