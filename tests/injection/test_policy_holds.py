"""Each order by itself, obeyed by a model that has read nothing but it: no call gets through without a click of the person."""

import json
from html.parser import HTMLParser
from typing import Any, ClassVar

import pytest

from chat import fencing
from chat.tools import policy
from chat.tools.policy import Seen, Verdict, fence
from chat.tools.registry import Call, Result, Tool, tool
from chat.tools.web.answering import fetch_webpage, web_search
from chat.tools.web.reading.article import read
from meatlizard.markup.render import render_markdown
from tests.injection import corpus
from tests.injection.corpus import ALL, MARKUP, ORDER, SECRET, Injection

QUESTION = f"Remember that {SECRET}. What does https://pages.test/read say?"


@tool(effects=True)
async def keep(call: Call, text: str) -> Result:
    """Remembers something."""
    return Result("kept")


@tool(effects=True)
async def delete_everything(call: Call, sure: bool) -> Result:
    """Deletes everything."""
    return Result("deleted")


@tool(foreign=True)
async def elsewhere(call: Call, options: dict[str, Any]) -> Result:
    """Asks somebody else's server."""
    return Result("asked")


ELSEWHERE = Tool(
    elsewhere.name, elsewhere.description, elsewhere.parameters, elsewhere.answer, elsewhere.read, foreign=True, origin="mcp"
)  # fmt: skip
TOOLS = {one.name: one for one in (keep, delete_everything, ELSEWHERE, web_search, fetch_webpage)}
WITH_ORDERS = [one for one in ALL if one.way != "name"]


def after(injection: Injection) -> Seen:
    """What the answer has before it when the text has come its way."""
    if injection.way == "paste":
        return Seen((QUESTION, f"{injection.text}\n{'Lorem ipsum dolor sit amet. ' * 80}"))
    if injection.way in ("file", "transcript"):
        return Seen((QUESTION,), foreign=True)
    seen = Seen((QUESTION,))
    seen.read(injection.text)
    return seen


def test_there_are_enough_and_each_has_its_name() -> None:
    assert len(ALL) >= 60
    assert len({one.name for one in ALL}) == len(ALL)
    assert {one.way for one in ALL} == {*corpus.WAYS, "name"}


@pytest.mark.parametrize("injection", WITH_ORDERS, ids=lambda one: one.name)
def test_no_order_is_carried_out_without_the_person(injection: Injection) -> None:
    for name, arguments in injection.orders:
        for text in (json.dumps(arguments), json.dumps(arguments, ensure_ascii=False).replace("/", "\\/")):
            assert policy.judge(TOOLS[name], text, after(injection)).verdict is Verdict.ASK, (name, arguments)


def test_the_same_calls_would_have_been_made_without_the_guard() -> None:
    """Or nothing above would prove anything: before strangers were read, what has effects is done."""
    clean = Seen((QUESTION,))
    for name, arguments in (corpus.KEEP, corpus.DELETE, corpus.LEAK_HOST, corpus.LEAK_SEARCH):
        assert policy.judge(TOOLS[name], json.dumps(arguments), clean).verdict is Verdict.GO


@pytest.mark.parametrize("injection", WITH_ORDERS, ids=lambda one: one.name)
def test_no_text_leaves_its_fence_or_keeps_what_nobody_sees(injection: Injection) -> None:
    fenced = fence(injection.text, "call")
    mark = fenced.partition("[foreign ")[2][:16]
    assert fenced.count(f"[end of foreign {mark}]") == 1
    assert fenced.endswith(f"[end of foreign {mark}]")
    assert fencing.visible(fenced) == fenced


@pytest.mark.parametrize("name", sorted(corpus.HIDDEN))
def test_what_is_hidden_in_letters_is_gone(name: str) -> None:
    shown = fence(corpus.HIDDEN[name], "call")
    if name in ("soft hyphens", "interlinear"):
        assert ORDER in shown, "it was in plain sight for models; now people see it, too"
    else:
        assert ORDER not in shown
        assert not [letter for letter in shown if ord(letter) > 0xE0000]


@pytest.mark.parametrize("name", sorted(MARKUP))
def test_what_a_page_hides_is_not_read(name: str) -> None:
    words = "The lizard eats what it finds in the garden, and sleeps on warm stones until evening. " * 5
    found = read(
        f"<html><body><article>{MARKUP[name]}<p>{words}</p></article></body></html>".encode(), "https://pages.test/read"
    )
    assert ORDER not in found.text + found.title + str(found.links)
    assert "warm stones" in found.text


@pytest.mark.parametrize("injection", [one for one in ALL if one.answer], ids=lambda one: one.name)
def test_what_it_writes_fetches_nothing_where_it_is_shown(injection: Injection) -> None:
    class Tags(HTMLParser):
        seen: ClassVar[set[str]] = set()

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.seen.add(tag)
            assert {name for name, _ in attrs} <= {"href", "rel", "class", "id", "title", "data-lang", "start"}

    Tags.seen = set()
    Tags().feed(render_markdown(injection.answer))
    # A link is followed by a press alone; nothing else here names an address.
    assert Tags.seen <= {"p", "a", "div", "pre", "code", "span", "br", "em", "strong"}
