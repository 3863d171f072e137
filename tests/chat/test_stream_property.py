"""Whatever a node sends again, and however often the database fails: the pieces that are committed are the text, with its boundary."""

from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from chat.inference.stream import Stream

TEXT = st.text(alphabet="ab 🦎é\n", max_size=30)
STEP = st.tuples(st.sampled_from(["send", "again", "commit", "fail"]), st.integers(1, 7), st.integers(0, 9))


@given(thought=TEXT, answer=TEXT, steps=st.lists(STEP, max_size=60))
def test_committed_pieces_are_the_text_and_its_boundary(
    thought: str, answer: str, steps: list[tuple[str, int, int]]
) -> None:
    whole, stream = thought + answer, Stream.of(uuid4(), 1, uuid4(), uuid4(), "tiny", "")
    stored, thinking, shown = "", 0, ""
    for what, size, back in [*steps, *[("send", 7, 0)] * (len(whole) // 7 + 3), ("commit", 0, 0)]:
        if what in ("send", "again"):
            at = max(0, stream.length - (back if what == "again" else 0))
            in_thought = at < len(thought)
            end = min(at + size, len(thought) if in_thought else len(whole))
            shown += stream.add(at, whole[at:end], in_thought)
            continue
        piece = stream.take_unstored()
        if piece is None:
            continue
        if what == "fail":
            stream.put_back(piece)
            continue
        assert piece.offset == len(stored)
        # Within a piece all thinking comes first, and none comes after an answer.
        assert not piece.thinking or thinking == len(stored)
        stored, thinking = stored + piece.text, thinking + piece.thinking
        stream.committed(piece)
    assert (stored, thinking, shown) == (whole, len(thought), whole)
    assert (stream.text, stream.length, stream.thinking, stream.waiting) == (whole, len(whole), len(thought), 0)
