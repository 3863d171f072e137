"""Formulas in Markdown: ``$a$`` and ``\\(a\\)`` in a line, ``$$a$$`` and ``\\[a\\]`` for themselves.

They become elements of class ``math`` that hold the TeX as it was written; a page that can typesets them. Rules for
dollars are Pandoc's, made stricter for prices. Every search is bounded, so that the time grows with the text alone.
"""

import html
import re
from collections.abc import Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

MAX_LINES: Final = 200
"""Of a formula for itself."""

# At most 1,000 code points in a line.
_DOLLARS: Final = re.compile(r"\$\$(?=\S)((?:[^$\\]|\\.){1,1000}?)\$\$", re.DOTALL)
_DOLLAR: Final = re.compile(r"\$(?![\s$])((?:[^$\\\n]|\\.){1,1000}?)(?<!\s)\$(?![\d$])")
_ROUND: Final = re.compile(r"\\\((?=\s*\S)((?:[^\\]|\\(?![()]).){1,1000}?)\\\)", re.DOTALL)
_SQUARE: Final = re.compile(r"\\\[(?=\s*\S)((?:[^\\]|\\(?![\[\]]).){1,1000}?)\\\](?!\()", re.DOTALL)
_PRICE: Final = re.compile(r"[\d.,](?=\S*\s)[^\\^_={}]*")
"""Between two dollars: an amount and words, but nothing of a formula."""

_ENDS: Final = {"$$": "$$", "\\[": "\\]"}
_NEVER_INSIDE: Final = {"$$": "\\[", "\\]": "\\["}


def add_math(markdown: MarkdownIt) -> None:
    """Teaches ``markdown`` formulas."""
    markdown.inline.ruler.before("escape", "math", _inline)
    markdown.block.ruler.before("fence", "math", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    markdown.add_render_rule("math_inline", _render_inline)
    markdown.add_render_rule("math_block", _render_block)


def formula_at(text: str, position: int) -> re.Match[str] | None:
    """The formula that begins at ``position`` in a line, its TeX as the first group; None where none does."""
    first = text[position]
    if first == "$":
        found = _DOLLARS.match(text, position) or _DOLLAR.match(text, position)
        return None if found and _PRICE.fullmatch(found[1]) else found
    if first == "\\":
        return _ROUND.match(text, position) or _SQUARE.match(text, position)
    return None


def _inline(state: StateInline, silent: bool) -> bool:
    found = formula_at(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        state.push("math_inline", "", 0).content = found[1].strip()
    state.pos = found.end()
    return True


def _block(state: StateBlock, start_line: int, end_line: int, silent: bool) -> bool:
    """A formula whose beginning and end stand at the beginning and the end of lines."""
    if state.is_code_block(start_line):
        return False
    text = _line(state, start_line)
    end = _ENDS.get(text[:2])
    if end is None:
        return False
    lines = [text[2:]]
    for line in range(start_line, min(end_line, start_line + MAX_LINES)):
        if line > start_line:
            lines.append(_line(state, line))
            # Formulas hold no blank line and no other formula: whoever has two beginnings forgot an end.
            if not lines[-1] or state.sCount[line] < state.blkIndent or lines[-1].startswith(_NEVER_INSIDE[end]):
                return False
        if end in lines[-1]:
            break
    else:
        return False
    lines[-1], rest = lines[-1].split(end, 1)
    formula = "\n".join(lines).strip()
    if rest.strip() or not formula:
        return False
    if not silent:
        state.line = line + 1
        token = state.push("math_block", "", 0)
        token.content = formula
        token.map = [start_line, state.line]
    return True


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]


def _render_inline(self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
    return f'<span class="math">{html.escape(tokens[idx].content)}</span>'


def _render_block(self: RendererHTML, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
    return f'<div class="math">{html.escape(tokens[idx].content)}</div>\n'
