"""Languages of files become those that playlists may name, and back."""

import pytest

from video.media import languages


@pytest.mark.parametrize(
    ("said", "tag", "three"),
    [
        ("eng", "en", "eng"), ("ger", "de", "deu"), ("deu", "de", "deu"), ("FRE", "fr", "fra"), ("chi", "zh", "zho"), ("gsw", "gsw", "gsw"),
        ("en-us", "en-US", "eng"), ("zh_hant-tw", "zh-Hant-TW", "zho"), ("es-419", "es-419", "spa"), ("pt-BR", "pt-BR", "por"), ("yue", "yue", "yue"), ("per", "fa", "fas"),
        ("und", "", "und"), ("", "", "und"), ("mis", "", "und"), ("zxx", "", "und"), ("english", "", "und"), ('e"n', "", "und"), ("12", "", "und"),
    ],
)  # fmt: skip
def test_each_has_its_shortest_name(said: str, tag: str, three: str) -> None:
    assert languages.tag(said) == tag
    assert languages.three(languages.tag(said)) == three


def test_no_name_stands_for_two() -> None:
    assert len(languages._LONG) == len(languages._SHORT) > 180
    assert all(languages.tag(long) == short for long, short in languages._SHORT.items())
    assert all(languages.tag(older) for older in languages._OLDER)
