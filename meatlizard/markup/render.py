"""Markdown to safe HTML: the one renderer of the site, for answers and whatever else people or models write.

markdown-it-py with raw HTML off, GitHub's tables, strike-through, task lists and footnotes, then nh3 (ammonia) as a
second wall with its own list of what may stay. Code is highlighted by Pygments into classes. CPU-bound: call it in a
thread, once per text, and store the result.
"""

import functools
import html
import threading
from collections.abc import Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

MAX_HIGHLIGHT = 100_000
"""Code points of one code block that are highlighted; a longer one is shown plain, so that time stays bounded."""

_TAGS = {
    "a", "blockquote", "br", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "input", "li", "ol", "p", "pre",
    "s", "section", "span", "strong", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title", "class", "id"},
    "code": {"class"},
    "div": {"class", "data-lang"},
    "input": {"type", "checked", "disabled", "class"},
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
_local = threading.local()


def render_markdown(text: str, prefix: str = "") -> str:
    """Safe HTML of ``text``. ``prefix`` keeps ids of footnotes apart when several texts share a page."""
    markdown = getattr(_local, "markdown", None)
    if markdown is None:
        markdown = _local.markdown = _build()
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


class _Renderer(RendererHTML):
    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        language = tokens[idx].info.strip().split(maxsplit=1)[0] if tokens[idx].info.strip() else ""
        return _code(tokens[idx].content, language)

    def code_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return _code(tokens[idx].content, "")

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        # A picture named by a model would tell a foreign host who reads it and when: it becomes a link to press.
        token = tokens[idx]
        label = self.renderInlineAsText(token.children or [], options, env) or "image"
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
    from mdit_py_plugins.tasklists import tasklists_plugin

    markdown = MarkdownIt("gfm-like", {"html": False, "linkify": True, "breaks": True}, renderer_cls=_Renderer)
    markdown.use(footnote_plugin).use(tasklists_plugin)
    return markdown


def _code(source: str, language: str) -> str:
    language = language[:40]
    return f'<div class="code" data-lang="{html.escape(language)}"><pre><code>{_highlight(source, language)}</code></pre></div>\n'


def _highlight(source: str, language: str) -> str:
    if not language or len(source) > MAX_HIGHLIGHT:
        return html.escape(source)
    lexer = _lexer(language)
    if lexer is None:
        return html.escape(source)
    # Pygments is a second's work to import in full and most processes may never see code.
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter

    return str(highlight(source, lexer, HtmlFormatter(nowrap=True)))


@functools.lru_cache(maxsize=64)
def _lexer(language: str) -> Any:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return None
