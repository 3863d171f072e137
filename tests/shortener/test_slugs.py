"""What links are named by."""

import json
import os
from pathlib import Path

import pytest

from meatlizard.errors import Invalid
from shortener import slugs


def test_random_slugs_have_no_letters_that_look_alike() -> None:
    made = {slugs.random_slug() for _round in range(500)}
    assert len(made) == 500
    assert all(len(slug) == slugs.LENGTH and slugs.clean(slug) == slug for slug in made)
    assert not set("".join(made)) & set("0O1lIioSBZ")


def test_slugs_of_words_are_slugs() -> None:
    made = [slugs.word_slug() for _round in range(200)]
    assert all(slugs.clean(slug) == slug and slug.count("-") == 2 for slug in made)
    assert len(set(made)) > 190


@pytest.mark.parametrize("slug", ["a", "docs", "2026/june/party", "v1.2_rc~3", "straße", "日本", "हिन्दी", "a" * 200])
def test_chosen_slugs(slug: str) -> None:
    assert slugs.clean(slug) == slug
    assert slugs.clean(f"/{slug}/") == slug


def test_one_form_of_letters_with_accents() -> None:
    assert slugs.clean("cafe\u0301") == "café"


@pytest.mark.parametrize(
    "slug",
    [
        "", "/", "a//b", "../x", "a/../b", ".well-known/acme", "a/.git", "@go.example.org", "a b", "a\r\nb", "a\x00", "a+", "x?y", "x#y",
        "100%", "%2e%2e", "a\\b", "<script>", "a&b", "robots.txt", "favicon.ico", "-a", "_", "a" * 201, "a/b/c/d/e/f/g/h/i", "a\u202eb", "\u200b",
        "a\u200db", "😀", "\ud800",
    ],
)  # fmt: skip
def test_what_is_no_slug(slug: str) -> None:
    with pytest.raises(Invalid):
        slugs.clean(slug)


def test_naughty_strings_are_slugs_or_refused() -> None:
    folder = os.environ.get("VECTORS_DIR", "")
    if not folder or not Path(folder, "blns.json").is_file():
        pytest.skip("VECTORS_DIR names no folder with blns.json")
    for text in json.loads(Path(folder, "blns.json").read_text()):
        try:
            slug = slugs.clean(text)
        except Invalid:
            continue
        assert not set(slug) & set("\r\n\0 %?#\\\"'<>&+@:"), slug
