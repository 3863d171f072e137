"""What the rest of the suite relies on when it picks questions from the corpus."""

from tests.models import DIALOGUES, LONG_PAIRS, PAIRS, PLAIN_PAIRS, TITLE_PAIRS, Pair, answers, render, titles


def test_no_conversation_has_two_right_answers() -> None:
    prompts = [render(pair.messages()) for pair in PAIRS]
    answer_of = dict(zip(prompts, (pair.answer for pair in PAIRS), strict=True))
    assert all(answer_of[prompt] == pair.answer for prompt, pair in zip(prompts, PAIRS, strict=True))


def test_no_plain_question_is_asked_twice_in_the_corpus() -> None:
    assert len(answers()) == len(PLAIN_PAIRS)


def test_twenty_people_can_each_ask_something_short_and_different() -> None:
    assert len({pair.question for pair in PLAIN_PAIRS if len(pair.answer) <= 200}) >= 24


def test_long_answers_are_long_enough_to_be_interrupted() -> None:
    assert len(LONG_PAIRS) >= 4
    assert all(1_000 <= len(pair.answer) <= 1_500 for pair in LONG_PAIRS)


def test_some_answers_reach_beyond_ascii_and_beyond_the_basic_plane() -> None:
    texts = [pair.answer for pair in PLAIN_PAIRS]
    assert sum(not text.isascii() for text in texts) >= 10
    assert sum(max(text) > "\uffff" for text in texts) >= 4


def test_every_first_question_has_a_title_of_at_most_six_words() -> None:
    first_questions = {pair.question for pair in PLAIN_PAIRS} | {dialogue[0].question for dialogue in DIALOGUES}
    assert set(titles()) == first_questions
    assert all(1 <= len(pair.answer.split()) <= 6 for pair in TITLE_PAIRS)


def test_a_pair_asks_after_its_history_and_under_its_system_prompt() -> None:
    pair = Pair("And?", "Yes.", "Title", system="Be brief.", history=(("Well?", "Maybe."),))
    assert pair.messages() == [("system", "Be brief."), ("user", "Well?"), ("assistant", "Maybe."), ("user", "And?")]
