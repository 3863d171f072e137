"""Markdown to safe HTML: the one renderer of the site, for answers and whatever else people or models write.

markdown-it-py with raw HTML off, GitHub's tables, strike-through, task lists, footnotes and formulas, then nh3 (ammonia) as a
second wall with its own list of what may stay. Code is highlighted by Pygments into classes. CPU-bound: call it in a
thread, once per text, and store the result. Time grows with the length of a text and not with its square: what the
parts we use do worse is bounded here or done by us.
"""

import functools
import html
import re
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import unescapeAll
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline, strikethrough
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from meatlizard.markup.math import add_math

MAX_HIGHLIGHT: Final = 100_000
"""Code points of one code block that are highlighted; a longer one is shown plain."""

HIGHLIGHT_PIECE: Final = 4_000
"""Code points highlighted at a time. Some of Pygments' lexers take time that grows with the square of what they are given (20,000
newlines as C: five seconds); longer code goes to them in pieces, cut where a blank line or at least a line ends."""

HIGHLIGHT_SECONDS: Final = 1.0
"""CPU time that highlighting may take in one text. Code after that is shown plain."""

MAX_ADDRESS: Final = 2_000
"""Code points of a bare address that are looked at."""

_TAGS = {
    "a", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "input", "li", "ol", "p", "pre",
    "s", "section", "span", "strong", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title", "class", "id"},
    "code": {"class"},
    "div": {"class", "data-lang"},
    "input": {"type", "checked", "disabled", "class", "aria-label"},
    "li": {"class", "id"},
    "ol": {"start", "class"},
    "ul": {"class"},
    "section": {"class"},
    "span": {"class"},
    "sup": {"class"},
    "td": {"class"},
    "th": {"class"},
    "hr": {"class"},
}
_SCHEMES = {"http", "https", "mailto"}
_SCHEME = re.compile(r"(?:^|[^a-z0-9.+-])(https?)$", re.IGNORECASE)
_TASK = re.compile(r"\[([ xX])\](?=\s)")
_local = threading.local()


def render_markdown(text: str, prefix: str = "") -> str:
    """Safe HTML of ``text``. ``prefix`` keeps ids of footnotes apart when several texts share a page."""
    markdown = getattr(_local, "markdown", None)
    if markdown is None:
        markdown = _local.markdown = _build()
    _local.highlight_until = time.thread_time() + HIGHLIGHT_SECONDS
    rendered = markdown.render(text, {"docId": prefix} if prefix else {})
    return nh3.clean(
        rendered,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer nofollow ugc",
        id_prefix=None,
        generic_attribute_prefixes=None,
    )


def render_code(source: str, language: str) -> str:
    """A block of code as :func:`render_markdown` makes it. CPU-bound, within the same bounds."""
    _local.highlight_until = time.thread_time() + HIGHLIGHT_SECONDS
    return _code(source, language)


class _Renderer(RendererHTML):
    within_link = False

    def render(self, tokens: Sequence[Token], options: OptionsDict, env: EnvType) -> str:
        self.within_link = False
        return str(super().render(tokens, options, env))

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        self.within_link = True
        return self.renderToken(tokens, idx, options, env)

    def link_close(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        self.within_link = False
        return self.renderToken(tokens, idx, options, env)

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        info = unescapeAll(tokens[idx].info).strip()
        language = info.split(maxsplit=1)[0] if info else ""
        return _code(tokens[idx].content, language)

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return _code(tokens[idx].content, "")

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        # A picture named by a model would tell a foreign host who reads it and when: it becomes a link to press.
        # Within a link there is no place for another: its label is what one presses.
        token = tokens[idx]
        label = self.renderInlineAsText(token.children or [], options, env) or "image"
        if self.within_link:
            return html.escape(label)
        return f'<a href="{html.escape(str(token.attrs.get("src", "")))}">{html.escape(label)}</a>'

    def table_cell(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        # Alignment as a class: the content security policy allows no style attribute.
        token = tokens[idx]
        style = str(token.attrs.pop("style", ""))
        if style.startswith("text-align:"):
            token.attrSet("class", f"align-{style.removeprefix('text-align:')}")
        return self.renderToken(tokens, idx, options, env)

    th_open = td_open = table_cell


def _build() -> MarkdownIt:
    from mdit_py_plugins.footnote import footnote_plugin

    markdown = MarkdownIt("gfm-like", {"html": False, "linkify": True, "breaks": True}, renderer_cls=_Renderer)
    markdown.use(footnote_plugin)
    add_math(markdown)
    markdown.core.ruler.after("inline", "task_lists", _task_lists)
    markdown.add_render_rule("task_box", _task_box)
    _only_whole_addresses(markdown.linkify)
    markdown.inline.ruler.at("strikethrough", _strikethrough)
    # The rule of this name that comes with it reads all that came before at every "://".
    markdown.inline.ruler.at("linkify", _bare_address)
    return markdown


def _only_whole_addresses(linkify: Any) -> None:
    """Bare addresses become links when they begin with http(s):// or are of e-mail: ``main.py`` and ``run.sh`` are files, and not
    hosts in Paraguay and on Saint Helena."""
    linkify.set({"fuzzy_link": False})
    linkify.add("ftp:", None)
    linkify.add("//", None)


def _bare_address(state: StateInline, silent: bool) -> bool:
    """A link for an address that stands in the text as it is, before its ``_`` and ``*`` are taken for emphasis."""
    if silent or state.linkLevel or not state.src.startswith("://", state.pos):
        return False
    scheme = _SCHEME.search(state.pending[-6:])
    if scheme is None:
        return False
    start = state.pos - len(scheme[1])
    found = state.md.linkify.match_at_start(state.src[start : start + MAX_ADDRESS]) if state.md.linkify else None
    if found is None:
        return False
    address = found.url.rstrip("*")
    state.pending = state.pending[: -len(scheme[1])]
    state.push("link_open", "a", 1).attrs = {"href": state.md.normalizeLink(address)}
    state.push("text", "", 0).content = address
    state.push("link_close", "a", -1)
    state.pos = start + len(address)
    return True


def _strikethrough(state: StateInline, silent: bool) -> bool:
    """By two tildes. One stands for "about" more often than for its other meaning at GitHub, and more are none there either."""
    if silent or not state.src.startswith("~", state.pos):
        return False
    length = state.scanDelims(state.pos, True).length
    if length == 2:
        return strikethrough.tokenize(state, silent)
    state.pending += "~" * length
    state.pos += length
    return True


def _task_lists(state: StateCore) -> None:
    """Boxes for list items that begin with ``[ ]`` or ``[x]``."""
    lists: list[Token] = []
    tokens = state.tokens
    for index, token in enumerate(tokens):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(token)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif (
            token.type == "inline"
            and index >= 2
            and tokens[index - 2].type == "list_item_open"
            and token.children
            and token.children[0].type == "text"
            and (found := _TASK.match(token.children[0].content))
        ):
            token.children[0].content = token.children[0].content[3:]
            token.children.insert(0, Token("task_box", "", 0, meta={"done": found[1] != " "}))
            tokens[index - 2].attrJoin("class", "task-list-item")
            lists[-1].attrSet("class", "contains-task-list")


def _task_box(self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
    checked, sign = (' checked=""', "☑") if tokens[idx].meta["done"] else ("", "☐")
    # A box needs a name to be read aloud by; these two signs have one in every language.
    return f'<input class="task-list-item-checkbox" type="checkbox" disabled="" aria-label="{sign}"{checked}>'


def _code(source: str, language: str) -> str:
    language = language[:40]
    return f'<div class="code" data-lang="{html.escape(language)}"><pre><code>{_highlight(source, language)}</code></pre></div>\n'


def _highlight(source: str, language: str) -> str:
    lexer = _lexer(language) if language and len(source) <= MAX_HIGHLIGHT else None
    if lexer is None:
        return html.escape(source)
    # Pygments is a second's work to import in full and most processes may never see code.
    from pygments import format
    from pygments.formatters.html import HtmlFormatter

    formatter = HtmlFormatter(nowrap=True)
    done = []
    for piece in _pieces(source):
        try:
            if len(piece) > HIGHLIGHT_PIECE:
                raise TimeoutError
            done.append(str(format(_in_time(lexer.get_tokens(piece)), formatter)))
        except TimeoutError:
            done.append(html.escape(piece))
    return "".join(done)


def _in_time(tokens: Iterable[tuple[Any, str]]) -> Iterator[tuple[Any, str]]:
    """The tokens; raises TimeoutError when this text has had its time. Single steps of a lexer are short."""
    for token in tokens:
        if time.thread_time() > _local.highlight_until:
            raise TimeoutError
        yield token


def _pieces(source: str) -> Iterator[str]:
    """``source`` cut at ends of lines into pieces of HIGHLIGHT_PIECE at most; one longer line is a longer piece."""
    start = 0
    while len(source) - start > HIGHLIGHT_PIECE:
        end = start + HIGHLIGHT_PIECE
        cut = source.rfind("\n\n", start + HIGHLIGHT_PIECE // 2, end - 1)
        cut = cut + 2 if cut >= 0 else source.rfind("\n", start, end) + 1
        if cut <= start:
            cut = source.find("\n", end) + 1 or len(source)
        yield source[start:cut]
        start = cut
    if start < len(source):
        yield source[start:]


@functools.lru_cache(maxsize=64)
def _lexer(language: str) -> Any:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return None
