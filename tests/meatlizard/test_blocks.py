"""Where the blocks of a text end that is still being written."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meatlizard.markup.blocks import Blocks
from meatlizard.markup.render import render_markdown


def cut(text: str, step: int = 10**9) -> list[str]:
    blocks = Blocks()
    return [block for at in range(0, len(text), step) for block in blocks.feed(text[at : at + step])]


@pytest.mark.parametrize("step", [1, 3, 7, 10**9])
def test_a_block_is_over_when_another_begins(step: int) -> None:
    assert cut("One.\n\nTwo.\nStill two.\n\nT", step) == ["One.\n\n", "Two.\nStill two.\n\n"]
    assert cut("One.\n\n", step) == []
    assert cut("One.\r\n\r\nTwo.", step) == ["One.\r\n\r\n"]


@pytest.mark.parametrize("step", [1, 3, 7, 10**9])
@pytest.mark.parametrize(
    "text",
    [
        "```python\na\n\nb\n```\n",
        "~~~\n```\n\nstill code\n~~~\n",
        "````\n```\n\nb\n````\n",
        "- item\n\n  its second paragraph\n",
        "1. item\n\n   ```\n   code\n\nstill\n",
        "| a | b |\n|---|---|\n| 1 | 2 |\n",
        "> quote\n>\n> goes on\n",
        "```\nnever closed\n\nstill code\n\nstill\n",
    ],
)
def test_what_belongs_together_stays_together(text: str, step: int) -> None:
    assert cut(text, step) == []


@pytest.mark.parametrize(
    "text",
    [
        "# Title\n\nSome **bold** words.\n\n- one\n- two\n\n```c\nint a;\n\nint b;\n```\n\n| a |\n|---|\n| 1 |\n\n$$x$$\n\nEnd.\n",
        "> a\n\nb\n\n---\n\n- [x] done\n- [ ] open\n\nLast.\n",
    ],
)
def test_rendered_one_by_one_they_look_like_the_whole(text: str) -> None:
    pieces = cut(text)
    assert len(pieces) > 3
    rest = text[sum(map(len, pieces)) :]
    assert "".join(render_markdown(piece) for piece in [*pieces, rest]) == render_markdown(text)


def test_numbers_of_a_list_go_on_in_the_next_block() -> None:
    pieces = cut("1. one\n\n2. two\n\nEnd")
    assert '<ol start="2">' in render_markdown(pieces[1])


@given(st.text(alphabet="a `~-\n\r\u2028>1.|", max_size=200), st.integers(1, 9))
def test_blocks_are_the_beginning_of_the_text_however_it_comes(text: str, step: int) -> None:
    whole = cut(text)
    assert cut(text, step) == whole
    assert text.startswith("".join(whole))


def test_time_grows_with_the_text_alone() -> None:
    def seconds(length: int) -> float:
        text = "```\n" + "word " * length + "\n\n- " * length
        began = time.thread_time()
        cut(text, 4)
        return time.thread_time() - began

    short, long = min(seconds(2_000) for _ in range(3)), min(seconds(20_000) for _ in range(3))
    assert long < 30 * short + 0.05
