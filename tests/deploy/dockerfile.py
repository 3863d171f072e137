"""Dockerfiles and ``.dockerignore``, read as far as ours use them, to be walked through without Docker."""

import fnmatch
import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.test_architecture import ROOT, tracked

DOCKERFILE = ROOT / "deploy/Dockerfile"


@dataclass
class Stage:
    """``base``: the image or stage that it begins from; ``steps``: instructions in their order, with what follows them."""

    name: str
    base: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def last(self, instruction: str) -> str | None:
        found = [rest for name, rest in self.steps if name == instruction]
        return found[-1] if found else None


def stages() -> dict[str, Stage]:
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text(), flags=re.MULTILINE)
    text = re.sub(r"\\\n\s*", "", text)
    found: dict[str, Stage] = {}
    for line in filter(str.strip, text.splitlines()):
        name, rest = line.split(maxsplit=1)
        if name == "FROM":
            base, _as, called = rest.split()
            stage = found[called] = Stage(called, base)
        else:
            stage.steps.append((name, rest))
    return found


def inherited(stage: Stage, instruction: str) -> str | None:
    """What it says last, or the stage that it begins from says."""
    own = stage.last(instruction)
    all_stages = stages()
    return own if own is not None or stage.base not in all_stages else inherited(all_stages[stage.base], instruction)


def words(listed: str) -> list[str]:
    """Of a command in its JSON form, the one that starts no shell."""
    found: list[str] = json.loads(listed)
    return found


def context() -> list[Path]:
    """The files of the checkout, by their path in it, that Docker would be sent."""
    lines = [line.strip() for line in (ROOT / ".dockerignore").read_text().splitlines()]
    rules = [line for line in lines if line and not line.startswith("#")]
    return [path for path in (one.relative_to(ROOT) for one in tracked()) if _sent(path, rules)]


def _sent(path: Path, rules: list[str]) -> bool:
    """The last rule decides that names it or a folder above it."""
    sent = True
    for rule in rules:
        pattern = rule.removeprefix("!")
        named = (str(path), *(str(folder) for folder in path.parents if folder.name))
        if any(
            fnmatch.fnmatch(name, pattern.removeprefix("**/")) or fnmatch.fnmatch(name, pattern) for name in named
        ) or (pattern.startswith("**/") and fnmatch.fnmatch(path.name, pattern.removeprefix("**/"))):
            sent = rule.startswith("!")
    return sent
