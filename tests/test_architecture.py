"""The arrows between modules and the sizes of files, read from the source itself.

views, consumers, admin, commands, cogs, API  ->  actions, access  ->  models  ->  meatlizard.*  and never back;
``chat`` alone -> ``inference_client.protocol``, which does no I/O; ``inference_client`` knows neither Django nor an app.
"""

import ast
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILE_LINES, FUNCTION_LINES, VIEW_LINES = 400, 70, 40
DOORS = frozenset({"views", "urls", "consumers", "api", "admin", "forms", "cogs", "bot", "management", "routing"})
WRITERS = frozenset({"actions", "access"})
SERVER_SIDE_ROOTS = frozenset({"django", "channels", "allauth", "meatlizard"})
VAGUE = re.compile(r"^(helpers?|utils?|methods|misc|common|.*_(service|production|utils|helpers))$")
NOT_OURS = frozenset({".venv", "node_modules"})
OUTSIDE_WORLD = frozenset(
    {"asyncio", "socket", "ssl", "select", "subprocess", "time", "websockets", "httpx", "aiohttp"}
)


@dataclass(frozen=True)
class Module:
    """A Python file of the project under its dotted name."""

    name: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @property
    def parts(self) -> tuple[str, ...]:
        return tuple(self.name.split("."))

    @property
    def app(self) -> str:
        """The app it belongs to: ``chat``, or ``meatlizard.accounts`` for the parts of the project's own package."""
        return ".".join(self.parts[: 2 if self.parts[0] == "meatlizard" and len(self.parts) > 2 else 1])

    @property
    def inside(self) -> tuple[str, ...]:
        """Its name within the app."""
        return self.parts[len(self.app.split(".")) :]

    @property
    def is_door(self) -> bool:
        return bool(DOORS.intersection(self.inside))

    @cached_property
    def imports(self) -> tuple[str, ...]:
        """Dotted names of all it imports at run time, ``from a import b`` as ``a.b``. For annotations alone anything is allowed."""
        return tuple(_imported(self.tree))


def _imported(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module and not child.level:
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        else:
            yield from _imported(child)


def tracked(*patterns: str) -> list[Path]:
    """Files of the project: what git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--", *patterns],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    paths = {ROOT / name for name in listed.stdout.split("\0") if name}
    return sorted(path for path in paths if path.is_file() and not NOT_OURS.intersection(path.relative_to(ROOT).parts))


def read(path: Path) -> Module:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    return Module(name, path.read_text())


ALL = [read(path) for path in tracked("*.py") if "migrations" not in path.parts]
CODE = [module for module in ALL if module.parts[0] not in ("tests", "bench", "manage")]
APPS = {path.parent.name for path in tracked("*/apps.py") if path.parent.parent == ROOT}


# --- the rules: each names what is wrong with one module --------------------------------------------------------------


def writers_call_no_door(module: Module) -> Iterator[str]:
    """actions, access and models know nothing of who calls them."""
    if module.is_door or not {*WRITERS, "models"}.intersection(module.inside):
        return
    for name in module.imports:
        if name.startswith(module.app + ".") and DOORS.intersection(name[len(module.app) + 1 :].split(".")[:1]):
            yield f"{module.name} imports the door {name}"


def models_call_no_writer(module: Module) -> Iterator[str]:
    if module.inside[:1] == ("models",):
        for name in module.imports:
            if WRITERS.intersection(name.split(".")):
                yield f"{module.name} imports {name}; models come below actions and access"


def models_stay_at_home(module: Module) -> Iterator[str]:
    """Foreign keys go by string; what apps share goes through actions and access."""
    for name in module.imports:
        owner, _, rest = name.partition(".")
        if owner in APPS and owner != module.parts[0] and rest.split(".")[0] == "models":
            yield f"{module.name} imports {name}, another app's models"


def the_project_knows_no_app(module: Module) -> Iterator[str]:
    """meatlizard.* lies below the apps; only where the whole is put together may they be named."""
    if module.parts[0] == "meatlizard" and module.name not in (
        "meatlizard.asgi",
        "meatlizard.urls",
        "meatlizard.routing",
    ):
        for name in module.imports:
            if name.split(".")[0] in APPS:
                yield f"{module.name} imports {name}; meatlizard.* lies below the apps"


def the_client_stands_alone(module: Module) -> Iterator[str]:
    if module.parts[0] == "inference_client":
        for name in module.imports:
            if name.split(".")[0] in SERVER_SIDE_ROOTS | APPS:
                yield f"{module.name} imports {name}; the client runs where the site is not installed"


def the_wire_enters_at_one_place(module: Module) -> Iterator[str]:
    """The chat alone speaks to nodes."""
    if module.parts[0] == "inference_client":
        return
    for name in module.imports:
        if name.split(".")[0] != "inference_client":
            continue
        if not name.startswith("inference_client.protocol"):
            yield f"{module.name} imports {name}; only the protocol is shared"
        elif module.parts[0] != "chat":
            yield f"{module.name} imports {name}; the wire belongs to the chat"


def the_protocol_does_no_io(module: Module) -> Iterator[str]:
    if module.parts[:2] == ("inference_client", "protocol"):
        for name in module.imports:
            if name.split(".")[0] in OUTSIDE_WORLD:
                yield f"{module.name} imports {name}; the protocol takes bytes and gives bytes"
            elif name.startswith("inference_client.") and not name.startswith("inference_client.protocol"):
                yield f"{module.name} imports {name}; the protocol needs nothing of the client"


def doors_ask_access(module: Module) -> Iterator[str]:
    """A view that fetches by key itself has forgotten to ask who is looking."""
    if not {"views", "consumers", "api", "cogs"}.intersection(module.inside):
        return
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        if called.endswith((".objects.get", ".objects.aget", "get_object_or_404")):
            yield f"{module.name}:{node.lineno} calls {called}; protected objects come from access"


def accounts_are_locked_lightly(module: Module) -> Iterator[str]:
    """Whatever belongs to a person refers to the account: with the heavier lock, each such row waits, and two of them for ever."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Call) or ast.unparse(node.func) != "User.objects.select_for_update":
            continue
        if "no_key=True" not in ast.unparse(node):
            yield f"{module.name}:{node.lineno} locks accounts without no_key=True"


def names_say_something(module: Module) -> Iterator[str]:
    for part in module.parts:
        if VAGUE.match(part):
            yield f"{module.name}: {part!r} says nothing about what is inside"


def files_are_short(module: Module) -> Iterator[str]:
    if (lines := module.source.count("\n")) > FILE_LINES:
        yield f"{module.name} has {lines} lines; its second half asks for a name"


def functions_are_short(module: Module) -> Iterator[str]:
    limit = VIEW_LINES if "views" in module.inside else FUNCTION_LINES
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > limit:
                yield f"{module.name}.{node.name} has {lines} lines, {limit} at most"


def broad_excepts_log(module: Module) -> Iterator[str]:
    """``except Exception`` is for edges, where the error is logged, raised again or told on; never a way to decide."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and (
            node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")
        ):
            body = "\n".join(ast.unparse(part) for part in node.body)
            if not (node.name and re.search(rf"\b{node.name}\b", body)) and not re.search(r"\braise\b|log", body):
                yield f"{module.name}:{node.lineno} swallows every error"


RULES: list[Callable[[Module], Iterator[str]]] = [
    writers_call_no_door, models_call_no_writer, models_stay_at_home, the_project_knows_no_app, the_client_stands_alone,
    the_wire_enters_at_one_place, the_protocol_does_no_io, doors_ask_access, accounts_are_locked_lightly,
    names_say_something, files_are_short, functions_are_short, broad_excepts_log,
]  # fmt: skip


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_code_keeps_the_rule(rule: Callable[[Module], Iterator[str]]) -> None:
    assert len(CODE) > 20, "the project's files were not found"
    complaints = [complaint for module in CODE for complaint in rule(module)]
    assert not complaints, "\n".join(complaints)


def test_tests_are_short_too() -> None:
    tests = [module for module in ALL if module.parts[0] in ("tests", "bench")]
    complaints = [
        complaint for module in tests for rule in (files_are_short, functions_are_short) for complaint in rule(module)
    ]
    assert not complaints, "\n".join(complaints)


def test_pages_scripts_and_styles_are_short() -> None:
    long = {str(path.relative_to(ROOT)): lines for path in tracked("*.js", "*.ts", "*.css", "*.html")
            if (lines := path.read_text().count("\n")) > FILE_LINES}  # fmt: skip
    assert not long


def test_no_file_is_empty() -> None:
    empty = [
        str(path.relative_to(ROOT))
        for path in tracked("*.py")
        if not path.read_text().strip() and path.name != "__init__.py"
    ]
    assert not empty


@pytest.mark.parametrize("app", sorted(APPS))
def test_no_app_is_empty(app: str) -> None:
    """An app arrives with what it does, not before."""
    verbs = [module for module in CODE if module.parts[0] == app and WRITERS.intersection(module.parts)]
    assert any(isinstance(node, ast.FunctionDef) for module in verbs for node in module.tree.body), (
        f"{app} has no action"
    )


@pytest.mark.parametrize(
    ("rule", "name", "source"),
    [
        (writers_call_no_door, "chat.actions", "from chat.views import page"),
        (writers_call_no_door, "chat.models.nodes", "from chat import consumers"),
        (models_call_no_writer, "chat.models.nodes", "def f():\n    from chat.actions import send"),
        (models_stay_at_home, "paste.actions", "from chat.models import Message"),
        (the_project_knows_no_app, "meatlizard.jobs.lease", "import chat.models"),
        (the_client_stands_alone, "inference_client.run", "from django.conf import settings"),
        (the_client_stands_alone, "inference_client.run", "from meatlizard.errors import Invalid"),
        (the_wire_enters_at_one_place, "chat.inference.socket", "from inference_client.link import Link"),
        (the_wire_enters_at_one_place, "paste.actions", "from inference_client.protocol import messages"),
        (the_protocol_does_no_io, "inference_client.protocol.noise", "import socket"),
        (the_protocol_does_no_io, "inference_client.protocol.noise", "from inference_client.keys import load"),
        (doors_ask_access, "chat.views", "def page(request, pk):\n    return Conversation.objects.get(pk=pk)"),
        (doors_ask_access, "chat.consumers", "def page(pk):\n    return get_object_or_404(Conversation, pk=pk)"),
        (accounts_are_locked_lightly, "chat.actions", "User.objects.select_for_update().get(pk=1)"),
        (accounts_are_locked_lightly, "chat.actions", "User.objects.select_for_update(of=('self',)).first()"),
        (names_say_something, "chat.utils", ""),
        (names_say_something, "chat.node_service", ""),
        (files_are_short, "chat.actions", "x = 1\n" * 401),
        (functions_are_short, "chat.actions", "def f():\n" + "    x = 1\n" * 70),
        (functions_are_short, "chat.views", "def f():\n" + "    x = 1\n" * 40),
        (broad_excepts_log, "chat.actions", "try:\n    f()\nexcept Exception:\n    x = 1"),
    ],
)
def test_the_rule_bites(
    rule: Callable[[Module], Iterator[str]], name: str, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(globals(), "APPS", {"chat", "paste"})
    assert list(rule(Module(name, source)))


def test_what_annotations_need_may_be_imported() -> None:
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from chat.models import Message"
    assert not list(models_stay_at_home(Module("paste.actions", source)))
