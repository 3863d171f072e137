"""What a tool is made of, what is refused at once, and how a call ends whatever the tool does."""

import asyncio
import datetime
import json
from dataclasses import replace
from typing import Annotated, Literal
from uuid import uuid4

import pytest
from pydantic import BaseModel, Field

from chat.tools import registry
from chat.tools.builtin.calculating import calculator
from chat.tools.registry import MOST_TEXT, Call, Result, Source, tool
from meatlizard.errors import AppError, Invalid, NotFound


class Spot(BaseModel):
    """Where."""

    title: str
    height: float = 0


@tool(seconds=0.05)
async def survey(
    call: Call,
    spots: list[Spot],
    unit: Annotated[Literal["m", "ft"], Field(description="Of heights.")] = "m",
    title: str = "",
) -> Result:
    """Measures heights.

    Slowly.
    """
    return Result(f"{len(spots)} {unit} {spots[0].title}")


def test_name_description_and_schema_come_from_the_function() -> None:
    assert (survey.name, survey.description, survey.label) == ("survey", "Measures heights.\n\nSlowly.", "Survey")
    schema = json.loads(survey.wire.parameters)
    assert schema["required"] == ["spots"] and schema["additionalProperties"] is False
    assert schema["properties"]["unit"] == {
        "default": "m", "description": "Of heights.", "enum": ["m", "ft"], "type": "string",
    }  # fmt: skip
    assert schema["properties"]["title"] == {"default": "", "type": "string"}, "an argument may be called title"
    assert schema["$defs"]["Spot"]["required"] == ["title"] and '"title":"' not in survey.parameters


async def test_it_is_called_with_what_was_checked(call: Call) -> None:
    assert (await survey.run(call, '{"spots": [{"title": "here"}], "unit": "ft"}')).text == "1 ft here"
    assert (await calculator.run(call, '{"expression": "2 ** 10"}')) == Result("1024", shown="2 ** 10 = 1024")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("", "spots: Field required"), ("{", "JSON"), ("[]", "object"), ("NaN", "JSON"), ('{"spots": [], "depth": 2}', "depth: Extra"),
        ('{"spots": [{}]}', "spots.0.title"), ('{"spots": [], "unit": "yd"}', "'m' or 'ft'"), ("null", "object"),
        ('{"spots": [{"title": "a", "height": NaN}]}', "JSON"), ("[" * 100_000, "JSON"),
    ],
)  # fmt: skip
async def test_wrong_arguments_are_answered_in_words(call: Call, given: str, says: str) -> None:
    with pytest.raises(Invalid, match=says) as caught:
        await survey.run(call, given)
    assert caught.value.code == "tool_arguments"


async def test_a_refusal_reaches_the_model(call: Call) -> None:
    with pytest.raises(Invalid, match="divides by zero"):
        await calculator.run(call, '{"expression": "1/0"}')


async def test_whatever_breaks_is_an_error_with_words(call: Call) -> None:
    @tool(seconds=0.01)
    async def slow(call: Call) -> Result:
        """Never ends."""
        await asyncio.Event().wait()
        raise AssertionError

    @tool()
    async def broken(call: Call) -> Result:
        """Breaks."""
        raise ZeroDivisionError("secret of the site")

    @tool()
    async def missing(call: Call) -> Result:
        """Finds nothing."""
        raise NotFound("No such thing.")

    for one, code in [(slow, "tool_too_slow"), (broken, "tool_broke"), (missing, "not_found")]:
        with pytest.raises(AppError) as caught:
            await one.run(call, "{}")
        assert caught.value.code == code and "secret" not in caught.value.message


async def test_who_is_stopped_stops(call: Call) -> None:
    @tool()
    async def endless(call: Call) -> Result:
        """Never ends."""
        await asyncio.Event().wait()
        raise AssertionError

    task = asyncio.create_task(endless.run(call, "{}"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_results_are_cut_and_can_be_stored(call: Call) -> None:
    @tool()
    async def long(call: Call) -> Result:
        """Says too much."""
        return Result("\ud800\0" + "x" * MOST_TEXT, shown="a\0b\n c " + "y" * 500)

    found = await long.run(call, "{}")
    assert found.text.startswith("\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}x")
    assert "cut here: 40,002" in found.text and len(found.text) < MOST_TEXT + 100
    assert found.line.startswith("ab c y") and len(found.line) == 200
    assert Result(" one\n two ").line == "one two"


async def test_the_same_call_is_remembered_for_its_conversation(call: Call) -> None:
    calls = []
    read = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)

    @tool(remembered=60)
    async def looked_up(call: Call, word: str, many: int = 1) -> Result:
        """Looks up."""
        calls.append(word)
        return Result(word * many, (Source("page", "https://example.org", read, "…"),), "looked up", cost=50)

    first = await looked_up.run(call, '{"word": "a", "many": 2}')
    again = await looked_up.run(call, '{"many": 2, "word": "a"}')
    assert calls == ["a"] and first.cost == 50
    assert again == Result("aa", first.sources, "looked up"), "the second costs nothing"
    await looked_up.run(call, '{"word": "b"}')
    await looked_up.run(Call(call.user, uuid4(), uuid4(), uuid4(), "web"), '{"word": "a", "many": 2}')
    assert calls == ["a", "b", "a"], "other arguments, and another conversation"


async def test_without_a_cache_tools_go_on(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        def get(self, *args: object) -> None:
            raise ConnectionError("redis")

        set = get

    @tool(remembered=60)
    async def looked_up(call: Call) -> Result:
        """Looks up."""
        return Result("found")

    monkeypatch.setattr("chat.tools.remembered.cache", Away())
    assert (await looked_up.run(call, "{}")).text == "found"


async def nothing_said(call: Call) -> Result:
    return Result("")


async def untyped(call: Call, word) -> Result:  # type: ignore[no-untyped-def]
    """Takes something."""
    return Result("")


async def many(call: Call, *words: str) -> Result:
    """Takes many."""
    return Result("")


def plain(call: Call) -> Result:
    """Waits for nothing."""
    return Result("")


async def alone() -> Result:
    """Takes no call."""
    return Result("")


@pytest.mark.parametrize(
    ("function", "says"),
    [(nothing_said, "docstring"), (untyped, "no type"), (many, "no type"), (plain, "coroutine"), (alone, "first argument")],
)  # fmt: skip
def test_what_cannot_be_a_tool_is_refused(function: object, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        tool()(function)


@pytest.mark.parametrize(
    ("name", "doc", "says"),
    [("x" * 65, "Too long a name.", "64"), ("größe", "Letters.", "name"), ("wordy", "x" * 4_001, "description")],
)
def test_what_the_wire_refuses_is_refused_at_import(name: str, doc: str, says: str) -> None:
    async def one(call: Call) -> Result:
        return Result("")

    one.__name__, one.__doc__ = name, doc
    with pytest.raises(ValueError, match=says):
        tool()(one)


def test_a_schema_too_large_for_the_wire_is_refused() -> None:
    async def one(call: Call, word: Annotated[str, Field(description="x" * 20_000)]) -> Result:
        """Takes a word."""
        return Result("")

    with pytest.raises(ValueError, match="parameters"):
        tool()(one)


def test_what_has_effects_is_never_remembered() -> None:
    async def one(call: Call) -> Result:
        """Changes the world."""
        return Result("")

    with pytest.raises(ValueError, match="effects"):
        tool(effects=True, remembered=5)(one)


def test_names_are_taken_once(registered) -> None:
    async def another(call: Call) -> Result:
        return Result("")

    first = replace(survey, name="one_of_two")
    registered(first)
    registry.register(first)
    with pytest.raises(ValueError, match="two tools named"):
        registry.register(replace(first, answer=another))
    assert registry.get("one_of_two") == first and registry.get("nothing") is None


def test_tools_that_come_and_go_stand_behind_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = replace(survey, name="calculator"), replace(survey, name="there__survey")
    monkeypatch.setattr(registry, "_shelves", [lambda: {one.name: one for one in theirs}])
    assert registry.get("calculator") is calculator and registry.get("there__survey") is theirs[1]
    names = [one.name for one in registry.all()]
    assert names == sorted(names) and names.count("calculator") == 1 and "there__survey" in names
