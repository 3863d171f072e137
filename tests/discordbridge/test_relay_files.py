"""Files of an answer at Discord: what the conversation has of it, and code that is shown in part, each once and within bounds."""

from discordbridge.relay import answer as relay
from discordbridge.relay.answer import MAX_FILES, Answer, File

CODE = "".join(f"print({at})  # a lizard\n" for at in range(300))


def whole(text: str, *made: File) -> relay.Shown:
    shown = Answer()
    shown.update(text)
    return shown.whole(made=made)


def test_a_file_that_was_made_gives_long_code_its_name() -> None:
    shown = whole(f"Here:\n```python\n{CODE}```", File("lizards.py", CODE))
    assert shown.files == (File("lizards.py", CODE),)
    assert shown.note.startswith("📎 Files of this answer:")


def test_other_long_code_comes_beside_it() -> None:
    shown = whole(f"Here:\n```python\n{CODE}```", File("notes.md", "# Lizards\n"))
    assert [file.name for file in shown.files] == ["notes.md", "code-1.py"]


def test_a_short_answer_without_files_has_none() -> None:
    assert whole("Here:\n```python\nprint(1)\n```").files == ()


def test_no_more_than_a_message_takes_and_then_the_whole_answer_too() -> None:
    shown = whole("Here they are.", *(File(f"{at}.txt", "x") for at in range(30)))
    assert [file.name for file in shown.files] == [*(f"{at}.txt" for at in range(MAX_FILES)), "answer.md"]
    large = whole("Here they are.", File("a.txt", "x" * 7_000_000), File("b.txt", "y" * 7_000_000), File("c.txt", "z"))
    assert [file.name for file in large.files] == ["a.txt", "c.txt", "answer.md"]
