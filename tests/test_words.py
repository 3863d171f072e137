"""Whatever a person can read is marked for translation: in templates, in Python, in page scripts.

Marked is ``{% translate %}``, ``{% blocktranslate %}`` and ``_("...")`` in templates, ``gettext`` and its kin in Python and scripts.
Not marked is what is no language (names, commands), what operators read in a terminal, and what models read.
"""

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from tests.test_architecture import CODE, ROOT, Module, tracked

LETTERS = re.compile(r"[^\W\d_]{2}")
NAMES = frozenset(
    {
        "MeatLizard",
        "https://",
        "JSON",
        "CSV",
        "Markdown",
        "HTML",
        "PNG",
        "SVG",
        "GPU",
        "UTC",
        "PDF",
        "SHA-256",
        "ZIP",
        "Markov",
        "BBCode",
        "RSS",
    }
)
"""The same in every language."""

# --- templates ----------------------------------------------------------------------------------------------------------

READ_ALOUD = frozenset(
    {"alt", "title", "placeholder", "aria-label", "aria-description", "aria-roledescription", "data-label", "label"}
)
NO_WORDS_IN = frozenset({"script", "style", "code", "pre", "kbd", "samp", "svg"})
MARKED = re.compile(
    r"{%\s*comment.*?endcomment\s*%}|{#.*?#}|{%\s*(blocktranslate|blocktrans)\b.*?{%\s*endblocktrans(late)?\s*%}",
    re.DOTALL,
)
TAG = re.compile(r"{%.*?%}", re.DOTALL)
LITERAL = re.compile(
    r"""\|(?:default|default_if_none|yesno|add|first_or):(?:"([^"]*)"|'([^']*)')|\blabel=(?:"([^"]*)"|'([^']*)')"""
)
NO_WORDS_BLOCK = re.compile(r"{% block (?:main_class|body_class)[ \w]*%}[\w -]*{% endblock[ \w]*%}")


class Unmarked(HTMLParser):
    """Texts and attributes of a template that are written in it as they are."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.skipping = 0
        source = NO_WORDS_BLOCK.sub("", MARKED.sub("\x1f", source))
        for filter_ in re.findall(r"{[{%].*?[%}]}", source, re.DOTALL):
            for words in LITERAL.findall(filter_):
                self._note("".join(words) if "".join(words)[:1].isupper() else "")
        # A quote within a tag of the template would end an attribute for a reader of HTML.
        self.feed(re.sub(r"{{.*?}}|{%.*?%}", "\x1f", source, flags=re.DOTALL))
        self.close()

    def _note(self, text: str) -> None:
        text = " ".join(text.replace("\x1f", " ").split())
        text = re.sub(r"^(· )?MeatLizard( ·)?$", "", text.strip())
        if LETTERS.search(text) and text not in NAMES:
            self.found.append(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.skipping += tag in NO_WORDS_IN
        given = dict(attrs)
        for name, value in attrs:
            if name in READ_ALOUD or (
                name == "value" and tag == "input" and given.get("type") in ("submit", "button", "reset")
            ):
                self._note(value or "")

    def handle_endtag(self, tag: str) -> None:
        self.skipping -= tag in NO_WORDS_IN

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            for part in data.split("\x1f"):
                self._note(part)


TEMPLATES = [
    path for path in tracked("templates/**.html") if not re.search(r"account/email|elements/button", str(path))
]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates(path) -> None:  # type: ignore[no-untyped-def]
    assert Unmarked(path.read_text()).found == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>Hello</p>", "<p>{% if x %}Hello{% endif %}</p>", '<a title="Hello">{{ x }}</a>', '<input type="submit" value="Send">',
        "<p>{{ count }} messages</p>", '<img alt="A lizard">', '<b>{{ x|default:"Nothing" }}</b>', '<p aria-label="{{ x }} of">1</p>',
        '<p>{% translate "a" %} and more</p>', "<title>{% block title %}Chat{% endblock %} · MeatLizard</title>",
    ],
)  # fmt: skip
def test_an_unmarked_text_is_found(source: str) -> None:
    assert Unmarked(source).found


@pytest.mark.parametrize(
    "source",
    [
        '<p>{% translate "Hello" %}</p>', "<p>{% blocktranslate %}Hello {{ x }}{% endblocktranslate %}</p>", "<p>MeatLizard</p>",
        "<p title=\"{% translate 'Hello' %}\">×</p>", '<b>{{ x|default:_("Nothing") }}</b>', "<code>make run</code>",
        '<p class="muted" data-testid="some words" id="x">3</p>', "{% comment %}For readers{% endcomment %}",
        "{% block main_class %}narrow{% endblock %}", '<input name="x" value="wait">',
    ],
)  # fmt: skip
def test_a_marked_text_is_not(source: str) -> None:
    assert Unmarked(source).found == []


# --- Python -------------------------------------------------------------------------------------------------------------

MARKS = frozenset(
    {
        "_",
        "gettext",
        "gettext_lazy",
        "ngettext",
        "ngettext_lazy",
        "pgettext",
        "pgettext_lazy",
        "npgettext",
        "gettext_noop",
    }
)
SAYS = re.compile(r"^(messages\.(success|error|info|warning|debug)|(\w+\.)?(message_user|add_error|ValidationError))$")
DESCRIBES = frozenset(
    {"help_text", "verbose_name", "verbose_name_plural", "label", "empty_label", "description", "default_message"}
)
SENTENCE = re.compile(r"^[“\"]?[A-Z][^\n]*\s[^\n]*[a-z)”\d][.!?…]$")
FOR_OPERATORS = re.compile(
    r"^meatlizard\.(checks|vectors\.checks|vectors\.probe|environment|ops\.|lifecycle|settings|jobs\.actions)|\.management\.|^inference_client"
)
"""They read it in a terminal or a log, beside the names of settings and commands."""
FOR_MODELS = re.compile(
    r"^(chat\.(titles|artifacts\.(asking|tools)|prompting\.|context\.prompts|personas\.authoring\.(drafting|prompts)|moderation\.prompts)"
    r"|chat\.knowledge\.telling|chat\.routes\.(rules|shipped)|meatlizard\.vectors\.probe"
    r"|paste\.assisting|video\.knowing\.asking|discordbridge\.actions\.remembering)"
)
COMMANDS = re.compile(r"^discordbridge\.cogs\.")
"""What Discord lists as descriptions of commands is told to it once, for everybody in one language."""


MEASURES = frozenset({"counter", "histogram", "gauge", "level", "asked", "reading"})
"""What they say of themselves goes to Prometheus, in one language."""

CODES = re.compile(r"^video\.")
"""Whose ``Refused`` is given a code: its sentence is in :mod:`video.media.refusals`, or is for the guard's own client."""


def unmarked(module: Module, errors: frozenset[str]) -> Iterator[str]:
    """Where ``module`` says something to people that is not marked: errors, forms, models, notices, and whole sentences."""
    quiet = _quiet(module.tree)
    if CODES.match(module.name):
        errors = errors - {"Refused"}
    if COMMANDS.match(module.name):
        quiet |= _of_commands(module.tree)
    for node in ast.walk(module.tree):
        for text in _spoken(node, errors):
            if id(text) not in quiet and LETTERS.search(_words(text)):
                yield f"{module.name}:{text.lineno}: {_words(text)!r}"
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in quiet and SENTENCE.match(_words(node)):
            yield f"{module.name}:{node.lineno}: {_words(node)!r}"


def _words(node: ast.expr) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _quiet(tree: ast.Module) -> set[int]:
    """What nobody reads, or what is marked: docstrings, what goes to the log, arguments of marks, parts of f-strings."""
    found: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            found.add(id(node.value))
        elif isinstance(node, ast.Call) and (
            ast.unparse(node.func) in MARKS | MEASURES
            or re.match(r"^(log|logger|logging|warnings|re)\.", ast.unparse(node.func))
        ):
            found |= {id(part) for part in ast.walk(node)}
        elif isinstance(node, ast.JoinedStr):
            found |= {id(part) for part in ast.walk(node) if part is not node}
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and ast.unparse(node.exc.func) in _BUILT_IN:
            found |= {id(part) for part in ast.walk(node)}
        elif isinstance(node, ast.AsyncFunctionDef) and any("tool" in ast.unparse(one) for one in node.decorator_list):
            # Models read what the arguments of a tool are.
            found |= {id(part) for one in node.args.args if one.annotation for part in ast.walk(one.annotation)}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "Result" and node.args:
            # They also read the first of what a tool gives back; ``shown`` is for people.
            found |= {id(part) for part in ast.walk(node.args[0])}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("Warning", "Error"):
            # Of a system check, in a terminal.
            found |= {id(part) for part in ast.walk(node)}
    return found


def _of_commands(tree: ast.Module) -> set[int]:
    """Descriptions in decorators, and of groups."""
    return {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).split(".")[-1] in ("command", "group", "Group", "GroupCog", "describe")
        for part in ast.walk(node)
    }


_BUILT_IN = frozenset(
    {"ValueError", "TypeError", "RuntimeError", "AssertionError", "ImproperlyConfigured", "LookupError", "KeyError"}
)


def _spoken(node: ast.AST, errors: frozenset[str]) -> Iterator[ast.expr]:
    """Literals in the places whose words reach people."""
    if isinstance(node, ast.Call):
        called = ast.unparse(node.func)
        if called.split(".")[-1] in errors:
            yield from _literals(*node.args[:1])
        if SAYS.match(called):
            yield from _literals(*(node.args[1:] if "." in called else node.args))
        for keyword in node.keywords:
            if keyword.arg in DESCRIBES:
                yield from _literals(keyword.value)
            if keyword.arg == "error_messages" and isinstance(keyword.value, ast.Dict):
                yield from _literals(*keyword.value.values)
    elif isinstance(node, ast.ClassDef):
        choices = any(ast.unparse(base).endswith("Choices") for base in node.bases)
        for line in node.body:
            if not isinstance(line, ast.Assign):
                continue
            if ast.unparse(line.targets[0]) in DESCRIBES - {"label"}:
                yield from _literals(line.value)
            if choices and isinstance(line.value, ast.Tuple):
                yield from _literals(*line.value.elts[-1:])


def _literals(*nodes: ast.expr) -> Iterator[ast.expr]:
    for node in nodes:
        if isinstance(node, ast.IfExp):
            yield from _literals(node.body, node.orelse)
        elif isinstance(node, ast.Constant | ast.JoinedStr):
            yield node


def error_names() -> frozenset[str]:
    """AppError and all that descends from it, by name."""
    names = {"AppError"}
    for _ in range(4):
        for module in CODE:
            for node in ast.walk(module.tree):
                if isinstance(node, ast.ClassDef) and {ast.unparse(base).split(".")[-1] for base in node.bases} & names:
                    names.add(node.name)
    return frozenset(names)


def test_python() -> None:
    errors = error_names()
    assert {"Invalid", "NotFound", "Unavailable"} <= errors
    spoken = [module for module in CODE if not FOR_OPERATORS.search(module.name) and not FOR_MODELS.search(module.name)]
    complaints = [complaint for module in spoken for complaint in unmarked(module, errors)]
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize(
    "source",
    [
        'raise Invalid("No.")', 'raise errors.Invalid(f"No {x}.", code="x")', 'raise Invalid("No." if x else "Yes")',
        'messages.success(request, "Done")', 'self.add_error("name", "Taken")', 'forms.CharField(label="Name")',
        'models.TextField(help_text="for people")', 'forms.CharField(error_messages={"required": "Write"})',
        'class A:\n    class Meta:\n        verbose_name = "thing"', 'class A(models.TextChoices):\n    X = "x", "an x"',
        'WHY = "The machine went away."', 'def f():\n    return f"Nothing of {x} is left."',
    ],
)  # fmt: skip
def test_an_unmarked_sentence_is_found(source: str) -> None:
    assert list(unmarked(Module("chat.x", source), frozenset({"Invalid"})))


@pytest.mark.parametrize(
    "source",
    [
        'raise Invalid(_("No."))', 'raise Invalid(gettext("No {x}.").format(x=x), code="x")', 'log.info("Something happened here.")',
        '"""Says something."""', 'raise ValueError("A number is needed.")', 'X = "some.key and value"', 'forms.CharField(label=_("Name"))',
        'self.add_error("name", _("Taken"))',
    ],
)  # fmt: skip
def test_a_marked_sentence_is_not(source: str) -> None:
    assert not list(unmarked(Module("chat.x", source), frozenset({"Invalid"})))


# --- page scripts -------------------------------------------------------------------------------------------------------

SCRIPT = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<regex>(?<=[=(,:!&|?;{}\[\n])\s*/(?![*/])(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n])+/[a-z]*)"""
    r"""|(?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)""",
    re.DOTALL,
)
PLACE = re.compile(
    r"""((textContent|innerText|title|placeholder|ariaLabel|label)\s*[:=]|aria-label",|new (Error|Option)\(|\bsay\()\s*$"""
)
MARK = re.compile(r"\b(gettext|ngettext)\(\s*(?:(?:\"(?:\\.|[^\"\\])*\"|'[^']*'),\s*)?$")


def unmarked_in_script(source: str) -> Iterator[str]:
    """Strings of words that begin like a sentence, or stand where the page shows them, outside of gettext."""
    for found in SCRIPT.finditer(source):
        text = (found["string"] or "")[1:-1]
        if not text:
            continue
        before = source[max(0, found.start() - 200) : found.start()]
        words = re.sub(r"\$\{[^}]*\}", "{}", text)
        shown = PLACE.search(before) and re.match(r"[A-Z“]", words) and LETTERS.search(words)
        sentence = re.match(r"[A-Z“][a-z]*['’]?[a-z]* [^;{}<>=]*[a-z]|[A-Z][a-z]+…$", words) and not re.search(
            r"[a-z]\(|=>", words
        )
        counted = re.match(r"\{\} [a-z]+|.*\{\} [a-z]{3,}[ .]", words)
        if (shown or sentence or (counted and text != words)) and not MARK.search(before):
            yield text


SCRIPTS = tracked("frontend/src/**.js")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT / "frontend/src")))
def test_scripts(path) -> None:  # type: ignore[no-untyped-def]
    assert list(unmarked_in_script(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        'x.textContent = "Copied";', 'const A = "Nothing is here.";', "say(`${count} messages were deleted.`);", 'throw new Error("No.");',
        'button.setAttribute("aria-label", "Close");', 'f(a ? "Stopping…" : b);', 'const T = /["\']/; x.title = "Here";',
        '// it\'s\nx.textContent = "Sent";',
    ],
)  # fmt: skip
def test_an_unmarked_string_of_a_script_is_found(source: str) -> None:
    assert list(unmarked_in_script(source))


@pytest.mark.parametrize(
    "source",
    [
        'x.textContent = gettext("Copied");', 'ngettext("%s chosen", "%s chosen", 3)', 'x.key === "ArrowDown"', '// Says "Nothing is here."',
        "const s = `[data-message=\"${id}\"]`;", 'headers: { "Content-Type": "application/json" }', 'gettext(\n  "Nothing is here.")',
        'x.title = name;', 'new Option(text, "a value")',
    ],
)  # fmt: skip
def test_a_marked_string_of_a_script_is_not(source: str) -> None:
    assert not list(unmarked_in_script(source))


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT / "frontend/src")))
def test_scripts_import_what_they_mark_with(path) -> None:  # type: ignore[no-untyped-def]
    """No bundler complains of a name that is nowhere: the page would break where it first says that sentence."""
    source = path.read_text()
    for name in ("gettext", "ngettext", "interpolate"):
        called = re.search(rf"(?<![\w.#]){name}\(", SCRIPT.sub(lambda found: found["string"] or "", source))
        assert not called or re.search(rf"import {{[^}}]*\b{name}\b[^}}]*}} from|function {name}\b", source), name
