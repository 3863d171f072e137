"""Descriptions: safe HTML with times that lead somewhere."""

import pytest

from video.library.describing import linked, rendered


def test_times_lead_to_that_moment() -> None:
    html = rendered("At 1:30 it begins, and ends at 1:02:03.", 7200)
    assert '<a class="seek" href="?t=90" data-seek="90">1:30</a>' in html
    assert '<a class="seek" href="?t=3723" data-seek="3723">1:02:03</a>.' in html


def test_times_behind_the_end_stay_plain() -> None:
    assert "<a" not in rendered("at 9:59", 60)
    assert "?t=599" in rendered("at 9:59", 600)


@pytest.mark.parametrize(
    "text", ["`1:30`", "    1:30", "ratio 1:2", "12:345", "1:30:99:1", "v1:30", "at 1:30pm", "2024-01:30"]
)
def test_what_is_no_time_or_stands_in_code_stays_plain(text: str) -> None:
    assert "seek" not in rendered(text, 36_000)


def test_a_time_within_a_link_stays_that_link() -> None:
    html = rendered("[at 1:30](https://example.org/)", 600)
    assert html.count("<a ") == 1 and "seek" not in html


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script> 1:30", "[x](javascript:alert(1)) 1:30", "<a class=seek href=?t=1 onclick=x>1:30</a>", '"><img src=x onerror=alert(1)> 1:30', "&lt;b&gt; 1:30"]
)  # fmt: skip
def test_hostile_texts_stay_text(text: str) -> None:
    html = rendered(text, 600).lower()
    for hostile in ("<script", "<img", 'href="javascript', "<b>", "onclick=x>"):
        assert hostile not in html.replace("&lt;a class=seek href=?t=1 onclick=x&gt;", "")
    assert "?t=90" in html


def test_entities_come_through_as_they_are() -> None:
    assert linked("<p>a &amp; b &#39; 0:10 &lt;</p>", 60) == (
        '<p>a &amp; b &#39; <a class="seek" href="?t=10" data-seek="10">0:10</a> &lt;</p>'
    )


def test_an_empty_description_is_empty() -> None:
    assert rendered(" \n ") == ""
