"""What the documents say exists, and what exists they say."""

import ast
import re
import sys
import typing
from pathlib import Path

import pytest
from pydantic import BaseModel

from tests.test_architecture import ROOT, read, tracked

DOCUMENTS = [path for path in tracked("*.md") if path.parent.name != "LICENSES"]
SETTING = re.compile(r"^[A-Z][A-Z0-9_]*[A-Z0-9]$")
STANDARD = frozenset({"DJANGO_SETTINGS_MODULE"})
"""Read by Django itself, and never set by an operator."""


def settings_read() -> set[str]:
    """Names of the environment variables that the settings read: the constant first arguments of calls on ``env``."""
    names = set()
    for path in tracked("meatlizard/settings*.py", "meatlizard/settings/**.py"):
        for node in ast.walk(read(path).tree):
            if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
                continue
            reader = ast.unparse(node.func)
            if re.match(r"^_?(env|environment)\b|^_?secret|^_?read_", reader) and SETTING.match(
                str(node.args[0].value)
            ):
                names.add(str(node.args[0].value))
    return names - STANDARD


def settings_named() -> set[str]:
    """Names in ``.env.example``, those of commented lines too."""
    return set(re.findall(r"^#?\s?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_env_example_names_every_setting_and_no_other() -> None:
    read_by_settings, named = settings_read(), settings_named()
    assert len(read_by_settings) > 10, "the settings were not understood"
    assert named - read_by_settings == set(), "named in .env.example and read by nothing"
    assert read_by_settings - named == set(), "read by the settings and not named in .env.example"


def members(*unions: object) -> list[type[BaseModel]]:
    """The models of unions, however wrapped."""
    found: list[type[BaseModel]] = []
    for union in unions:
        if isinstance(union, type) and issubclass(union, BaseModel):
            found.append(union)
        else:
            found += members(*typing.get_args(union))
    return found


def kinds(models: list[type[BaseModel]]) -> set[str]:
    """Their ``type`` literals."""
    return {value for model in models for value in typing.get_args(model.model_fields["type"].annotation)}


def wire_messages() -> set[str]:
    from inference_client.protocol import messages

    return kinds(members(messages.FromNode, messages.FromSite))


def browser_events() -> set[str]:
    from chat import events

    return kinds(members(events.ToBrowser, events.FromBrowser))


@pytest.mark.parametrize("kind", sorted(wire_messages()))
def test_every_wire_message_is_documented(kind: str) -> None:
    assert f"`{kind}`" in (ROOT / "docs/API_SCHEMA.md").read_text(), (
        f"docs/API_SCHEMA.md does not name the message {kind}"
    )


@pytest.mark.parametrize("kind", sorted(browser_events()))
def test_every_browser_event_is_documented(kind: str) -> None:
    assert f"`{kind}`" in (ROOT / "docs/API_SCHEMA.md").read_text(), (
        f"docs/API_SCHEMA.md does not name the event {kind}"
    )


def fields_of(module: str) -> set[str]:
    """``kind.field`` of all models of a module that have a type."""
    from chat import events
    from inference_client.protocol import messages

    unions = (
        (events.ToBrowser, events.FromBrowser) if module == "chat.events" else (messages.FromNode, messages.FromSite)
    )
    return {f"{kind}.{field}" for model in members(*unions) for kind in kinds([model]) for field in model.model_fields}


@pytest.mark.parametrize("module", ["chat.events", "inference_client.protocol.messages"])
def test_every_field_is_documented(module: str) -> None:
    """Each field's name stands somewhere in backquotes; a field added without a word about it fails."""
    text = (ROOT / "docs/API_SCHEMA.md").read_text()
    missing = {name for name in fields_of(module) if f"`{name.rpartition('.')[2]}`" not in text}
    assert not missing, "fields without a word in docs/API_SCHEMA.md"


def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_make_targets_in_documents_exist(document: Path) -> None:
    named = set(re.findall(r"(?:`|^\s*\$?\s*|&& )make ([a-z][a-z0-9-]*)", document.read_text(), re.MULTILINE))
    assert named - make_targets() == set()


def test_readme_shows_the_first_steps() -> None:
    readme = (ROOT / "README.md").read_text()
    for command in ("make run", "make test", "python -m inference_client pair", "python -m inference_client run"):
        assert command in readme, f"README.md does not show {command!r}"


def anchor(heading: str) -> str:
    """The fragment that a heading gets on the usual forges."""
    words = re.sub(r"[`*]", "", heading.strip().lower())
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def without_code(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_resolve(document: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(document.read_text())):
        if re.match(r"^[a-z]+:", target):
            continue
        name, _, fragment = target.partition("#")
        place = (document.parent / name).resolve() if name else document
        if not place.exists():
            broken.append(target)
        elif fragment and place.suffix == ".md":
            headings = re.findall(r"^#+\s+(.*)$", without_code(place.read_text()), re.MULTILINE)
            if fragment not in {anchor(heading) for heading in headings}:
                broken.append(target)
    assert not broken


def test_the_documents_are_there() -> None:
    names = {str(path.relative_to(ROOT)) for path in DOCUMENTS}
    wanted = {"README.md", "CHANGELOG.md"} | {
        f"docs/{name}.md" for name in ("ARCHITECTURE", "API_SCHEMA", "DEVELOPER_GUIDE", "TESTING_PLAN")
    }
    assert wanted - names == set()


def places_of_this_machine() -> set[str]:
    """Where the checkout, its neighbours and this Python lie; a path as common as /usr tells nothing and is left out."""
    ours = {part for path in tracked() for part in path.relative_to(ROOT).parts}
    places = {
        str(ROOT),
        *(f"../{place.name}/" for place in ROOT.parent.iterdir() if place.name not in {ROOT.name, *ours}),
    }
    return places | {prefix for prefix in (sys.prefix, sys.base_prefix) if prefix.count("/") > 2}


def test_the_repository_names_no_place_outside_itself() -> None:
    """Where it was written is nobody's business, and would not exist for the next reader."""
    places = places_of_this_machine()
    naming = []
    for path in tracked():
        if path.suffix in {".gguf", ".png", ".woff2", ".ico", ".mmdb"}:
            continue
        text = path.read_text(errors="replace")
        naming += [f"{path.relative_to(ROOT)} names {place}" for place in places if place in text]
    assert not naming
