"""The prompts that come with the site: read from ``docs/PROMPT_LIBRARY.md``, and put into the library."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings

from chat.models import Prompt
from chat.prompting import actions
from chat.prompting.content import Content, read
from meatlizard.errors import AppError

LIBRARY = Path(settings.BASE_DIR) / "docs" / "PROMPT_LIBRARY.md"

_KINDS = {
    "text": "text",
    "long text": "long",
    "number": "number",
    "choice": "choice",
    "date": "date",
    "yes or no": "boolean",
}
_TITLE = re.compile(r"### (?P<title>.+) `/(?P<command>[a-z0-9-]+)`")
_VARIABLE = re.compile(
    rf"- `(?P<name>\w+)` \((?P<kind>{'|'.join(sorted(_KINDS, key=len, reverse=True))})(?P<more>[^)]*)\): (?P<label>.+)"
)
_FENCE = re.compile(r"(`{3,})text")
_BOUNDS = re.compile(r"from (\S+) to (\S+)")


@dataclass
class Loaded:
    """Commands of what was new, became a new version, was left since somebody here had changed it, and could not be put in."""

    new: list[str] = field(default_factory=list)
    renewed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class Malformed(ValueError):
    """The file is not as it says of itself; ``args`` names line and fault."""


def presets(path: Path = LIBRARY) -> list[Content]:
    """All prompts of the file. Raises Malformed for what is not in its form."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = [_content(*part) for part in _parts(lines)]
    commands = [one.command for one in found]
    if twice := sorted({command for command in commands if commands.count(command) > 1}):
        raise Malformed(f"twice: {', '.join(twice)}")
    return found


def _parts(lines: list[str]) -> Iterator[tuple[int, str, list[str]]]:
    """Each prompt: number of its first line, category, its lines."""
    category, begins, fence = "", 0, ""
    for number, line in enumerate([*lines, "## "]):
        if opened := _FENCE.fullmatch(line):
            fence = fence or opened[1]
        elif fence and line == fence:
            fence = ""
        elif not fence and line.startswith(("## ", "### ")):
            if begins:
                yield begins, category, lines[begins - 1 : number]
            begins = number + 1 if line.startswith("### ") else 0
            category = line[3:].strip() if line.startswith("## ") else category
    if fence:
        raise Malformed("a text has no end")


def _content(number: int, category: str, lines: list[str]) -> Content:
    title = _TITLE.fullmatch(lines[0])
    fences = [at for at, line in enumerate(lines) if _FENCE.fullmatch(line)]
    if title is None or not fences:
        raise Malformed(f"line {number}: a title with its command, and a text, are needed")
    mark = lines[fences[0]].removesuffix("text")
    end = lines.index(mark, fences[0])
    before = [line for line in lines[1 : fences[0]] if line.strip()]
    hint = " ".join(line for line in before if not line.startswith("- "))
    variables = [_variable(number, line) for line in before if line.startswith("- ")]
    try:
        text = "\n".join(lines[fences[0] + 1 : end])
        return read(title["command"], title["title"], hint, category, text, variables)
    except AppError as error:
        raise Malformed(f"line {number}: {error.message}") from None


def _variable(number: int, line: str) -> dict[str, Any]:
    found = _VARIABLE.fullmatch(line)
    if found is None:
        raise Malformed(f"line {number}: not a variable: {line}")
    raw: dict[str, Any] = {
        "name": found["name"],
        "label": found["label"],
        "kind": _KINDS[found["kind"]],
        "required": True,
    }
    for part in (part.strip(" :") for part in found["more"].split(";")):
        if bounds := _BOUNDS.fullmatch(part):
            raw["least"], raw["most"] = bounds.groups()
        elif part.startswith("default "):
            raw["default"] = part.removeprefix("default ")
        elif part == "optional":
            raw["required"] = False
        elif part and raw["kind"] == "choice" and "choices" not in raw:
            raw["choices"] = [choice.strip() for choice in part.split(" / ")]
        elif part:
            raise Malformed(f"line {number}: “{part}” says nothing about a variable")
    return raw


def load(contents: list[Content]) -> Loaded:
    """Puts prompts into the library as the site's own. Whatever somebody here has changed or deleted stays as it is; doing it again
    changes nothing.
    """
    done = Loaded()
    for content in contents:
        row = Prompt.objects.filter(preset=content.command).first()
        try:
            if row is None:
                actions.add(
                    None, None, content, actions.Origin.LOADED, preset=content.command, preset_digest=content.digest
                )
                done.new.append(content.command)
            elif row.preset_digest == content.digest:
                continue
            elif row.removed or actions.content_of(row).digest != row.preset_digest:
                done.left.append(content.command)
            else:
                actions.change(row, None, content, actions.Origin.LOADED, preset_digest=content.digest)
                done.renewed.append(content.command)
        except AppError as error:
            done.refused.append(f"{content.command} ({error.message})")
    return done
