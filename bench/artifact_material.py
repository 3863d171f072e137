"""Answers of the labelled examples: each mark in their text stands for a block of code or some paragraphs of a kind."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chat.artifacts.detection import Known

EXAMPLES = Path(__file__).with_name("artifact_examples.txt")
MARK = re.compile(r"\{(\w+):(\d+)(?::([\w.]+))?(?:\|([\w!]+))?\}")
BEFORE = re.compile(r"\s*\[before: (\w+):(\d+) ([\w.]+)\]\s*$")

BEGIN = {
    "html": ["<!DOCTYPE html>", '<html lang="en">', "<head><title>Small Bakery</title></head>", "<body>"],
    "svg": ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">'],
    "mermaid": ["graph TD"],
    "csv": ["name,capital,area"],
    "json": ["["],
    "dockerfile": ["FROM python:3.12-slim", "WORKDIR /app"],
    "sql": ["CREATE TABLE people ("],
    "ics": ["BEGIN:VCALENDAR", "VERSION:2.0"],
    "latex": [r"\documentclass{article}", r"\begin{document}"],
    "markdown": ["# About walls", ""],
}  # fmt: skip
END = {
    "html": ["</body>", "</html>"], "svg": ["</svg>"], "json": ["]"], "sql": [");"], "ics": ["END:VCALENDAR"], "latex": [r"\end{document}"],
}  # fmt: skip
LINE = {
    "python": "def step_{n}(walls):\n    return [wall for wall in walls if len(wall) > {n}]", "javascript": "const step{n} = (walls) => walls.filter((w) => w.length > {n});",
    "jsx": "  <Star key={{{n}}} onClick={{() => choose({n})}} />", "bash": 'find /var/log -name "old-{n}*" -delete', "java": "    int step{n}(int walls) {{ return walls + {n}; }}",
    "c": "int step_{n}(int walls) {{ return walls * {n}; }}", "cpp": "double Matrix::step{n}() const {{ return data[{n}]; }}", "rust": "fn step_{n}(walls: usize) -> usize {{ walls + {n} }}",
    "go": "func step{n}(walls int) int {{ return walls + {n} }}", "kotlin": "val step{n} = {n}", "lua": "local step{n} = {n}", "css": ".wall-{n} {{ margin: {n}px; }}",
    "html": '<p class="row-{n}">Loaf number {n}</p>', "svg": '<circle cx="{n}" cy="{n}" r="3" />', "mermaid": "  A{n} --> B{n}", "csv": "Land {n},Town {n},{n}000",
    "json": '  {{"name": "user {n}", "age": {n}}},', "yaml": "service{n}:\n  image: part:{n}", "dockerfile": "RUN step-{n}", "makefile": "target{n}: part{n}.o", "sql": "  column_{n} INTEGER NOT NULL,",
    "ini": "Key{n}=value", "powershell": "Get-Service -Name part{n} | Format-Table", "terraform": 'variable "part{n}" {{ default = {n} }}', "graphql": "type Part{n} {{ id: ID! }}",
    "latex": "Row {n} & {n} \\\\", "ics": "X-PART-{n}:x", "text": "Plant number {n}, which likes shade", "markdown": "Wall {n} faces south and is warm in the evening.", "diff": "+    step({n})",
    "output": "step {n} done in {n} ms",
}  # fmt: skip
SENTENCE = "The {what} of the coast is older than the town, and whoever walks there in the evening finds it changed in one way or another. "
WORDS = ("light", "harbour", "path", "sound", "colour", "garden", "wall", "weather", "water", "stone")


@dataclass(frozen=True, slots=True)
class Example:
    """``wanted``: names of files, ``*.x`` for any of that kind, with ``^`` behind those that are new versions."""

    question: str
    answer: str
    known: tuple[Known, ...]
    wanted: tuple[str, ...]
    held: bool


def examples() -> Iterator[Example]:
    held = False
    for part in re.split(r"\n\s*\n", EXAMPLES.read_text()):
        if part.strip() == "# held":
            held = True
        if not part.startswith("? "):
            continue
        first, second, answer = part.strip().split("\n", 2)
        question = first[2:]
        known: tuple[Known, ...] = ()
        if before := BEFORE.search(question):
            question = question[: before.start()]
            known = (Known(before[3], before[1], _lines(before[1], int(before[2]), 100)),)
        wanted = () if second == "= -" else tuple(second[2:].split())
        yield Example(question, _answer(answer, known), known, wanted, held)


def _answer(text: str, known: tuple[Known, ...]) -> str:
    written = "\n".join(MARK.sub(lambda mark: f"\n\n{_part(mark, known)}\n\n", line) for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", written).strip()


def _part(mark: "re.Match[str]", known: tuple[Known, ...]) -> str:
    kind, count, name, info = mark[1], int(mark[2]), mark[3] or "", mark[4] or ""
    if kind in ("prose", "doc", "table"):
        return {"prose": _prose, "doc": _document, "table": _table}[kind](count)
    if kind == "rewritten":
        return _document(count)
    if kind in ("before", "extract"):
        lines = known[0].text.rstrip("\n").split("\n")
        if kind == "extract":
            return _fence(known[0].kind, "\n".join(lines[3 : 3 + count]))
        middle = len(lines) // 2
        return _fence(
            known[0].kind,
            "\n".join([*lines[:middle], *_lines(known[0].kind, count, 900).splitlines()[:count], *lines[middle:]]),
        )
    body = _lines(kind, count, 300 if info != "other" else 500)
    if info.endswith("!"):
        body = f"#!/usr/bin/env bash\n{body}"
    said = "" if kind == "text" and not info else "text" if kind == "output" else "nginx" if info == "nginx" else kind
    return (f"**{name}**\n\n" if name else "") + _fence("console" if kind == "output" else said, body.rstrip("\n"))


def _fence(language: str, text: str) -> str:
    return f"```{language}\n{text}\n```"


def _lines(kind: str, count: int, start: int) -> str:
    begin, end = BEGIN.get(kind, []), END.get(kind, [])
    lines: list[str] = []
    number = start
    while len(lines) < max(1, count - len(begin) - len(end)):
        lines += LINE[kind].format(n=number).split("\n")
        number += 1
    whole = [*begin, *lines, *end] if count > len(begin) + len(end) or kind == "svg" else lines
    return "\n".join(whole[: max(count, 1)] if not end else whole) + "\n"


def _prose(count: int) -> str:
    return "\n\n".join((SENTENCE.format(what=WORDS[at % 10]) * 2).strip() for at in range(count))


def _document(count: int) -> str:
    parts = ["# The coast in the evening"]
    for at in range(count):
        parts += [f"## Part {at + 1}", (SENTENCE.format(what=WORDS[at % 10]) * 3).strip()]
    return "\n\n".join(parts)


def _table(count: int) -> str:
    return "\n".join(["| planet | moons |", "|---|---|", *(f"| planet {at} | {at} |" for at in range(count))])
