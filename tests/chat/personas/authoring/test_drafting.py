"""What a model is asked for, and that whatever it answers becomes a clean draft or a clear refusal."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.personas.authoring import drafting
from chat.personas.authoring.drafting import MAX_CONTEXT, MAX_WISH, SUGGESTED
from meatlizard.errors import Invalid

WHOLE = {
    "name": "Lizzy", "description": "A lizard.", "personality": "Dry.", "scenario": "A library.",
    "first_message": "Ssh.", "examples": "<START>", "tags": ["lizard", "library"],
}  # fmt: skip


def test_a_draft_is_asked_for_under_a_schema_that_names_every_field() -> None:
    messages, sampling = drafting.draft_request("a lizard who keeps a library")
    assert [message.role for message in messages] == ["system", "user"]
    assert "a lizard who keeps a library" in messages[1].content
    schema = json.loads(sampling.json_schema)
    assert schema["required"] == list(drafting.DRAFTED) and schema["additionalProperties"] is False
    assert sampling.thinking == "off"


def test_a_draft_is_read_and_a_fence_around_it_forgiven() -> None:
    assert drafting.read_draft(json.dumps(WHOLE)) == WHOLE
    assert drafting.read_draft(f"```json\n{json.dumps(WHOLE)}\n```") == WHOLE


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "no",
        "[]",
        "{",
        '{"name": "x"}',
        '{"name": 3, "description": "x"}',
        "[" * 100_000,
        json.dumps(WHOLE | {"name": " \x00 "}),
    ],
)
def test_what_is_no_draft_is_refused(answer: str) -> None:
    with pytest.raises(Invalid) as refused:
        drafting.read_draft(answer)
    assert refused.value.code == "answer_unusable"


def test_what_a_model_writes_beyond_the_bounds_is_cut_and_cleaned() -> None:
    draft = drafting.read_draft(
        json.dumps(
            WHOLE
            | {
                "name": "L\x00iz\nzy" + "y" * 500,
                "description": "d" * 90_000,
                "tags": ["a", 3, " ", "b" * 500] * 9,
                "more": 1,
            }
        )
    )
    assert draft["name"].startswith("Liz zy") and len(draft["name"]) <= 80
    assert len(draft["description"]) == 4_000
    assert len(draft["tags"]) <= 8 and all(0 < len(tag) <= 60 for tag in draft["tags"])
    assert "more" not in draft


@pytest.mark.parametrize("field", SUGGESTED)
def test_each_field_gets_three_suggestions_from_what_is_known(field: str) -> None:
    messages, sampling = drafting.suggestion_request(field, {"name": "Lizzy", "description": "d" * 100_000}, "drier")
    assert field in messages[1].content and "drier" in messages[1].content and "Lizzy" in messages[1].content
    assert len(messages[1].content) < MAX_CONTEXT + MAX_WISH + 1_000
    items = json.loads(sampling.json_schema)["properties"]["suggestions"]
    assert (items["minItems"], items["maxItems"]) == (3, 3)


def test_suggestions_are_different_ones() -> None:
    assert drafting.read_suggestions("scenario", '{"suggestions": ["a", " a ", "b", "c", "d"]}') == ["a", "b", "c"]


@pytest.mark.parametrize(
    "answer", ["", "{}", '{"suggestions": "a"}', '{"suggestions": [1, null]}', '{"suggestions": [" "]}']
)
def test_no_suggestion_is_said_to_be_none(answer: str) -> None:
    with pytest.raises(Invalid, match="could not be used"):
        drafting.read_suggestions("scenario", answer)


@pytest.mark.parametrize("field", ["extra", "book", "tags", "", "__class__"])
def test_other_fields_have_no_suggestions(field: str) -> None:
    with pytest.raises(Invalid):
        drafting.suggestion_request(field, {})


def test_a_wish_is_needed_and_bounded() -> None:
    for wish in ("", " \n ", "\x00"):
        with pytest.raises(Invalid, match="Say in a sentence"):
            drafting.draft_request(wish)
    with pytest.raises(Invalid, match="At most"):
        drafting.draft_request("x" * (MAX_WISH + 1))


def test_a_picture_needs_words() -> None:
    assert "Lizzy" in drafting.picture_prompt({"name": "Lizzy", "description": "{{char}} is green"})
    assert "{{char}}" not in drafting.picture_prompt({"name": "Lizzy", "description": "{{char}} is green"})
    with pytest.raises(Invalid):
        drafting.picture_prompt({"name": " "})


@pytest.mark.parametrize(
    "turns",
    [
        None, {}, [], ["x"], [{"role": "system", "text": "x"}], [{"role": "user"}], [{"role": "user", "text": 3}],
        [{"role": "user", "text": " "}], [{"role": "assistant", "text": "x"}], [{"role": "user", "text": "x" * 4_001}],
        [{"role": "user", "text": "x"}] * 41,
    ],
)  # fmt: skip
def test_what_is_no_trial_is_refused(turns: object) -> None:
    with pytest.raises(Invalid):
        drafting.trial(turns)


@given(
    st.text(max_size=200)
    | st.recursive(
        st.none() | st.text() | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    ).map(json.dumps)
)
def test_no_answer_breaks_the_reading(answer: str) -> None:
    for read in (drafting.read_draft, lambda text: drafting.read_suggestions("name", text)):
        try:
            read(answer)
        except Invalid as refused:
            assert refused.code == "answer_unusable"
