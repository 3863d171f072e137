"""What a model reads when it helps to write a character. In English, whatever language the character gets."""

WHAT: dict[str, tuple[str, int]] = {
    "name": ("the character's name, one to four words", 80),
    "description": (
        "who the character is: looks, past, habits, world; two to four paragraphs in the third person",
        4_000,
    ),
    "personality": ("traits of character, in one or two sentences", 800),
    "scenario": ("where a conversation with the character takes place and why, in one or two sentences", 800),
    "first_message": (
        "what the character says and does first, in its own voice, Markdown, actions between asterisks",
        2_000,
    ),
    "examples": (
        "two short examples of dialogue, each begun by a line <START>, lines begun by {{user}}: and {{char}}:",
        3_000,
    ),
    "system_prompt": ("instructions to the model that plays the character, addressed to it", 2_000),
    "post_history": ("one short instruction that the model reads after each message", 500),
}
"""What each field is, for the model, and the most characters it may write."""

RULES = (
    "You help people to write characters for role-play and conversation. Write {{char}} for the character's name and {{user}} for "
    "the person who speaks with it. Write in the language of the request. Invent what is not said, and keep to what is said. "
    "Answer with JSON alone."
)
