"""Packages that bring tools: found as Python finds them, off until somebody wants them, and harmless when they are broken."""

import shutil
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse

from chat.models import ToolChoice
from chat.tools import choices, permissions, plugins, registry
from chat.tools.registry import Call

EXAMPLE = Path(__file__).parents[2] / "fakes" / "dice_package"
Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a package where installers put them: ``install(name, code, entry)``."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(registry, "_tools", dict(registry._tools))
    modules = set(sys.modules)

    def put(name: str, code: str, entry: str) -> None:
        module = name.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(code)
        about = tmp_path / f"{module}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(f"[{plugins.GROUP}]\n{entry}\n")

    yield put
    shutil.rmtree(tmp_path)
    for each in set(sys.modules) - modules:
        if not each.startswith(("chat", "meatlizard.")):
            sys.modules.pop(each)
    plugins._broken.clear()


@pytest.fixture
def dice(install: Install) -> None:
    """The example, under the entry point that its own pyproject.toml names."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    ((name, value),) = project["entry-points"][plugins.GROUP].items()
    install(project["name"], (EXAMPLE / "meatlizard_dice.py").read_text(), f"{name} = {value}")
    plugins.load()


async def test_the_example_brings_its_tool(dice: None, call: Call) -> None:
    tool = registry.get("roll_dice")
    assert tool is not None and (tool.origin, tool.state, tool.label) == ("meatlizard-dice", "off", "Dice")
    found = await tool.run(call, '{"count": 3, "sides": 2}')
    assert found.text.count(",") == 3 and plugins.broken() == []


def test_it_is_off_until_an_operator_wants_it(dice: None, alice: Any, olga: Any, client: Client) -> None:
    assert "roll_dice" not in [one.name for one in permissions.allowed(alice, None)]
    client.force_login(olga)
    page = client.get(reverse("admin:chat_toolchoice_changelist")).content.decode()
    assert "meatlizard-dice" in page
    row = ToolChoice.objects.get(name="roll_dice")
    client.post(reverse("admin:chat_toolchoice_change", args=[row.pk]), {"state": "on", "approval": "always"})
    choices.chosen.refresh()
    found = {one.name: one.approval for one in permissions.allowed(alice, None)}
    assert found["roll_dice"] is True


@pytest.mark.parametrize(
    ("code", "entry", "says"),
    [
        ("raise RuntimeError('no licence')", "bad = bad_one:TOOLS", "RuntimeError: no licence"),
        ("import sys\nsys.exit(3)", "bad = bad_one:TOOLS", "SystemExit: 3"),
        ("TOOLS = (1, 2)", "bad = bad_one:TOOLS", "neither a tool"),
        ("TOOLS = ()", "bad = bad_one:TOOLS", "neither a tool"),
        ("TOOLS = 5", "bad = bad_one:TOOLS", "neither a tool"),
        ("", "bad = bad_one:TOOLS", "no attribute"),
        ("", "bad = nowhere_to_be_found:TOOLS", "No module"),
        ("def :", "bad = bad_one:TOOLS", "SyntaxError"),
        (
            "from chat.tools.registry import Result, tool\n@tool()\nasync def calculator(call):\n    'Mine.'\nTOOLS = calculator",
            "bad = bad_one:TOOLS",
            "calculator already",
        ),
    ],
)
def test_what_is_broken_is_told_and_stops_nothing(
    code: str, entry: str, says: str, install: Install, dice: None, olga: Any, client: Client
) -> None:
    ours = registry.get("calculator")
    install("bad-one", code, entry)
    plugins.load()
    (told,) = [one for one in run_checks() if one.id == "chat.W001"]
    assert says in told.msg and "bad-one" in told.msg
    assert registry.get("roll_dice") is not None and registry.get("calculator") is ours
    client.force_login(olga)
    page = client.get(reverse("admin:chat_toolchoice_changelist")).content.decode()
    assert "The plug-in bad of bad-one is broken" in page


def test_without_plug_ins_there_is_nothing_to_tell() -> None:
    plugins.load()
    assert [one for one in run_checks() if one.id == "chat.W001"] == []


def test_the_document_shows_the_example_as_it_is() -> None:
    text = (EXAMPLE.parents[2] / "docs" / "TOOLS.md").read_text()
    for name in ("pyproject.toml", "meatlizard_dice.py"):
        assert (EXAMPLE / name).read_text().strip() in text, name


def test_the_document_names_every_tool_of_the_site() -> None:
    text = (EXAMPLE.parents[2] / "docs" / "TOOLS.md").read_text()
    assert [one.name for one in registry.all() if not one.origin and f"`{one.name}`" not in text] == []
